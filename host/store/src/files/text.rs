//! Reads a file of an environment.

use std::path::Path;

use env_pack_domain::Sha256Digest;
use gtc_fs::read::{ReadError, without_byte_order_mark};

use super::disk::Disk;
use crate::backend::MAX_TEXT_BYTES;
use crate::error::StoreError;

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileText {
    /// The text, without a byte order mark.
    pub text: String,
    /// The digest of the file.
    pub digest: Sha256Digest,
}

impl FileText {
    /// Returns the content of a file that has this text.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), digest: Sha256Digest::compute(text.as_bytes()) }
    }
}

/// Reads a file; none if it does not exist.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<Option<FileText>, StoreError> {
    let bytes = match disk.read(path, MAX_TEXT_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound) => return Ok(None),
        Err(error) => return Err(StoreError::read(path, error)),
    };
    let text = decode(&bytes)
        .map_err(|at| StoreError::malformed(path, format!("byte {at}"), "it is not UTF-8"))?;
    Ok(Some(FileText { text, digest: Sha256Digest::compute(&bytes) }))
}

/// Returns the digest of a file; none if it does not exist.
pub(super) fn digest(disk: &dyn Disk, path: &Path) -> Result<Option<Sha256Digest>, StoreError> {
    match disk.read(path, MAX_TEXT_BYTES) {
        Ok(bytes) => Ok(Some(Sha256Digest::compute(&bytes))),
        Err(ReadError::NotFound) => Ok(None),
        Err(error) => Err(StoreError::read(path, error)),
    }
}

/// Decodes a file in UTF-8.
///
/// # Errors
/// The number of bytes before the first that is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<String, usize> {
    let text = std::str::from_utf8(without_byte_order_mark(bytes));
    text.map(str::to_owned).map_err(|error| error.valid_up_to())
}
