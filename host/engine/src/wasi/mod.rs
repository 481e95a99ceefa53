//! An empty WASI 0.2 for guests that need one.
//!
//! There are no arguments, environment variables, files, host names or sockets. Standard
//! input is empty; output and error are captured for fault messages. Clocks and random
//! numbers work, but no sleep outlasts the deadline of its operation.

pub(super) mod link;
pub(super) mod runtime;
pub(super) mod state;
