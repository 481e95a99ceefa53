//! What fetching from registries may take.

use std::time::Duration;

use super::layout;
use super::oci::credentials;

/// The most that a registry can make the host wait, read or keep.
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// Until a connection is open, encryption included.
    pub connect_time: Duration,
    /// Between two bytes from the other side: a registry that is slower than this is
    /// stuck.
    pub read_time: Duration,
    /// One answer that is not the pack itself: a manifest, a token, a list of signatures.
    pub answer_time: Duration,
    /// All that one reference takes: every request, every retry and every wait between
    /// them.
    pub total_time: Duration,
    /// The longest wait that a registry can ask for before the next attempt; who asks for
    /// more is not waited for.
    pub retry_time: Duration,
    /// How often a request is made that ends in a fault which may pass.
    pub attempts: u64,
    /// A manifest, or an index of them; the specification wants registries to take 4 MiB,
    /// packs need 1 KiB.
    pub manifest_bytes: u64,
    /// Layers of a manifest; a pack has one.
    pub layers: u64,
    /// What a token service says; tokens have 1 to 4 KiB.
    pub token_bytes: u64,
    /// Signatures of one archive in a registry: one for each signer, and a few that
    /// nobody cares for.
    pub signatures: u64,
    /// What looking for the credential of a registry may cost.
    pub credentials: credentials::CredentialLimits,
    /// What an image layout may hold.
    pub layout: layout::LayoutLimits,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect_time: Duration::from_secs(10),
            read_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            total_time: Duration::from_secs(600),
            retry_time: Duration::from_secs(30),
            attempts: 4,
            manifest_bytes: 1 << 20,
            layers: 16,
            token_bytes: 64 << 10,
            signatures: 16,
            credentials: credentials::CredentialLimits::default(),
            layout: layout::LayoutLimits::default(),
        }
    }
}
