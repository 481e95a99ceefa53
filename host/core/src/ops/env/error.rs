//! Errors of commands that change a whole environment.

use env_pack_domain::change::Refusal;
use env_pack_domain::{EnvId, ForeignText};

use crate::operation_error::{Explanation, OperationError};
use crate::ops::pack_error::BrokenBuiltin;
use crate::ops::{InputError, OutputError};
use gtc_fetch::FetchError;
use gtc_store::{AnswersError, ChangeError, MAX_PORTABLE_BYTES, StoreError};

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

/// An environment was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A part of the environment could not be read.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// The environment could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Values look like credentials.
    #[error(
        "environment `{environment}` was not exported: values look like credentials at {}",
        list_places(.places, *.more)
    )]
    Credentials {
        /// The environment.
        environment: EnvId,
        /// Files and JSON pointers.
        places: Vec<String>,
        /// The number of other places.
        more: usize,
    },
    /// The document would be too large to be imported.
    #[error(
        "environment `{environment}` was not exported: the document has {bytes} bytes, more than \
         {MAX_PORTABLE_BYTES}"
    )]
    TooLarge {
        /// The environment.
        environment: EnvId,
        /// The size of the document, in bytes.
        bytes: usize,
    },
    /// The file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

fn list_places(places: &[String], more: usize) -> String {
    let shown = places.iter().map(|place| format!("`{}`", ForeignText::excerpt(place)));
    let more = (more > 0).then(|| format!("{more} more places"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

impl OperationError for ExportError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Answers(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Credentials { .. } => Explanation::refused(
                "credentials",
                "keep each in the secrets store of the environment, and write a reference such as \
                 `secret://…` in its place",
            ),
            Self::TooLarge { .. } => {
                Explanation::refused("conflict", "copy the folder of the environment instead")
            }
            Self::Output(error) => error.explain(),
        }
    }
}

/// An environment was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The document, or answers in it, are not well-formed.
    #[error(transparent)]
    Document(#[from] AnswersError),
    /// The document, or the environment that it replaces, is not well-formed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another environment than the confirmed one would be replaced.
    #[error("the document is of environment `{environment}`, but `{confirmed}` may be replaced")]
    OtherReplaced {
        /// The environment of the document.
        environment: EnvId,
        /// The environment that the user confirmed.
        confirmed: EnvId,
    },
    /// The store could not be recorded in the cache.
    #[error(transparent)]
    Cache(#[from] FetchError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl OperationError for ImportError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Input(error) => error.explain(),
            Self::Document(error) => error.explain(),
            Self::Store(error) | Self::Change(ChangeError::Store(error)) => explain_store(error),
            Self::OtherReplaced { confirmed, .. } => Explanation::refused(
                "conflict",
                format!("import it as the other environment with `--env {confirmed}`"),
            ),
            Self::Cache(error) => error.explain(),
            Self::Change(error) => error.explain(),
        }
    }
}

fn explain_store(error: &StoreError) -> Explanation {
    match error {
        StoreError::Exists { environment, .. } => Explanation::refused(
            "conflict",
            format!(
                "import it as another environment with `--env <env>`, or replace this one with \
                 `--replace {environment}`"
            ),
        ),
        other => other.explain(),
    }
}

/// An environment was not renamed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// A part of the environment could not be read.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// A change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Another environment has the new id.
    #[error("environment `{new_id}` already exists, with other content")]
    Exists {
        /// The new id.
        new_id: EnvId,
    },
    /// The environment was changed after it was copied.
    #[error(
        "environment `{environment}` was changed while it was renamed; `{new_id}` is a copy of what \
         it was"
    )]
    ChangedMeanwhile {
        /// The environment.
        environment: EnvId,
        /// The new id.
        new_id: EnvId,
    },
}

impl OperationError for RenameError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Answers(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Exists { new_id } => Explanation::refused(
                "conflict",
                format!("choose another id; see what it is with `gtc op env show {new_id}`"),
            ),
            Self::ChangedMeanwhile { new_id, .. } => Explanation::refused(
                "stale",
                format!(
                    "delete the copy with `gtc op env delete --env {new_id} --confirm {new_id}`, \
                     then run the command again"
                ),
            ),
        }
    }
}
