//! How much of scenarios anybody may ask us to read.

/// Caps on scenarios.
#[derive(Clone, Debug)]
pub struct Limits {
    /// One file, in bytes.
    pub file_bytes: u64,
    /// The scenarios of one run.
    pub files: usize,
}

impl Default for Limits {
    /// 4 MiB a file: what is recorded holds at most 32 answers, and hardly anybody prints 128 KiB in each of them;
    /// and 256 scenarios: a slow handler takes half a minute for each.
    fn default() -> Self {
        Self { file_bytes: 4 << 20, files: 256 }
    }
}
