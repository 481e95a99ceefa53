//! Limits on the size and the running time of scenarios.

use std::time::Duration;

/// Limits on the scenarios of one `pack test`.
#[derive(Clone, Debug)]
pub struct ScenarioLimits {
    /// Size of a scenario file, in bytes; default: 4 MiB.
    pub file_bytes: u64,
    /// Number of scenarios; default: 256.
    pub files: usize,
    /// Time for the preflight of one scenario; default: 5 s. The engine's own limit
    /// applies too.
    pub preflight_time: Duration,
    /// Time for all preflights together; default: 120 s.
    pub total_time: Duration,
}

impl Default for ScenarioLimits {
    fn default() -> Self {
        Self {
            // a recording holds at most 32 replies, which rarely have 128 KiB each
            file_bytes: 4 << 20,
            files: 256,
            // replies are immediate, and a Python handler takes 0.1 s
            preflight_time: Duration::from_secs(5),
            // 256 scenarios of a Python handler, four times over
            total_time: Duration::from_secs(120),
        }
    }
}
