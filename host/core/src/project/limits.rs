//! Limits on the input that a project gives the host.

/// Limits on the files and the build output of a project.
#[derive(Clone, Debug)]
pub struct ProjectLimits {
    /// Size of `gtc-pack.toml`, in bytes; default: 64 KiB. A usual one has a few hundred
    /// bytes.
    pub file_bytes: u64,
    /// Bytes that are kept of each output stream of a toolchain, counted from the end;
    /// default: 1 MiB.
    pub output_bytes: u64,
}

impl Default for ProjectLimits {
    fn default() -> Self {
        Self { file_bytes: 64 << 10, output_bytes: 1 << 20 }
    }
}
