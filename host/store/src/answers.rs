//! Reads the answers of a binding: a JSON document in the folder of its environment.

use std::path::Path;

use env_pack_domain::{AnswersRef, ForeignText};
use gtc_fs::read::{ReadError, read_capped};
use serde::de::IgnoredAny;

use super::error::AnswersError;

/// The largest answers file that is read, in bytes: answers are configuration, not data.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the answers file that a reference names and returns its text unchanged, except
/// for white space at both ends.
pub(super) fn read(folder: &Path, answers_ref: &AnswersRef) -> Result<String, AnswersError> {
    let path = folder.join(answers_ref.relative_path()?);
    let missing = || AnswersError::Missing { path: path.clone() };
    let failed = |source| AnswersError::Read { path: path.clone(), source };
    // a symbolic link is allowed as long as its target stays inside
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(failed(error)),
    };
    if !real.starts_with(folder.canonicalize().map_err(failed)?) {
        return Err(AnswersError::LeadsOutside { answers_ref: answers_ref.clone() });
    }
    let malformed = |reason: String| AnswersError::Malformed {
        path: path.clone(),
        reason: ForeignText::sentence(&reason),
    };
    let bytes = read_capped(&real, MAX_BYTES).map_err(|error| match error {
        ReadError::NotFound | ReadError::NotAFile(_) => missing(),
        ReadError::TooLarge { limit } => AnswersError::TooLarge { path: path.clone(), limit },
        ReadError::Io(error) => failed(error),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        malformed(format!("it is not UTF-8 after byte {valid}"))
    })?;
    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| malformed(error.to_string()))?;
    Ok(text.trim().to_owned())
}
