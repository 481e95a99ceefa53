//! Bounded reads of regular files, with the errors of this crate.

use std::fs::File;
use std::io;
use std::path::Path;

use gtc_fs::read::{ReadError, open_regular, read_capped};

use super::error::FetchError;

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    read_capped(path, limit).map_err(|error| fetch_error(path, error))
}

/// Reads the input of a command, of at most `limit` bytes; `-` is standard input.
pub(super) fn read_input(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    gtc_fs::read::read_input(path, limit).map_err(|error| fetch_error(path, error))
}

/// Opens a regular file for reading.
pub(super) fn open(path: &Path) -> Result<File, FetchError> {
    let (file, _) = open_regular(path).map_err(|error| fetch_error(path, error))?;
    Ok(file)
}

fn fetch_error(path: &Path, error: ReadError) -> FetchError {
    let path = path.to_owned();
    match error {
        ReadError::NotFound => FetchError::NotFound { path },
        ReadError::NotAFile(what) => FetchError::NotAFile { path, what },
        ReadError::TooLarge { limit } => FetchError::TooLarge { path, limit },
        // the target of a symbolic link is missing
        ReadError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            FetchError::NotFound { path }
        }
        ReadError::Io(source) => FetchError::Read { path, source },
    }
}
