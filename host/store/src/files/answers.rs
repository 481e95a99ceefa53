//! Reads answers from the folder of an environment.

use std::io;
use std::path::Path;

use env_pack_domain::{AnswersRef, ForeignText};
use gtc_fs::read::{ReadError, read_capped};

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
