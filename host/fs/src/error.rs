//! The error of a system call on a path.

use std::io;
use std::path::{Path, PathBuf};

/// A system call on a path failed. The path is written with escapes, because it may contain
/// control characters.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path:?}")]
pub struct PathError {
    /// The attempted action, a verb such as `create`.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The error that the system reported.
    pub source: io::Error,
}

impl PathError {
    pub(crate) fn of<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self { action, path: path.to_owned(), source }
    }
}
