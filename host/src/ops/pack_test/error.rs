//! Why scenarios were not run, or not recorded.

use std::path::PathBuf;

use env_pack_domain::{DescriptorPath, ForeignText, Permissions};

use crate::ops::error::{describe_permissions, display_path};
use crate::ops::{ExitOutcome, OpError, PackError, quoted};
use crate::scenario::InvalidScenario;

/// Why a test came to no verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// A folder holds no pack.
    #[error("folder `{}` holds no `.gtpack` file", display_path(.folder))]
    NoPack {
        /// The folder.
        folder: PathBuf,
    },
    /// There is nothing to run.
    #[error("there is no scenario in `{}`", display_path(.folder))]
    NoScenario {
        /// The folder that scenarios are in, unless others are named.
        folder: PathBuf,
    },
    /// There are more scenarios than anybody waits for.
    #[error("there are {found} scenarios, more than {limit}")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A folder cannot be read.
    #[error("folder `{}` cannot be read", display_path(.folder))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The pack cannot be tested.
    #[error("pack `{}` cannot be tested: {source}", display_path(.path))]
    Pack {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PackError,
    },
    /// A component declares nonsense of itself.
    #[error(transparent)]
    Declaration {
        /// Why.
        source: Box<OpError>,
    },
    /// A pack stands where a scenario is expected.
    #[error("`{}` is a pack or a component, where a scenario is expected", display_path(.path))]
    IsPack {
        /// The file.
        path: PathBuf,
    },
    /// A file is no scenario.
    #[error("`{}` is no scenario: {source}", display_path(.path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidScenario,
    },
    /// Nobody knows which handler a scenario is for.
    #[error("scenario `{}` {}; the pack has {}", display_path(.path), named(.asked.as_ref()), listed(.handlers))]
    Handler {
        /// The file.
        path: PathBuf,
        /// The handler that it names.
        asked: Option<DescriptorPath>,
        /// Those that there are.
        handlers: Vec<DescriptorPath>,
    },
    /// Nobody said that the machine may be asked.
    #[error("recording runs the pack on this machine, and nobody said yes to it: it wants {}", describe_permissions(.permissions))]
    NotConfirmed {
        /// What it would do.
        permissions: Permissions,
    },
    /// What was recorded would take the place of something else.
    #[error("`{}` is there already", display_path(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// What was recorded cannot be written so that it can be read again.
    #[error("what was recorded cannot be written down so that it means the same: {reason}")]
    NotWritable {
        /// What is different.
        reason: ForeignText,
    },
}

impl TestError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoPack { .. } | Self::NoScenario { .. } => "not-found",
            Self::Folder { .. } => "io",
            Self::Pack { source, .. } => source.kind(),
            Self::Declaration { source } => source.kind(),
            Self::Invalid { .. }
            | Self::IsPack { .. }
            | Self::Handler { .. }
            | Self::TooMany { .. } => "invalid-scenario",
            Self::NotConfirmed { .. } => "unauthorized",
            Self::Exists { .. } => "conflict",
            Self::NotWritable { .. } => "not-writable",
        }
    }

    /// Whether the answer is no, or there is no answer.
    pub fn exit_outcome(&self) -> ExitOutcome {
        match self {
            Self::NotConfirmed { .. } | Self::Exists { .. } => ExitOutcome::Refused,
            _ => ExitOutcome::Failed,
        }
    }

    /// What to do next, as one sentence.
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
            Self::NotConfirmed { .. } => "say yes with `--yes`".into(),
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
