//! The error of a bundle file.

use std::path::PathBuf;

use super::phrases::display_path;
use crate::operation_error::{Explanation, OperationError};
use gtc_fetch::BundleError;

/// A bundle could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{}`", display_path(.path))]
pub struct BundleFileError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: BundleError,
}

impl OperationError for BundleFileError {
    fn explain(&self) -> Explanation {
        self.source.explain()
    }
}
