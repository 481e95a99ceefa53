//! Why packs are not taken out of an image layout.

use env_pack_domain::{ForeignText, Sha256Digest};

use crate::fetch::layout::LayoutError;
use crate::fetch::oci::manifest::InvalidManifest;

/// What is wrong with packs in an image layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no layout, or one that is damaged.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A manifest in it is none.
    #[error("the manifest {digest} cannot be read: {reason}")]
    OciManifest {
        /// Its digest.
        digest: Sha256Digest,
        /// What is wrong with it.
        reason: ForeignText,
    },
    /// It holds something else than packs.
    #[error("{name} is {what}, not a pack")]
    NotAPack {
        /// How it is known there.
        name: ForeignText,
        /// What it is.
        what: ForeignText,
    },
    /// A signature is about something that is not there.
    #[error(
        "the signature {signature} is about the manifest {subject}, which is not in the image layout"
    )]
    Lonely {
        /// The manifest of the signature.
        signature: Sha256Digest,
        /// What it is about.
        subject: Sha256Digest,
    },
    /// There are more signatures of one pack than anybody needs.
    #[error("there are more than {limit} signatures of {subject}, the most that are read")]
    Signatures {
        /// What they are about.
        subject: Sha256Digest,
        /// The most allowed.
        limit: usize,
    },
    /// The trust root that goes along is none.
    #[error("its trust root is not used: {reason}")]
    TrustRoot {
        /// What is wrong with it.
        reason: ForeignText,
    },
    /// There is nothing in it.
    #[error("it holds no pack")]
    Empty,
    /// Nobody would know which of them is meant.
    #[error("it holds two trust roots")]
    TwoTrustRoots,
}

impl BundleError {
    pub(super) fn unusable(
        name: ForeignText,
        digest: Sha256Digest,
        fault: InvalidManifest,
    ) -> Self {
        match fault {
            InvalidManifest::Malformed(reason) => Self::OciManifest { digest, reason },
            InvalidManifest::NotAPack(what) => Self::NotAPack { name, what },
        }
    }

    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Layout(error) => error.kind(),
            Self::NotAPack { .. } => "not-a-pack",
            Self::Signatures { .. } => "layout-too-large",
            _ => "invalid-layout",
        }
    }

    /// Whether there is an answer: the layout is not to be used. Otherwise nobody could
    /// find out.
    pub fn is_definitive(&self) -> bool {
        !matches!(
            self,
            Self::Layout(
                LayoutError::File(_)
                    | LayoutError::Read(_)
                    | LayoutError::Write(_)
                    | LayoutError::Source { .. }
            )
        )
    }
}
