//! Reads and replaces one file of an environment.

use std::fs;
use std::io;
use std::path::Path;

use gtc_fs::atomic;
use gtc_fs::read::{ReadError, read_capped};

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
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = format!("byte {}", error.utf8_error().valid_up_to());
        StoreError::malformed(path, place, "it is not UTF-8")
    })?;
    Ok(Some(without_byte_order_mark(text)))
}

/// Removes the byte order mark that some editors write at the start of a file.
pub(super) fn without_byte_order_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    text
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
