//! Finds answers in the folder of an environment.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, ForeignText};
use gtc_fs::read::{ReadError, read_capped};

use super::disk::Disk;
use super::text;
use crate::backend::{ExposedAnswers, MAX_ANSWERS_BYTES};
use crate::error::AnswersError;

/// The permission bits by which the group, or all users, may read a file.
const READABLE_BY_OTHERS: u32 = 0o044;

/// Reads the file that a reference names; none if there is no such regular file.
pub(super) fn read(
    folder: &Path,
    answers_ref: &AnswersRef,
) -> Result<Option<String>, AnswersError> {
    let path = folder.join(answers_ref.relative_path()?);
    let Some(real) = find(folder, answers_ref)? else { return Ok(None) };
    let bytes = match read_capped(&real, MAX_ANSWERS_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound | ReadError::NotAFile(_)) => return Ok(None),
        Err(ReadError::TooLarge { limit }) => return Err(AnswersError::TooLarge { path, limit }),
        Err(ReadError::Io(source)) => return Err(AnswersError::Read { path, source }),
    };
    let text = text::decode(&bytes).map_err(|at| {
        let reason = format!("it is not UTF-8 after byte {at}");
        AnswersError::Malformed { path, reason: ForeignText::sentence(&reason) }
    })?;
    Ok(Some(text))
}

/// Returns the file that a reference names, if other users than its owner may read it.
pub(super) fn exposed(
    folder: &Path,
    answers_ref: &AnswersRef,
) -> Result<Option<ExposedAnswers>, AnswersError> {
    let Some(path) = find(folder, answers_ref)? else { return Ok(None) };
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(source) => return Err(AnswersError::Read { path, source }),
    };
    let mode = metadata.permissions().mode() & 0o777;
    let is_exposed = metadata.is_file() && mode & READABLE_BY_OTHERS != 0;
    Ok(is_exposed.then_some(ExposedAnswers { path, mode }))
}

/// Returns the path of the file that a reference names, without symbolic links; none if there is
/// none.
fn find(folder: &Path, answers_ref: &AnswersRef) -> Result<Option<PathBuf>, AnswersError> {
    let path = folder.join(answers_ref.relative_path()?);
    // a symbolic link is allowed as long as its target stays inside
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(AnswersError::Read { path, source }),
    };
    let folder = folder
        .canonicalize()
        .map_err(|source| AnswersError::Read { path: path.clone(), source })?;
    if !real.starts_with(folder) {
        return Err(AnswersError::LeadsOutside { answers_ref: answers_ref.clone() });
    }
    Ok(Some(real))
}

/// Returns where a document is written or removed, relative to the folder of its environment.
///
/// # Errors
/// [`AnswersError::LeadsOutside`]: a symbolic link leads out of the folder, or nowhere.
pub(super) fn target(
    disk: &dyn Disk,
    folder: &Path,
    answers_ref: &AnswersRef,
) -> Result<PathBuf, AnswersError> {
    let relative = answers_ref.relative_path()?;
    let path = folder.join(&relative);
    match disk.is_inside(folder, &path) {
        Ok(true) => Ok(relative),
        Ok(false) => Err(AnswersError::LeadsOutside { answers_ref: answers_ref.clone() }),
        Err(source) => Err(AnswersError::Write { path, source }),
    }
}
