//! Errors of commands that change a whole environment.

use env_pack_domain::change::Refusal;

use crate::operation_error::{Explanation, OperationError};
use crate::ops::pack_error::BrokenBuiltin;
use gtc_store::{ChangeError, StoreError};

/// An environment was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// The environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A default pack was not bound.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A default pack does not load.
    #[error(transparent)]
    Builtin(#[from] BrokenBuiltin),
}

impl OperationError for EnvError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Refused(error) => error.explain(),
            Self::Builtin(error) => error.explain(),
        }
    }
}
