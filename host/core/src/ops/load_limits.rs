//! Limits on the time for loading packs.

use std::time::Duration;

/// Limits on the time for loading packs. A handler that is being loaded when the time is over is
/// still loaded within its own limits, and no further one begins.
#[derive(Clone, Debug)]
pub struct LoadLimits {
    /// Time for the handlers of one pack, besides the CPU time that compiling a component of
    /// their size may take; default: 15 s.
    pub pack_time: Duration,
    /// Time for the packs of one command, and their preflights; default: 600 s.
    pub command_time: Duration,
    /// Additional time of a command for each of its packs; default: 20 s.
    pub command_time_per_pack: Duration,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            // 32 small handlers take 0.5 s in a debug build
            pack_time: Duration::from_secs(15),
            // together, enough for packs with Python handlers that are compiled for the first
            // time, each in half a minute; compiled code is kept for the next time
            command_time: Duration::from_secs(600),
            // a thousand packs with handlers in Rust take a second each; preflights that hang, two
            // seconds each, because 16 run at the same time
            command_time_per_pack: Duration::from_secs(20),
        }
    }
}
