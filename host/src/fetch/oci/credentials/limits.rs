//! How much a credential may cost that somebody else keeps for us.

use std::time::Duration;

/// Caps on looking for a credential.
#[derive(Clone, Debug)]
pub struct CredentialLimits {
    /// One file of credentials, in bytes.
    pub file_bytes: u64,
    /// What a credential helper prints, in bytes.
    pub helper_bytes: u64,
    /// Time for a credential helper.
    pub helper_time: Duration,
}

impl Default for CredentialLimits {
    fn default() -> Self {
        Self {
            // an entry for a registry has some hundred bytes, or a few thousand with a token
            file_bytes: 1 << 20,
            helper_bytes: 64 << 10,
            // long enough for one that asks a cloud, too short to be taken for a fault of ours
            helper_time: Duration::from_secs(10),
        }
    }
}
