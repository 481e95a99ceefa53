//! Resolves and reads files of a project. A file must lie below the project folder after
//! all symbolic links are resolved.

use std::io;
use std::path::{Component, Path, PathBuf};

use gtc_fs::read::{ReadError, read_capped};
use gtc_fs::{PathError, metadata};

use super::error::ProjectError;

/// Returns true if a path is relative, not empty, and has no `..`.
pub(super) fn is_relative(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Resolves a relative path to a regular file below `folder`.
pub(super) fn resolve_file(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let real = resolve(folder, path)?;
    if metadata::is_file(&real) {
        Ok(real)
    } else {
        Err(ProjectError::WrongFileType { path: folder.join(path), expected: "regular file" })
    }
}

/// Resolves a relative path to a folder below `folder`.
pub(super) fn resolve_folder(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let real = resolve(folder, path)?;
    if metadata::is_folder(&real) {
        Ok(real)
    } else {
        Err(ProjectError::WrongFileType { path: folder.join(path), expected: "folder" })
    }
}

fn resolve(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let given = folder.join(path);
    let unreadable =
        |error: PathError| ProjectError::Read { path: given.clone(), source: error.source };
    let real = metadata::resolve(&given).map_err(unreadable)?;
    if real.starts_with(metadata::resolve(folder).map_err(unreadable)?) {
        Ok(real)
    } else {
        Err(ProjectError::OutsideProject { path: given })
    }
}

/// Reads a regular file of at most `limit` bytes of UTF-8.
pub(super) fn read_text(path: &Path, limit: u64) -> Result<String, ProjectError> {
    let unreadable = |source| ProjectError::Read { path: path.to_owned(), source };
    let bytes = read_capped(path, limit).map_err(|error| match error {
        ReadError::NotFound => unreadable(io::ErrorKind::NotFound.into()),
        ReadError::NotAFile(_) => {
            ProjectError::WrongFileType { path: path.to_owned(), expected: "regular file" }
        }
        ReadError::TooLarge { limit } => ProjectError::TooLarge { path: path.to_owned(), limit },
        ReadError::Io(error) => unreadable(error),
    })?;
    String::from_utf8(bytes)
        .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))
}
