//! Why a key is none, and why an envelope vouches for nothing.

use env_pack_domain::{ForeignText, KeyId, Sha256Digest};

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is not one PEM block and nothing else.
    #[error("it is no PEM file: {reason}")]
    NotPem {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is a PEM block of something else.
    #[error("it holds `{found}`, expected `{expected}`")]
    WrongLabel {
        /// What it says it holds.
        found: ForeignText,
        /// What it should say.
        expected: &'static str,
    },
    /// It is a key of another kind, or written in another way than the one there is.
    #[error("it holds no {expected} key")]
    WrongAlgorithm {
        /// What it should hold.
        expected: &'static str,
    },
    /// Anybody can make signatures that such a key takes, or it has a second spelling.
    #[error("its public key is no sound point of the curve")]
    UnsafePoint,
    /// The public half that stands beside the private one is not of it.
    #[error("its public key does not belong to its private key")]
    MismatchedHalves,
    /// It goes by the id of another key.
    #[error("the key beside it has the id `{id}`")]
    WrongId {
        /// The id that it has.
        id: KeyId,
    },
    /// The system gave no randomness.
    #[error("the system gives no randomness: {reason}")]
    RandomSource {
        /// What it said.
        reason: String,
    },
}

/// Why an envelope does not vouch for an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It has more bytes than any honest one.
    #[error("its signature has more than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// It cannot be read.
    #[error("its signature is malformed at {place}: {reason}")]
    Malformed {
        /// Where.
        place: String,
        /// What is wrong there.
        reason: ForeignText,
    },
    /// It is about something else than we know.
    #[error("its signature has `{member}` `{found}`, expected `{expected}`")]
    WrongType {
        /// The member that says so.
        member: &'static str,
        /// What it says.
        found: ForeignText,
        /// What it should say.
        expected: &'static str,
    },
    /// It is about none or several things, and nobody can say which of them is meant.
    #[error("its signature is about {count} things, not about one archive")]
    SubjectCount {
        /// How many.
        count: usize,
    },
    /// It is about another archive.
    #[error("its signature is for another archive: {signed} instead of {archive}")]
    WrongArchive {
        /// The archive that was signed.
        signed: Sha256Digest,
        /// The archive that is there.
        archive: Sha256Digest,
    },
    /// It is about another manifest than the one that is there.
    #[error("its signature is for another manifest: {signed} instead of {manifest}")]
    WrongManifest {
        /// The manifest that was signed.
        signed: Sha256Digest,
        /// The manifest that is there.
        manifest: Sha256Digest,
    },
    /// It is about a manifest that does not lead to the archive.
    #[error("its signature is for a manifest that has no layer {archive}")]
    ArchiveNotInManifest {
        /// The archive that is there.
        archive: Sha256Digest,
    },
    /// It does not say who made it, and nobody who is trusted has.
    #[error("its signature is not by a trusted key")]
    NoTrustedKey,
    /// Nobody trusts who signed it.
    #[error("it is signed by {claimed}, which is not trusted")]
    NotTrusted {
        /// Who signed it, as the envelope says.
        claimed: String,
    },
    /// It names a trusted key that has not signed it.
    #[error("its signature by `{key_id}` is not valid")]
    Invalid {
        /// The key.
        key_id: KeyId,
    },
}

impl SignatureError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "signature-too-large",
            Self::Malformed { .. } => "signature-malformed",
            Self::WrongType { .. } => "signature-type",
            Self::SubjectCount { .. } => "signature-subjects",
            Self::WrongArchive { .. } | Self::ArchiveNotInManifest { .. } => {
                "signature-other-archive"
            }
            Self::WrongManifest { .. } => "signature-other-manifest",
            Self::NoTrustedKey | Self::NotTrusted { .. } => "signer-not-trusted",
            Self::Invalid { .. } => "signature-invalid",
        }
    }

    pub(super) fn malformed(place: impl Into<String>, reason: &str) -> Self {
        Self::Malformed { place: place.into(), reason: ForeignText::sentence(reason) }
    }
}
