//! Writes and removes the output files of operations.

use std::io::{self, Write};
use std::path::Path;

use gtc_fs::{PathError, folder, output};

use super::OpError;

/// Writes a file atomically, so that no reader sees a partial pack. A special file, such
/// as `/dev/stdout`, is written directly.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), OpError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write()`], for content that does not fit into memory: `fill` writes it.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OpError> {
    output::write_with(path, |file| fill(file)).map_err(write_error)
}

/// Creates a folder for output files, and its parents.
pub(super) fn create_folder(path: &Path) -> Result<(), OpError> {
    folder::create_all(path).map_err(write_error)
}

/// Removes an output file of an earlier operation, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), OpError> {
    output::remove_if_exists(path).map_err(write_error)
}

fn write_error(error: PathError) -> OpError {
    OpError::Write { path: error.path, source: error.source }
}
