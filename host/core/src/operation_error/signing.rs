//! Explains the errors of keys and signatures.

use gtc_signing::{KeyError, SignatureError};

use super::{Explanation, OperationError};

impl OperationError for KeyError {
    fn explain(&self) -> Explanation {
        match self {
            Self::NotPem { .. }
            | Self::WrongLabel { .. }
            | Self::WrongAlgorithm { .. }
            | Self::MalformedPkcs8 { .. }
            | Self::UnsafePoint
            | Self::MismatchedHalves
            | Self::WrongId { .. }
            | Self::RandomSource { .. } => Explanation::failed(
                "invalid-key",
                "create a key with `gtc pack keygen`, or convert yours to PEM",
            ),
        }
    }
}

impl OperationError for SignatureError {
    fn explain(&self) -> Explanation {
        let hint = match self {
            Self::NotTrusted { .. } => {
                "find out who owns the signing key; if you trust them, add the key with `gtc op trust-root add --env <env> --key <file>`"
            }
            Self::NoTrustedKey => {
                "get the signer's public key; if you trust them, add it with `gtc op trust-root add --env <env> --key <file>`"
            }
            Self::WrongArchive { .. }
            | Self::ArchiveNotInManifest { .. }
            | Self::WrongManifest { .. }
            | Self::Invalid { .. } => {
                "do not trust this pack; get it and its signature again from the signer"
            }
            Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::WrongType { .. }
            | Self::SubjectCount { .. } => {
                "download the signature again, or ask the author of the pack to sign it with `gtc pack sign`"
            }
        };
        Explanation::refused(self.kind(), hint)
    }
}
