//! How much of scenarios anybody may ask us to read, and how long we run them.

use std::time::Duration;

/// Caps on scenarios.
#[derive(Clone, Debug)]
pub struct Limits {
    /// One file, in bytes.
    pub file_bytes: u64,
    /// The scenarios of one run.
    pub files: usize,
    /// Time for the preflight of one scenario, if that is less than any preflight has.
    pub preflight_time: Duration,
    /// Time for the preflights of all scenarios of one run together.
    pub total_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // what is recorded holds at most 32 answers, and hardly anybody prints 128 KiB in each
            // of them
            file_bytes: 4 << 20,
            files: 256,
            // nothing is waited for, and a Python handler needs 0.1 s
            preflight_time: Duration::from_secs(5),
            // 256 scenarios of a Python handler, four times over
            total_time: Duration::from_secs(120),
        }
    }
}
