//! Errors of keys and signatures.

use env_pack_domain::{ForeignText, KeyId, Sha256Digest};

/// The reason a key file was refused, or no key could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file does not have exactly one PEM block.
    #[error("it is not a PEM file: {reason}")]
    NotPem {
        /// The problem.
        reason: &'static str,
    },
    /// The PEM block has another label.
    #[error("it holds `{found}`, expected `{expected}`")]
    WrongLabel {
        /// The label in the file.
        found: ForeignText,
        /// The expected label.
        expected: &'static str,
    },
    /// The key has another algorithm, or an encoding other than the canonical one.
    #[error("it does not hold an {expected} key")]
    WrongAlgorithm {
        /// The accepted kinds of keys.
        expected: &'static str,
    },
    /// The private key is not in PKCS#8.
    #[error("its PKCS#8 is malformed: {reason}")]
    MalformedPkcs8 {
        /// The problem.
        reason: &'static str,
    },
    /// The public key is not a point of the curve, has a small order, so that anyone can
    /// make signatures for it, or is not in its canonical encoding.
    #[error("its public key is not a safe point of the curve")]
    UnsafePoint,
    /// The file holds a private and a public key that do not belong together.
    #[error("its public key does not belong to its private key")]
    MismatchedHalves,
    /// The key is listed with an id that is not its own.
    #[error("the key of this entry has the id `{id}`")]
    WrongId {
        /// The actual id of the key.
        id: KeyId,
    },
    /// The operating system returned no random bytes.
    #[error("the operating system provides no random numbers: {reason}")]
    RandomSource {
        /// The message of the operating system.
        reason: String,
    },
}

/// The reason a signature does not verify for an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The signature is too large to be read.
    #[error("its signature has more than {limit} bytes")]
    TooLarge {
        /// Maximum size, in bytes.
        limit: u64,
    },
    /// The signature is malformed.
    #[error("its signature is malformed at {place}: {reason}")]
    Malformed {
        /// The place: a member, or line and column.
        place: String,
        /// The problem.
        reason: ForeignText,
    },
    /// The signature, or the statement in it, has another type.
    #[error("its signature has `{member}` `{found}`, expected `{expected}`")]
    WrongType {
        /// The member that holds the type.
        member: &'static str,
        /// The type in the signature.
        found: ForeignText,
        /// The expected type.
        expected: &'static str,
    },
    /// The signed statement has no subject, or several.
    #[error("its signature has {count} subjects, expected one archive")]
    SubjectCount {
        /// Number of subjects.
        count: usize,
    },
    /// The signature is for another archive.
    #[error("its signature is for another archive: {signed} instead of {archive}")]
    WrongArchive {
        /// The signed archive.
        signed: Sha256Digest,
        /// The archive to be verified.
        archive: Sha256Digest,
    },
    /// The signature is for another manifest.
    #[error("its signature is for another manifest: {signed} instead of {manifest}")]
    WrongManifest {
        /// The signed manifest.
        signed: Sha256Digest,
        /// The manifest to be verified.
        manifest: Sha256Digest,
    },
    /// The signature is for a manifest that does not have the archive as a layer.
    #[error("its signature is for a manifest that has no layer {archive}")]
    ArchiveNotInManifest {
        /// The archive to be verified.
        archive: Sha256Digest,
    },
    /// The signature states no signer, and none of the trusted keys made it.
    #[error("its signature is not by a trusted key")]
    NoTrustedKey,
    /// None of the stated signers is trusted.
    #[error("it is signed by {claimed}, which is not trusted")]
    NotTrusted {
        /// The signers that the envelope states.
        claimed: String,
    },
    /// The signature states a trusted signer, but does not verify.
    #[error("its signature by `{key_id}` is not valid")]
    Invalid {
        /// The stated key.
        key_id: KeyId,
    },
}

impl SignatureError {
    /// A stable, machine-readable name of the kind of error.
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

    pub(super) fn malformed_json(error: &serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        Self::malformed(place, &error.to_string())
    }
}
