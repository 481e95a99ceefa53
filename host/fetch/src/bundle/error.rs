//! Errors of importing bundles.

use env_pack_domain::{ForeignText, Sha256Digest};

use crate::layout::LayoutError;
use crate::oci::manifest::InvalidManifest;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The image layout is invalid or cannot be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A manifest is malformed.
    #[error("the manifest {digest} is invalid: {reason}")]
    Manifest {
        /// The digest of the manifest.
        digest: Sha256Digest,
        /// The defect.
        reason: ForeignText,
    },
    /// An artifact is neither a pack, a signature nor a trust root.
    #[error("{name} is {what}, not a pack")]
    NotAPack {
        /// The name in the layout, or the digest.
        name: ForeignText,
        /// The kind of artifact: `a container image`.
        what: ForeignText,
    },
    /// The signed manifest of a signature is missing.
    #[error("the signature {signature} is for the manifest {subject}, which is not in the bundle")]
    SubjectMissing {
        /// The manifest of the signature.
        signature: Sha256Digest,
        /// The signed manifest.
        subject: Sha256Digest,
    },
    /// A pack has too many signatures.
    #[error("there are more than {limit} signatures of {subject}")]
    TooManySignatures {
        /// The signed manifest.
        subject: Sha256Digest,
        /// The limit.
        limit: usize,
    },
    /// The trust root is not valid.
    #[error("the trust root is invalid: {reason}")]
    TrustRoot {
        /// The defect.
        reason: ForeignText,
    },
    /// The bundle is empty.
    #[error("it contains no pack")]
    Empty,
    /// The bundle has more than one trust root.
    #[error("it contains two trust roots")]
    TwoTrustRoots,
}

impl BundleError {
    pub(super) fn invalid_manifest(
        name: ForeignText,
        digest: Sha256Digest,
        fault: InvalidManifest,
    ) -> Self {
        match fault {
            InvalidManifest::Malformed(reason) => Self::Manifest { digest, reason },
            InvalidManifest::NotAPack(what) => Self::NotAPack { name, what },
        }
    }

    /// A stable identifier of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Layout(error) => error.kind(),
            Self::NotAPack { .. } => "not-a-pack",
            Self::TooManySignatures { .. } => "layout-too-large",
            Self::Manifest { .. }
            | Self::SubjectMissing { .. }
            | Self::TrustRoot { .. }
            | Self::Empty
            | Self::TwoTrustRoots => "invalid-layout",
        }
    }
}
