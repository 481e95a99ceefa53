//! Runs the local tools that a preflight asks for: looked up on `PATH`, without a shell,
//! with limits on time, output and number.

pub(crate) mod output;
pub(crate) mod reaper;
pub(crate) mod redact;
pub(crate) mod runner;
mod variables;
