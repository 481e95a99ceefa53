//! Errors of running and recording scenarios.

use std::io;
use std::path::PathBuf;

use env_pack_domain::{DescriptorPath, ForeignText, Permissions};

use crate::operation_error::{ExitOutcome, Explanation, OperationError};
use crate::ops::build::ComponentError;
use crate::ops::input_file::InputError;
use crate::ops::output_file::OutputError;
use crate::ops::pack_error::PackError;
use crate::ops::phrases::{describe_permissions, display_path, list_paths};
use crate::scenario::InvalidScenario;
use crate::shell::quoted;

/// Scenarios could not be run. A pack that cannot be tested is never a failed test, so the
/// exit outcome is always [`ExitOutcome::Failed`].
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The pack could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A folder contains no pack.
    #[error("folder `{}` contains no `.gtpack` file", display_path(.folder))]
    NoPack {
        /// The folder.
        folder: PathBuf,
    },
    /// The pack does not load.
    #[error("cannot test pack `{}`", display_path(.path))]
    Pack {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PackError,
    },
    /// The embedded permissions of a component are not well-formed.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// A scenario could not be read.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

impl OperationError for TestError {
    fn explain(&self) -> Explanation {
        let explained = match self {
            Self::Input(error) => error.explain(),
            Self::NoPack { .. } => Explanation::failed(
                "not-found",
                "build it with `gtc pack build`, or name a pack file",
            ),
            Self::Pack { source, .. } => source.explain(),
            Self::Component(error) => error.explain(),
            Self::Scenario(error) => error.explain(),
        };
        Explanation { exit_outcome: ExitOutcome::Failed, ..explained }
    }
}

/// A scenario could not be found or read, or does not fit its pack.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
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
    /// A folder of scenarios or packs could not be read.
    #[error("cannot read folder `{}`", display_path(.folder))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error that the system reported.
        source: io::Error,
    },
    /// A folder has too many entries to search.
    #[error("folder `{}` has more than {limit} entries", display_path(.folder))]
    LargeFolder {
        /// The folder.
        folder: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// A pack was given in place of a scenario.
    #[error("`{}` is a pack or a component, but a scenario is expected", display_path(.path))]
    IsPack {
        /// The file.
        path: PathBuf,
    },
    /// A file is not a scenario.
    #[error("`{}` is not a scenario", display_path(.path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: InvalidScenario,
    },
    /// The handler of a scenario could not be determined.
    #[error("scenario `{}` {}; the pack has {}", display_path(.path), named(.asked.as_ref()), list_paths(.handlers))]
    Handler {
        /// The file.
        path: PathBuf,
        /// The handler that the scenario names.
        asked: Option<DescriptorPath>,
        /// The handlers in the pack.
        handlers: Vec<DescriptorPath>,
    },
}

impl OperationError for ScenarioError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Input(error) => error.explain(),
            Self::NoScenario { folder } => Explanation::failed(
                "not-found",
                format!(
                    "write one into `{}`, or record this machine with `gtc pack test --record <name>`",
                    display_path(&folder.join("<name>.yaml"))
                ),
            ),
            Self::TooMany { .. } => {
                Explanation::failed("invalid-scenario", "name some of them with `--scenario`")
            }
            Self::Folder { source, .. } => {
                Explanation::io(source, "check the path and its permissions")
            }
            Self::LargeFolder { .. } => Explanation::failed(
                "invalid-scenario",
                "name the pack file, and the scenarios with `--scenario`",
            ),
            Self::IsPack { path } => Explanation::failed(
                "invalid-scenario",
                format!(
                    "name it before `--scenario`, as in `gtc pack test {} --scenario <file>`",
                    quoted(&path.to_string_lossy())
                ),
            ),
            Self::Invalid { .. } => Explanation::failed(
                "invalid-scenario",
                "see `docs/testing.md` for the form, and `docs/scenario.schema.json` for all of it",
            ),
            Self::Handler { .. } => Explanation::failed(
                "invalid-scenario",
                "name one of them in the scenario, as in `handler: <path>`",
            ),
        }
    }
}

/// A scenario was not recorded.
#[expect(clippy::large_enum_variant, reason = "created once, right before it is reported")]
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The pack or the scenario to copy from could not be read.
    #[error(transparent)]
    Test(#[from] TestError),
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
    /// The scenario was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for RecordError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Test(error) => error.explain(),
            Self::NotConfirmed { .. } => {
                Explanation::refused("unauthorized", "confirm with `--yes`")
            }
            Self::Exists { .. } => Explanation::refused(
                "conflict",
                "record it under another name, or overwrite it with `--replace`",
            ),
            Self::NotWritable { .. } => {
                Explanation::failed("not-writable", "write the scenario by hand")
            }
            Self::Output(error) => error.explain(),
        }
    }
}

impl From<ScenarioError> for RecordError {
    fn from(error: ScenarioError) -> Self {
        Self::Test(error.into())
    }
}

fn named(asked: Option<&DescriptorPath>) -> String {
    asked.map_or_else(|| "names no handler".to_owned(), |asked| format!("is for handler `{asked}`"))
}
