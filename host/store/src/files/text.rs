//! Reads and replaces one file of an environment.

use std::fs;
use std::io;
use std::path::Path;

use gtc_fs::atomic;
use gtc_fs::read::{ReadError, read_capped, without_byte_order_mark};

use crate::backend::MAX_TEXT_BYTES;
use crate::error::StoreError;

/// Reads a file; none if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let bytes = match read_capped(path, MAX_TEXT_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound) => return Ok(None),
        Err(ReadError::NotAFile(_)) => {
            return Err(StoreError::NotAFile { path: path.to_owned() });
        }
        Err(ReadError::TooLarge { limit }) => {
            return Err(StoreError::TooLarge { path: path.to_owned(), limit });
        }
        Err(ReadError::Io(error)) => return Err(StoreError::io("read", path)(error)),
    };
    let text = decode(&bytes)
        .map_err(|at| StoreError::malformed(path, format!("byte {at}"), "it is not UTF-8"))?;
    Ok(Some(text))
}

/// Decodes a file in UTF-8.
///
/// # Errors
/// The number of bytes before the first that is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<String, usize> {
    let text = std::str::from_utf8(without_byte_order_mark(bytes));
    text.map(str::to_owned).map_err(|error| error.valid_up_to())
}

/// Replaces a file of an environment that is locked.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    atomic::remove_leftovers(path)
        .and_then(|()| atomic::replace(path, text.as_bytes()))
        .map_err(StoreError::io("write", path))
}

/// Returns true if anything has this path, readable or not.
pub(super) fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => {
            !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
    }
}
