//! Files of a project: they lie in its folder, whatever links there are on the way.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use super::ProjectError;

/// Whether a path stays where it begins: it has parts, and each of them is a name.
pub(super) fn is_relative(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The regular file that a relative path leads to, which lies in the folder too.
pub(super) fn file(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let found = resolve(folder, path)?;
    match found.is_file() {
        true => Ok(found),
        false => {
            Err(ProjectError::Unexpected { path: folder.join(path), expected: "regular file" })
        }
    }
}

/// The folder that a relative path leads to, which lies in the folder too.
pub(super) fn folder(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let found = resolve(folder, path)?;
    match found.is_dir() {
        true => Ok(found),
        false => Err(ProjectError::Unexpected { path: folder.join(path), expected: "folder" }),
    }
}

fn resolve(folder: &Path, path: &Path) -> Result<PathBuf, ProjectError> {
    let named = folder.join(path);
    let failed = |source| ProjectError::Read { path: named.clone(), source };
    let real = named.canonicalize().map_err(failed)?;
    match real.starts_with(folder.canonicalize().map_err(failed)?) {
        true => Ok(real),
        false => Err(ProjectError::LeadsOutside { path: named }),
    }
}

/// The text of a regular file of at most `limit` bytes.
pub(super) fn text(path: &Path, limit: u64) -> Result<String, ProjectError> {
    let failed = |source| ProjectError::Read { path: path.to_owned(), source };
    let bytes = match bytes(path, limit).map_err(failed)? {
        Some(bytes) => bytes,
        None => {
            return Err(ProjectError::Unexpected {
                path: path.to_owned(),
                expected: "regular file",
            });
        }
    };
    if bytes.len() as u64 > limit {
        return Err(ProjectError::TooLarge { path: path.to_owned(), limit });
    }
    String::from_utf8(bytes)
        .map_err(|_| failed(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))
}

/// The bytes of a file, or one more than the limit; nothing when it is no regular file,
/// which is never waited for.
fn bytes(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    if !path.metadata()?.is_file() {
        return Ok(None);
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file: File = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
