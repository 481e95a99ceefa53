//! The request of `gtc pack validate`.

use std::path::PathBuf;

use env_pack_domain::{EnvId, PackRef};

/// Packs to validate, and the conditions they must meet.
#[derive(Clone, Debug)]
pub struct ValidateRequest {
    /// References of the packs: files, built-in packs, or packs in a registry.
    pub packs: Vec<PackRef>,
    /// Treat warnings as errors.
    pub strict: bool,
    /// Treat a pack without a handler as an error; otherwise it is a note.
    pub require_handler: bool,
    /// The signature that each pack must have.
    pub signatures: SignaturePolicy,
}

/// The signature that a pack must have.
#[derive(Clone, Debug)]
pub enum SignaturePolicy {
    /// No signature; one that is there and does not belong to the pack is a warning.
    NotRequired,
    /// A valid signature of any key.
    AnySigner,
    /// A signature of one of the public keys in these files.
    Keys(Vec<PathBuf>),
    /// A signature that this environment trusts.
    Environment(EnvId),
}
