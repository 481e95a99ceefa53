//! Errors of stored environments.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, EnvId, EscapingAnswersRef, ForeignText};
use gtc_fs::read::ReadError;

use super::request::{MAX_KEY_BYTES, RequestKey};

/// An environment could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The environment does not exist.
    #[error("there is no environment `{environment}` in `{}`", display_path(.root))]
    NoEnvironment {
        /// The environment.
        environment: EnvId,
        /// The folder of environments.
        root: PathBuf,
    },
    /// The environment already exists.
    #[error("environment `{environment}` already exists in `{}`", display_path(.root))]
    Exists {
        /// The environment.
        environment: EnvId,
        /// The folder of environments.
        root: PathBuf,
    },
    /// Another environment has the same id in other letters, such as `Prod` and `prod`. Some file
    /// systems take both for one folder.
    #[error(
        "environment `{environment}` would differ from environment `{existing}` only in upper and \
         lower case, and some file systems take both for one folder"
    )]
    DiffersInCase {
        /// The new environment.
        environment: EnvId,
        /// The environment that exists.
        existing: EnvId,
    },
    /// Another process kept the environment locked for too long.
    #[error(
        "environment `{environment}` is being changed by {}: `{}` is locked",
        holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string),
        display_path(.lock)
    )]
    Busy {
        /// The environment.
        environment: EnvId,
        /// The lock file.
        lock: PathBuf,
        /// The process that holds the lock, as its file says.
        holder: Option<ForeignText>,
    },
    /// The journal of an interrupted change is damaged, or of another version of this program.
    #[error("the journal of a change, `{}`, cannot be read: {reason}", display_path(.path))]
    MalformedJournal {
        /// The journal.
        path: PathBuf,
        /// The fault.
        reason: ForeignText,
    },
    /// A change was interrupted, and something else changed a file of it since.
    #[error(
        "an interrupted change of `{}` cannot be finished: something else changed the file since",
        display_path(.path)
    )]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
        /// The journal of the interrupted change.
        journal: PathBuf,
    },
    /// Other processes changed the environment the whole time while it was read.
    #[error("`{}` changed the whole time while it was read", display_path(.path))]
    AlwaysChanging {
        /// The folder of the environment.
        path: PathBuf,
    },
    /// A stored path leads out of the environment.
    #[error("`{}` leads out of the environment's folder", display_path(.path))]
    LeadsOutside {
        /// The path.
        path: PathBuf,
    },
    /// A file is not well-formed.
    #[error("`{}` is not well-formed at {place}: {reason}", display_path(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// A field, or a line and column.
        place: String,
        /// Why it is not well-formed.
        reason: ForeignText,
    },
    /// The path leads to a folder, a device or another special file.
    #[error("`{}` is not a regular file", display_path(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file is larger than any file that this program writes.
    #[error("`{}` has more than {limit} bytes", display_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size limit, in bytes.
        limit: u64,
    },
    /// A system call failed.
    #[error("cannot {what} `{}`", display_path(.path))]
    Io {
        /// The attempted action, a verb such as `read`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error that the system reported.
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    pub(crate) fn io<'a>(
        what: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    /// Returns whether this user may not read a file.
    pub(crate) fn is_denied(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        source.kind() == io::ErrorKind::PermissionDenied
    }

    /// Returns the error for a file that cannot be read.
    pub(crate) fn read(path: &Path, error: ReadError) -> Self {
        let path = path.to_owned();
        match error {
            ReadError::NotFound => {
                Self::Io { what: "read", path, source: io::ErrorKind::NotFound.into() }
            }
            ReadError::NotAFile(_) => Self::NotAFile { path },
            ReadError::TooLarge { limit } => Self::TooLarge { path, limit },
            ReadError::Io(source) => Self::Io { what: "read", path, source },
        }
    }

    /// Returns the error for a file that is not JSON, or not of the expected form.
    pub(crate) fn malformed_json(path: &Path, error: &serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        Self::malformed(path, place, Self::reason(error))
    }

    /// Returns the error for a file that is not well-formed at `place`.
    pub(crate) fn malformed(
        path: &Path,
        place: impl Into<String>,
        reason: impl AsRef<str>,
    ) -> Self {
        let reason = ForeignText::sentence(reason.as_ref());
        Self::Malformed { path: path.to_owned(), place: place.into(), reason }
    }

    /// Returns the message of a JSON error without its line and column: [`Self::Malformed`]
    /// names the place, and a position inside a part of a file would be misleading.
    pub(crate) fn reason(error: &serde_json::Error) -> String {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        text.strip_suffix(&place).unwrap_or(&text).to_owned()
    }
}

