//! What can go wrong with environments on disk.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, EnvId, EscapingAnswersRef, ForeignText};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such environment.
    #[error("there is no environment `{environment}` in `{}`", display_path(.root))]
    NoEnvironment {
        /// The environment.
        environment: EnvId,
        /// The folder of environments.
        root: PathBuf,
    },
    /// There is one already.
    #[error("environment `{environment}` already exists in `{}`", display_path(.root))]
    Exists {
        /// The environment.
        environment: EnvId,
        /// The folder of environments.
        root: PathBuf,
    },
    /// Somebody else is changing it.
    #[error("environment `{environment}` is being changed by another process: `{}` is locked", display_path(.lock))]
    Busy {
        /// The environment.
        environment: EnvId,
        /// The lock file.
        lock: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("`{}` is not well-formed at {place}: {reason}", display_path(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in the file: a field, or a line and column.
        place: String,
        /// What is wrong there.
        reason: ForeignText,
    },
    /// There is something else in the place of a file.
    #[error("`{}` is no regular file", display_path(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file is larger than anything we write.
    #[error("`{}` has more than {limit} bytes", display_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The system did not let us.
    #[error("cannot {what} `{}`", display_path(.path))]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    pub(super) fn io<'a>(
        what: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    /// A file that is no JSON, or not the JSON it should be.
    pub(super) fn malformed_json(path: &Path, error: &serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        Self::malformed(path, place, Self::reason(error))
    }

    /// A file that does not hold what it should, in this place.
    pub(super) fn malformed(
        path: &Path,
        place: impl Into<String>,
        reason: impl AsRef<str>,
    ) -> Self {
        let reason = ForeignText::sentence(reason.as_ref());
        Self::Malformed { path: path.to_owned(), place: place.into(), reason }
    }

    /// What is wrong, without the place: that stands in front already, and in a part of a
    /// file it would be a wrong one.
    pub(super) fn reason(error: &serde_json::Error) -> String {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        text.strip_suffix(&place).unwrap_or(&text).to_owned()
    }
}

/// Why the answers of a binding cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswersError {
    /// The reference leads out of the environment's folder.
    #[error(transparent)]
    Escaping(#[from] EscapingAnswersRef),
    /// The file lies outside after all, through a symbolic link.
    #[error("answers_ref `{}` leads out of the environment's folder", shown_ref(.answers_ref))]
    LeadsOutside {
        /// The reference.
        answers_ref: AnswersRef,
    },
    /// The file is not there, or no regular file.
    #[error("there is no answers file `{}`", display_path(.path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else than JSON.
    #[error("answers file `{}` is no JSON document: {reason}", display_path(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: ForeignText,
    },
    /// The file is larger than answers ever are.
    #[error("answers file `{}` has more than {limit} bytes", display_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The system did not let us read it.
    #[error("answers file `{}` cannot be read", display_path(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
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
