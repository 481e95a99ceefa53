//! Finds answers in the folder of an environment.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, ForeignText};
use gtc_fs::read::{ReadError, read_capped};

use super::disk::Disk;
use super::text;
use crate::backend::MAX_ANSWERS_BYTES;
use crate::error::AnswersError;

/// Reads the file that a reference names; none if there is no such regular file.
pub(super) fn read(
    folder: &Path,
    answers_ref: &AnswersRef,
) -> Result<Option<String>, AnswersError> {
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