/// An environment could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The change was not saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The idempotency key was used for another request.
    #[error("idempotency key `{key}` was already used for another request at {at}: {request}")]
    KeyReused {
        /// The key.
        key: ForeignText,
        /// When the other request was made.
        at: ForeignText,
        /// The other request: noun, verb and target.
        request: ForeignText,
    },
    /// The request was made before, by a version of this program that answered it differently.
    #[error("the request with key `{key}` was made, but its answer cannot be shown: {reason}")]
    OldAnswer {
        /// The key.
        key: ForeignText,
        /// The fault of the answer.
        reason: ForeignText,
    },
    /// The answers of the change cannot be written.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// The idempotency key is too long.
    #[error("the idempotency key has {length} bytes, more than {MAX_KEY_BYTES}")]
    KeyTooLong {
        /// The length of the key, in bytes.
        length: usize,
    },
    /// The environment has another revision than the caller expected.
    #[error("environment `{environment}` has revision {found}, not {expected}")]
    Moved {
        /// The environment.
        environment: EnvId,
        /// The expected revision.
        expected: u64,
        /// The revision that it has.
        found: u64,
    },
    /// The change is made unless the power fails now: the system could not flush it to disk.
    #[error("it is not clear whether the change of environment `{environment}` was made")]
    Unclear {
        /// The environment.
        environment: EnvId,
        /// The key of the request.
        key: RequestKey,
        /// The cause.
        source: StoreError,
    },
    /// The change is made, and readers see it, but a file of it could not be written yet.
    #[error("the change of environment `{environment}` was made, but is not finished")]
    Unfinished {
        /// The environment.
        environment: EnvId,
        /// The key of the request.
        key: RequestKey,
        /// The cause.
        source: StoreError,
    },
}

/// The answers of a binding could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// The reference is not a path inside the environment's folder.
    #[error(transparent)]
    Escaping(#[from] EscapingAnswersRef),
    /// A symbolic link leads out of the environment's folder.
    #[error("answers_ref `{}` leads out of the environment's folder", shown_ref(.answers_ref))]
    LeadsOutside {
        /// The reference.
        answers_ref: AnswersRef,
    },
    /// The environment cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file does not exist, or is not a regular file.
    #[error("there is no answers file `{}`", display_path(.path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a JSON document.
    #[error("answers file `{}` is not a JSON document: {reason}", display_path(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The parser's message.
        reason: ForeignText,
    },
    /// The file exceeds the size limit.
    #[error("answers file `{}` has more than {limit} bytes", display_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size limit, in bytes.
        limit: u64,
    },
    /// The reference names a file that is not for answers, such as `environment.json`.
    #[error(
        "answers_ref `{}` names a file that other parts of the environment use",
        shown_ref(.answers_ref)
    )]
    Reserved {
        /// The reference.
        answers_ref: AnswersRef,
    },
    /// The file could not be written.
    #[error("cannot write answers file `{}`", display_path(.path))]
    Write {
        /// The file.
        path: PathBuf,
        /// The error that the system reported.
        #[source]
        source: io::Error,
    },
    /// A system call failed.
    #[error("cannot read answers file `{}`", display_path(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error that the system reported.
        #[source]
        source: io::Error,
    },
}

fn display_path(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

fn shown_ref(answers_ref: &AnswersRef) -> ForeignText {
    ForeignText::excerpt(answers_ref.as_str())
}
