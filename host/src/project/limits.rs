//! What a project may make the host read.

/// The caps.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The project file, in bytes: an honest one has some hundred.
    pub file_bytes: u64,
    /// What is kept of each output of a toolchain, in bytes, counted from its end.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 10, output_bytes: 1 << 20 }
    }
}
