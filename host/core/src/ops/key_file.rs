//! Reads key files.

use std::path::{Path, PathBuf};

use super::input_file::{self, InputError};
use super::phrases::display_path;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_signing::{KeyError, MAX_KEY_BYTES, PrivateKey, PublicKey};

/// A key file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file could not be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// The file does not contain a key.
    #[error("`{}` is not a key", display_path(.path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: KeyError,
    },
    /// A key would be overwritten.
    #[error("`{}` already exists, and a key is never overwritten", display_path(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

impl OperationError for KeyFileError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Read(error) => error.explain(),
            Self::Invalid { source, .. } => source.explain(),
            Self::Exists { .. } => Explanation::refused("conflict", "name another file"),
        }
    }
}

/// Reads the file of a private key.
pub(super) fn read_private_key(host: &Host, path: &Path) -> Result<PrivateKey, KeyFileError> {
    PrivateKey::from_pem(&input_file::read(host, path, MAX_KEY_BYTES)?)
        .map_err(|source| KeyFileError::Invalid { path: path.to_owned(), source })
}

/// Reads the file of a public key.
pub(super) fn read_public_key(host: &Host, path: &Path) -> Result<PublicKey, KeyFileError> {
    PublicKey::from_pem(&input_file::read(host, path, MAX_KEY_BYTES)?)
        .map_err(|source| KeyFileError::Invalid { path: path.to_owned(), source })
}
