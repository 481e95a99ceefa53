//! Reads and writes answers in the folder of an environment.

use std::io;
use std::path::Path;

use env_pack_domain::{AnswersRef, ForeignText};
use gtc_fs::read::{ReadError, read_capped};
use gtc_fs::{atomic, folder as folders};

use super::text;
use crate::backend::{MAX_ANSWERS_BYTES, NewAnswers};
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

/// Writes a document atomically, with the folders above it. A new file is readable only by its
/// owner, because answers may be secret.
pub(super) fn write(folder: &Path, new: &NewAnswers) -> Result<(), AnswersError> {
    let path = folder.join(new.answers_ref.relative_path()?);
    let failed = |source| AnswersError::Write { path: path.clone(), source };
    let root = folder.canonicalize().map_err(failed)?;
    let leads_outside = || AnswersError::LeadsOutside { answers_ref: new.answers_ref.clone() };
    // a symbolic link is allowed as long as its target exists and stays inside
    let existing = path.ancestors().find(|part| part.symlink_metadata().is_ok());
    let real = existing.unwrap_or(folder).canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => leads_outside(),
        _ => failed(error),
    })?;
    if !real.starts_with(&root) {
        return Err(leads_outside());
    }
    if let Some(parent) = path.parent() {
        folders::create_all(parent).map_err(|error| failed(error.source))?;
    }
    let bytes = new.text.as_bytes();
    atomic::remove_leftovers(&path)
        .and_then(|()| match path.symlink_metadata() {
            Ok(_) => atomic::replace(&path, bytes),
            Err(_) => atomic::write(&path, bytes, 0o600),
        })
        .map_err(failed)
}
