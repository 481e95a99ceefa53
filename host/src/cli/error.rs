//! Errors as the command line tells them: a sentence, what caused it, and what to do
//! next.

use std::error::Error;

use env_pack_domain::ForeignText;

use crate::ops::{ExitOutcome, OpError};

/// An argument that does not make sense.
#[derive(Debug)]
pub struct UsageError {
    argument: &'static str,
    reason: String,
    /// Whether the argument is well-formed, and the answer no.
    refused: bool,
}

impl UsageError {
    pub fn argument(argument: &'static str, error: &dyn Error) -> Self {
        Self { argument, reason: sentence(error), refused: false }
    }

    pub fn text(argument: &'static str, reason: impl Into<String>) -> Self {
        Self { argument, reason: reason.into(), refused: false }
    }

    pub fn refused(self) -> Self {
        Self { refused: true, ..self }
    }
}

/// Why a command ended without its result.
#[expect(
    clippy::large_enum_variant,
    reason = "an error is made once, and ends in front of a person"
)]
#[derive(Debug)]
pub enum CliError {
    /// An argument does not make sense.
    Usage(UsageError),
    /// The operation did not do it.
    Op(OpError),
    /// Somebody was asked, and said no.
    Declined,
    /// The arguments, or one of them, are missing or too many.
    Arguments(String),
    /// The program does not know where to put its files.
    NoHome,
    /// A question could not be asked.
    Question {
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<UsageError> for CliError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<OpError> for CliError {
    fn from(error: OpError) -> Self {
        Self::Op(error)
    }
}

impl CliError {
    /// A stable name of the kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_) | Self::Arguments(_) => "invalid-argument",
            Self::Op(error) => error.kind(),
            Self::Declined => "declined",
            Self::NoHome | Self::Question { .. } => "io",
        }
    }

    /// What is wrong, with its causes, in one sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Usage(error) => format!("argument `{}`: {}", error.argument, error.reason),
            Self::Op(error) => sentence(error),
            Self::Arguments(reason) => reason.clone(),
            Self::Declined => "nothing was changed, as you said".to_owned(),
            Self::NoHome => {
                "the home folder is not known, so there is no place for environments and caches"
                    .to_owned()
            }
            Self::Question { source } => format!("the terminal cannot be asked: {source}"),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(error) if error.refused => None,
            Self::Usage(_) | Self::Arguments(_) => {
                Some("see `--help`, or `--schema` for the exact form".to_owned())
            }
            Self::Op(error) => error.hint(),
            Self::Declined => None,
            Self::NoHome => Some("set HOME, or `--store-root` and `--cache-dir`".to_owned()),
            Self::Question { .. } => {
                Some("answer with flags: `--grant declared`, or one for each permission".to_owned())
            }
        }
    }

    /// 1 when the answer is no, 2 when there is none.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Op(error) if error.exit_outcome() == ExitOutcome::Refused => 1,
            Self::Usage(error) if error.refused => 1,
            Self::Declined => 1,
            _ => 2,
        }
    }
}

/// An error and its causes, leaving out a cause that the sentence before it quotes
/// already.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = ForeignText::new(cause.to_string()).to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
