//! Errors of operations on the cache.

use gtc_engine::CompiledCodeError;
use gtc_fetch::FetchError;
use gtc_store::StoreError;

use crate::operation_error::{ExitOutcome, Explanation, OperationError};
use crate::ops::pack_error::BrokenBuiltin;

/// The cache could not be read, verified or cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The cache could not be read or locked.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The folder of environments could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A built-in pack does not load.
    #[error(transparent)]
    Builtin(#[from] BrokenBuiltin),
    /// The compiled code could not be read.
    #[error(transparent)]
    Compiled(#[from] CompiledCodeError),
    /// The pins of an environment could not be read, so the files in use are unknown.
    #[error("nothing was removed: could not determine which files are in use")]
    PinsUnreadable {
        /// The cause.
        source: StoreError,
    },
    /// The path of a store root could not be read, so the files in use are unknown.
    #[error("nothing was removed: could not determine which files are in use")]
    StoreRootUnreadable {
        /// The cause.
        source: FetchError,
    },
}

impl OperationError for CacheError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Builtin(error) => error.explain(),
            Self::Compiled(error) => error.explain(),
            Self::PinsUnreadable { source } => Explanation {
                kind: "store",
                exit_outcome: ExitOutcome::Failed,
                hint: source.hint(),
            },
            Self::StoreRootUnreadable { source } => Explanation::failed(
                source.kind(),
                "remove the file; it is written again when a pack is bound in that store root",
            ),
        }
    }
}
