//! Writes and removes the output files of operations.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gtc_fs::{PathError, folder, output};

use super::phrases::display_path;
use crate::operation_error::{Explanation, OperationError};

/// An output file was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file or folder could not be written, created or removed.
    #[error("cannot {action} `{}`", display_path(.path))]
    Write {
        /// The attempted action, a verb such as `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error that the system reported.
        source: io::Error,
    },
    /// A file with other content would be overwritten.
    #[error("`{}` already exists with different content", display_path(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The output is one of the inputs.
    #[error("`{}` is an input of this command, and is never overwritten", display_path(.path))]
    IsInput {
        /// The file.
        path: PathBuf,
    },
}

impl OperationError for OutputError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Write { source, .. } => {
                Explanation::io(source, "check the path and its permissions")
            }
            Self::Exists { .. } => Explanation::refused(
                "conflict",
                "choose another `--output`, or overwrite it with `--force`",
            ),
            Self::IsInput { .. } => {
                Explanation::refused("conflict", "name another file with `--output`")
            }
        }
    }
}

/// Writes a file atomically, so that no reader sees a partial pack. A special file, such
/// as `/dev/stdout`, is written directly.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write()`], for a file that only this user may read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    output::write_private_with(path, |file| file.write_all(bytes)).map_err(write_error)
}

/// Like [`write()`], for content that does not fit into memory: `fill` writes it.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    output::write_with(path, |file| fill(file)).map_err(write_error)
}

/// Creates a folder for output files, and its parents.
pub(super) fn create_folder(path: &Path) -> Result<(), OutputError> {
    folder::create_all(path).map_err(write_error)
}

/// Removes an output file of an earlier operation, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), OutputError> {
    output::remove_if_exists(path).map_err(write_error)
}

fn write_error(error: PathError) -> OutputError {
    OutputError::Write { action: error.action, path: error.path, source: error.source }
}
