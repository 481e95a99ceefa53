//! Reads files that a request names.

use std::path::Path;

use crate::Host;
use crate::operation_error::{ExitOutcome, Explanation, OperationError};
use gtc_fetch::FetchError;

/// A file that a request names could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct InputError(#[from] FetchError);

impl OperationError for InputError {
    fn explain(&self) -> Explanation {
        Explanation {
            kind: self.0.kind(),
            exit_outcome: ExitOutcome::Failed,
            hint: if self.0.names_registry() || self.0.is_shortage() {
                self.0.hint()
            } else {
                Some("check the path of the file, and its permissions".to_owned())
            },
        }
    }
}

/// Reads a file of at most `limit` bytes.
pub(super) fn read(host: &Host, path: &Path, limit: u64) -> Result<Vec<u8>, InputError> {
    Ok(host.fetcher.read_document(path, limit)?)
}

/// Reads the input of a command, of at most `limit` bytes; `-` is standard input.
pub(super) fn read_input(host: &Host, path: &Path, limit: u64) -> Result<Vec<u8>, InputError> {
    Ok(host.fetcher.read_input(path, limit)?)
}
