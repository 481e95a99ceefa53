//! The errors of operations: their name for programs, their exit code and their hint.
//!
//! Each operation has an error type of its own, next to the operation, and wraps the errors
//! of the crates below. All of them implement [`OperationError`], so that a caller can treat
//! them alike. The files of this folder implement it for the errors of other crates.

mod archive;
mod domain;
mod engine;
mod fetch;
mod signing;
mod store;

use std::error::Error;
use std::io;

use gtc_fs::shortage::{is_file_size_limit, is_shortage};

/// The hint when this machine lacks memory, processes or file descriptors.
const RESOURCES: &str = "free memory, processes or open files, or raise the limits that \
    `ulimit -a` shows, or those of the container";
/// The hint when a file would exceed the size that this process may write.
const FILE_SIZE: &str = "raise the limit on the size of files, which `ulimit -f` shows";
/// The kind of a command that other processes kept waiting for too long.
pub(crate) const BUSY: &str = "busy";
/// The kind of a request whose arguments cannot be meant.
pub(crate) const INVALID_ARGUMENT: &str = "invalid-argument";
/// The kind of a change that may have been made.
pub(crate) const UNCLEAR: &str = "unclear";
/// The kind of a change that was made, and is not finished.
pub(crate) const UNFINISHED: &str = "unfinished";

/// Whether a failed operation was refused, or could not be carried out. The exit codes
/// differ.
///
/// An operation is refused if the input or a policy forbids it. It failed if this machine, the
/// network or a file prevented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitOutcome {
    /// The operation was refused: exit code 1.
    Refused,
    /// The operation could not be carried out: exit code 2.
    Failed,
}

/// The facts about an error that are not in its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// A stable name of the error for programs. It is the existing tools' name where they
    /// have one.
    pub kind: &'static str,
    /// Whether the operation was refused or could not be carried out.
    pub exit_outcome: ExitOutcome,
    /// The next step for the user, as one sentence; none if there is no such step, or the
    /// message itself names it.
    pub hint: Option<String>,
}

impl Explanation {
    /// An operation that was refused.
    pub(crate) fn refused(kind: &'static str, hint: impl Into<String>) -> Self {
        Self { kind, exit_outcome: ExitOutcome::Refused, hint: Some(hint.into()) }
    }

    /// An operation that could not be carried out.
    pub(crate) fn failed(kind: &'static str, hint: impl Into<String>) -> Self {
        Self { kind, exit_outcome: ExitOutcome::Failed, hint: Some(hint.into()) }
    }

    /// A file or a program that the system refused. The hint is about the file or the program; a
    /// lack of memory or file descriptors says nothing about it.
    pub(crate) fn io(error: &io::Error, hint: &str) -> Self {
        if is_shortage(error) {
            Self::failed("host-resources", resources_hint(error))
        } else {
            Self::failed("io", hint)
        }
    }
}

/// The hint for an error that is a shortage.
fn resources_hint(error: &io::Error) -> &'static str {
    if is_file_size_limit(error) { FILE_SIZE } else { RESOURCES }
}

/// An error of an operation.
///
/// [`Display`](std::fmt::Display) prints the error without its causes;
/// [`env_pack_domain::with_causes`] prints both.
///
/// ```
/// use gtc_core::{ExitOutcome, OperationError};
///
/// fn report(error: &dyn OperationError) {
///     eprintln!("error: {}", env_pack_domain::with_causes(error));
///     if let Some(hint) = error.hint() {
///         eprintln!("next: {hint}");
///     }
///     std::process::exit(match error.exit_outcome() {
///         ExitOutcome::Refused => 1,
///         ExitOutcome::Failed => 2,
///     });
/// }
/// ```
pub trait OperationError: Error + Send + Sync + 'static {
    /// Returns kind, exit outcome and hint. An implementation names every variant, so that a
    /// new variant does not compile until its exit code is decided.
    fn explain(&self) -> Explanation;

    /// Returns the stable name of the error, for programs.
    fn kind(&self) -> &'static str {
        self.explain().kind
    }

    /// Returns whether the operation was refused or could not be carried out.
    fn exit_outcome(&self) -> ExitOutcome {
        self.explain().exit_outcome
    }

    /// Returns the next step for the user, as one sentence.
    fn hint(&self) -> Option<String> {
        self.explain().hint
    }
}

impl<E: OperationError> From<E> for Box<dyn OperationError> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}
