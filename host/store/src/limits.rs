//! Limits on what a store keeps of the past.

/// Limits on what a store keeps of the past.
#[derive(Clone, Copy, Debug)]
pub struct StoreLimits {
    /// Number of replaced revisions of an environment whose texts are kept; default: 20.
    pub backups: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { backups: 20 }
    }
}
