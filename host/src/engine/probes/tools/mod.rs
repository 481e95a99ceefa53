//! Runs the local tools that a preflight asks for: looked up on `PATH`, without a shell,
//! with limits on time, output and number.

pub(in crate::engine) mod output;
pub(in crate::engine) mod reaper;
mod redact;
pub(in crate::engine) mod runner;
mod variables;
