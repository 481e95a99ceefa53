//! Errors of creating keys, and of signing and verifying packs.

use std::path::PathBuf;

use env_pack_domain::{EnvId, PackRef};

use crate::operation_error::{Explanation, OperationError};
use crate::ops::input_file::InputError;
use crate::ops::key_file::KeyFileError;
use crate::ops::output_file::OutputError;
use crate::ops::pack_error::{InvalidArchive, PackError};
use crate::ops::phrases::display_path;
use gtc_fetch::FetchError;
use gtc_signing::KeyError;
use gtc_store::StoreError;

/// A key was not created.
#[derive(Debug, thiserror::Error)]
pub enum KeygenError {
    /// The system gave no random numbers.
    #[error("no key was created")]
    Generate {
        /// The cause.
        source: KeyError,
    },
    /// The key file exists already.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for KeygenError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Generate { .. } => {
                Explanation::failed("invalid-key", "check that the system provides random numbers")
            }
            Self::Key(error) => error.explain(),
            Self::Output(error) => error.explain(),
        }
    }
}

/// A pack was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The pack could not be read or fetched, or the registry refused the signature.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// The key could not be read, or would be overwritten.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The existing signature file cannot take another signature.
    #[error("cannot add a signature to the existing file `{}`", display_path(.path))]
    NotAdded {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PackError,
    },
    /// The signature could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for SignError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::Key(error) => error.explain(),
            Self::NotAdded { .. } => Explanation::refused(
                "conflict",
                "name another file with `--output`, or replace the file with `--replace`",
            ),
            Self::Output(error) => error.explain(),
        }
    }
}

/// The signature of a pack was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The pack could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A signature file could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// There are no keys to verify with.
    #[error(transparent)]
    Keys(#[from] TrustedKeysError),
    /// No signature is valid and trusted.
    #[error(transparent)]
    Signature(#[from] SignatureNotTrusted),
}

impl OperationError for VerifyError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Input(error) => error.explain(),
            Self::Keys(error) => error.explain(),
            Self::Signature(error) => error.explain(),
        }
    }
}

/// A pack has no valid signature of a trusted key.
#[derive(Debug, thiserror::Error)]
#[error("no trusted signature for pack `{pack_ref}`")]
pub struct SignatureNotTrusted {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The cause.
    pub source: PackError,
}

impl OperationError for SignatureNotTrusted {
    fn explain(&self) -> Explanation {
        self.source.explain()
    }
}

/// The keys that are trusted could not be read, or there are none.
#[derive(Debug, thiserror::Error)]
pub enum TrustedKeysError {
    /// The environment or its trust root could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be read.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// An environment has no trust root.
    #[error("environment `{environment}` has no trust root, so no signature can be verified")]
    NoTrustRoot {
        /// The environment.
        environment: EnvId,
    },
}

impl OperationError for TrustedKeysError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Key(error) => error.explain(),
            Self::NoTrustRoot { environment } => Explanation::refused(
                "not-found",
                format!(
                    "trust a key with `gtc op trust-root add --env {environment} --key <file>`"
                ),
            ),
        }
    }
}
