//! Requests to change an environment, which a store answers once.

use env_pack_domain::Sha256Digest;
use jiff::Timestamp;
use serde::Serialize;
use ulid::Ulid;

use super::audit::new_id;

/// The longest idempotency key, in bytes.
pub(super) const MAX_KEY_BYTES: usize = 256;

/// A request to change an environment.
///
/// A request that was made before, with the same key, is answered with its first answer, and
/// nothing is changed.
#[derive(Clone, Debug)]
pub struct Request {
    /// The key by which the request is known: that of the caller, or a new one.
    pub key: RequestKey,
    /// The noun and verb of the command, such as `env-packs update`.
    pub command: String,
    /// The digest of the command and its arguments.
    pub fingerprint: Sha256Digest,
    /// When it was requested.
    pub at: Timestamp,
    /// The revision of the environment that the caller knows.
    pub expect: Expect,
}

/// The key of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestKey {
    /// The caller chose it, to be able to repeat the request.
    Given(String),
    /// A new key, which no request had before.
    New(Ulid),
}

impl RequestKey {
    /// Returns the key that the caller gave, or makes one.
    pub fn new(given: Option<&str>, at: Timestamp) -> Self {
        given.map_or_else(|| Self::New(new_id(at)), |key| Self::Given(key.to_owned()))
    }
}

impl std::fmt::Display for RequestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(key) => f.write_str(key),
            Self::New(key) => key.fmt(f),
        }
    }
}

/// The revisions of an environment that a request may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Any revision.
    #[default]
    Anything,
    /// Only this one.
    Revision(u64),
}

impl Request {
    /// Returns the request, which fails unless the environment has this revision.
    #[must_use]
    pub fn if_revision(self, revision: Option<u64>) -> Self {
        Self { expect: revision.map_or(Expect::Anything, Expect::Revision), ..self }
    }

    /// Makes a request. `arguments` is everything that the caller asked for, without the key:
    /// a request with the same key and other arguments is refused.
    ///
    /// # Panics
    /// `arguments` is not JSON, such as a map whose keys are not texts.
    pub fn new(
        command: &str,
        key: Option<&str>,
        arguments: &impl Serialize,
        at: Timestamp,
    ) -> Self {
        let arguments = serde_json::to_string(arguments).expect("arguments make JSON");
        let fingerprint = Sha256Digest::compute(format!("{command}\n{arguments}").as_bytes());
        Self {
            key: RequestKey::new(key, at),
            command: command.to_owned(),
            fingerprint,
            at,
            expect: Expect::Anything,
        }
    }
}
