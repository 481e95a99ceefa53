//! Errors of messaging endpoints.

use env_pack_domain::messaging::change::EndpointRefusal;

use crate::operation_error::{Explanation, OperationError};
use gtc_store::{ChangeError, StoreError};

/// A messaging endpoint was not shown, or not changed.
#[derive(Debug, thiserror::Error)]
pub enum MessagingError {
    /// The environment could not be read, or an endpoint is not well-formed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The rules of endpoints forbid it.
    #[error(transparent)]
    Refused(#[from] EndpointRefusal),
}

impl OperationError for MessagingError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Refused(error) => error.explain(),
        }
    }
}
