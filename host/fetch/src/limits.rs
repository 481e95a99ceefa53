//! Limits on registries, and on what is fetched.

use std::time::Duration;

use super::layout::limits::LayoutLimits;
use super::oci::credentials::limits::CredentialLimits;

/// Limits on the time, memory and number of requests that a registry can cost.
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// The time until a connection is open, including TLS. Default: 10 s.
    pub connect_time: Duration,
    /// The time without a byte from the other side. Default: 30 s.
    pub read_time: Duration,
    /// The time for a response other than a layer, such as a manifest or token.
    /// Default: 30 s.
    pub answer_time: Duration,
    /// The time for an operation on a reference with all its requests, retries and pauses.
    /// Default: 10 minutes.
    pub total_time: Duration,
    /// The longest `Retry-After` that is respected; a longer one fails the operation.
    /// Default: 30 s.
    pub retry_time: Duration,
    /// The number of attempts of a request with transient failures. Default: 4.
    pub attempts: u64,
    /// The size of a manifest or index, in bytes. Default: 1 MiB. A pack needs 1 KiB;
    /// registries should accept 4 MiB.
    pub manifest_bytes: u64,
    /// The number of layers of a manifest. Default: 16. A pack has one.
    pub layers: u64,
    /// The size of a token response, in bytes. Default: 64 KiB. Tokens take 1 to 4 KiB.
    pub token_bytes: u64,
    /// The number of signatures of a pack in a registry. Default: 16.
    pub signatures: u64,
    /// Limits on the search for credentials.
    pub credentials: CredentialLimits,
    /// Limits on image layouts.
    pub layout: LayoutLimits,
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
            credentials: CredentialLimits::default(),
            layout: LayoutLimits::default(),
        }
    }
}
