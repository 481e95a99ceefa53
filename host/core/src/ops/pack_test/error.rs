//! Errors of running and recording scenarios.

use std::path::PathBuf;

use env_pack_domain::{DescriptorPath, ForeignText, Permissions};

use crate::ops::error::{describe_permissions, display_path};
use crate::ops::{ExitOutcome, OpError, PackError, quoted};
use crate::scenario::InvalidScenario;

/// Scenarios could not be run or recorded.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// A folder contains no pack.
    #[error("folder `{}` contains no `.gtpack` file", display_path(.folder))]
    NoPack {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder contains no scenario.
    #[error("there is no scenario in `{}`", display_path(.folder))]
    NoScenario {
        /// The folder of scenarios.
        folder: PathBuf,
    },
    /// The number of scenarios exceeds the limit.
    #[error("there are {found} scenarios, more than the limit of {limit}")]
    TooMany {
        /// The number of scenarios.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A folder could not be read.
    #[error("cannot read folder `{}`", display_path(.folder))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error that the system reported.
        source: std::io::Error,
    },
    /// A folder has too many entries to search.
    #[error("folder `{}` has more than {limit} entries", display_path(.folder))]
    LargeFolder {
        /// The folder.
        folder: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The pack does not load.
    #[error("cannot test pack `{}`: {source}", display_path(.path))]
    Pack {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PackError,
    },
    /// The embedded permissions of a component are not well-formed.
    #[error(transparent)]
    Declaration {
        /// The cause.
        source: Box<OpError>,
    },
    /// A pack was given in place of a scenario.
    #[error("`{}` is a pack or a component, but a scenario is expected", display_path(.path))]
    IsPack {
        /// The file.
        path: PathBuf,
    },
    /// A file is not a scenario.
    #[error("`{}` is not a scenario: {source}", display_path(.path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: InvalidScenario,
    },
    /// The handler of a scenario could not be determined.
    #[error("scenario `{}` {}; the pack has {}", display_path(.path), named(.asked.as_ref()), listed(.handlers))]
    Handler {
        /// The file.
        path: PathBuf,
        /// The handler that the scenario names.
        asked: Option<DescriptorPath>,
        /// The handlers in the pack.
        handlers: Vec<DescriptorPath>,
    },
    /// Recording was not confirmed.
    #[error("recording runs the pack on this machine, and was not confirmed: it requires permission {}", describe_permissions(.permissions))]
    NotConfirmed {
        /// The permissions that the pack requires.
        permissions: Permissions,
    },
    /// The scenario exists already.
    #[error("`{}` already exists", display_path(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The recording does not pass when it is replayed.
    #[error("the recording cannot be saved as a scenario that passes: {reason}")]
    NotWritable {
        /// The difference.
        reason: ForeignText,
    },
}

impl TestError {
    /// Returns a stable name of the error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoPack { .. } | Self::NoScenario { .. } => "not-found",
            Self::Folder { .. } => "io",
            Self::Pack { source, .. } => source.kind(),
            Self::Declaration { source } => source.kind(),
            Self::Invalid { .. }
            | Self::IsPack { .. }
            | Self::Handler { .. }
            | Self::TooMany { .. }
            | Self::LargeFolder { .. } => "invalid-scenario",
            Self::NotConfirmed { .. } => "unauthorized",
            Self::Exists { .. } => "conflict",
            Self::NotWritable { .. } => "not-writable",
        }
    }

    /// Returns whether the operation was refused or could not be carried out.
    pub fn exit_outcome(&self) -> ExitOutcome {
        match self {
            Self::NotConfirmed { .. } | Self::Exists { .. } => ExitOutcome::Refused,
            _ => ExitOutcome::Failed,
        }
    }

    /// Returns the next step for the user, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::NoPack { .. } => "build it with `gtc pack build`, or name a pack file".into(),
            Self::NoScenario { folder } => format!(
                "write one into `{}`, or record this machine with `gtc pack test --record <name>`",
                display_path(&folder.join("<name>.yaml"))
            ),
            Self::IsPack { path } => format!(
                "name it before `--scenario`, as in `gtc pack test {} --scenario <file>`",
                quoted(&path.to_string_lossy())
            ),
            Self::TooMany { .. } => "name some of them with `--scenario`".into(),
            Self::LargeFolder { .. } => {
                "name the pack file, and the scenarios with `--scenario`".into()
            }
            Self::Folder { .. } => "check the path and its permissions".into(),
            Self::Pack { source, .. } => source.hint().into(),
            Self::Declaration { source } => source.hint().unwrap_or_default(),
            Self::Invalid { .. } => {
                "see `docs/testing.md` for the form, and `docs/scenario.schema.json` for all of it"
                    .into()
            }
            Self::Handler { .. } => {
                "name one of them in the scenario, as in `handler: <path>`".into()
            }
            Self::NotConfirmed { .. } => "confirm with `--yes`".into(),
            Self::Exists { .. } => {
                "record it under another name, or overwrite it with `--replace`".into()
            }
            Self::NotWritable { .. } => "write the scenario by hand".into(),
        }
    }
}

fn named(asked: Option<&DescriptorPath>) -> String {
    asked.map_or_else(|| "names no handler".to_owned(), |asked| format!("is for handler `{asked}`"))
}

fn listed(handlers: &[DescriptorPath]) -> String {
    handlers.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}
