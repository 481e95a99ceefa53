//! Errors of the command line: a message with its causes, a hint, and an exit code.

use std::error::Error;

use super::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use env_pack_domain::{ForeignText, with_causes};
use gtc_core::{ExitOutcome, OperationError};

/// An invalid argument.
#[derive(Debug)]
pub(crate) struct UsageError {
    argument: &'static str,
    reason: String,
    /// Whether the argument is well-formed but not allowed: exit code 1 instead of 2.
    is_refusal: bool,
}

impl UsageError {
    /// An argument whose value `error` describes.
    pub(crate) fn from_error(argument: &'static str, error: &dyn Error) -> Self {
        Self { argument, reason: with_causes(error), is_refusal: false }
    }

    /// An argument with a reason in plain text.
    pub(crate) fn new(argument: &'static str, reason: impl Into<String>) -> Self {
        Self { argument, reason: reason.into(), is_refusal: false }
    }

    /// Turns the error into a refusal, with exit code 1.
    pub(crate) fn into_refusal(self) -> Self {
        Self { is_refusal: true, ..self }
    }
}

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// An argument is invalid.
    Usage(UsageError),
    /// The operation failed or was refused.
    Operation(Box<dyn OperationError>),
    /// The user declined at a prompt.
    Declined,
    /// The answers file is invalid, or was given together with flags.
    Arguments(String),
    /// The variable `GTC_LOG` is not a filter of log lines.
    LogFilter {
        /// Its value.
        filter: ForeignText,
    },
    /// The home folder is unknown, so the default folders are too.
    NoHome,
    /// A prompt could not be shown or answered.
    Prompt {
        /// The error of the terminal.
        source: std::io::Error,
    },
}

impl From<UsageError> for CliError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl<E: OperationError> From<E> for CliError {
    fn from(error: E) -> Self {
        Self::Operation(error.into())
    }
}

impl CliError {
    /// The stable name of the kind of error, as in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_) | Self::Arguments(_) | Self::LogFilter { .. } => "invalid-argument",
            Self::Operation(error) => error.kind(),
            Self::Declined => "declined",
            Self::NoHome | Self::Prompt { .. } => "io",
        }
    }

    /// The message, with its causes, on one line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Usage(error) => format!("argument `{}`: {}", error.argument, error.reason),
            Self::Operation(error) => with_causes(error.as_ref()),
            Self::Arguments(reason) => reason.clone(),
            Self::Declined => "cancelled; nothing was changed".to_owned(),
            Self::LogFilter { filter } => {
                format!("the variable `GTC_LOG` is not a list of levels and crates: `{filter}`")
            }
            Self::NoHome => {
                "the home folder is unknown, so there is no default folder for environments and the cache"
                    .to_owned()
            }
            Self::Prompt { source } => format!("could not prompt on the terminal: {source}"),
        }
    }

    /// Returns the next step for the user, if there is one.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(error) if error.is_refusal => None,
            Self::Usage(_) | Self::Arguments(_) => {
                Some("see `--help`, or `--schema` for the format of each argument".to_owned())
            }
            Self::Operation(error) => error.hint(),
            Self::Declined => None,
            Self::LogFilter { .. } => {
                Some("set it to a list such as `info,gtc_fetch=debug`".to_owned())
            }
            Self::NoHome => Some("set HOME, or `--store-root` and `--cache-dir`".to_owned()),
            Self::Prompt { .. } => Some(
                "use flags instead of the prompt: `--declared`, `--tool`, `--network` or `--yes`"
                    .to_owned(),
            ),
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Operation(error) => match error.exit_outcome() {
                ExitOutcome::Refused => EXIT_REFUSED,
                ExitOutcome::Failed => EXIT_ERROR,
            },
            Self::Usage(error) if error.is_refusal => EXIT_REFUSED,
            Self::Declined => EXIT_REFUSED,
            Self::Usage(_)
            | Self::Arguments(_)
            | Self::LogFilter { .. }
            | Self::NoHome
            | Self::Prompt { .. } => EXIT_ERROR,
        }
    }
}
