//! Limits on the search for a credential.

use std::time::Duration;

/// Limits on reading credential files and running credential helpers.
#[derive(Clone, Debug)]
pub struct CredentialLimits {
    /// The size of a credential file, in bytes. Default: 1 MiB.
    pub file_bytes: u64,
    /// The output of a credential helper, in bytes. Default: 64 KiB.
    pub helper_bytes: u64,
    /// The run time of a credential helper. Default: 10 s.
    pub helper_time: Duration,
}

impl Default for CredentialLimits {
    fn default() -> Self {
        Self {
            // an entry takes a few hundred bytes, or a few thousand with a token
            file_bytes: 1 << 20,
            helper_bytes: 64 << 10,
            // enough for a helper that queries a cloud service
            helper_time: Duration::from_secs(10),
        }
    }
}
