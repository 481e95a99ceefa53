//! Explains the errors of environments on disk.

use env_pack_domain::ForeignText;
use gtc_fs::shortage::is_shortage;
use gtc_store::{AnswersError, ChangeError, StoreError};

use super::{BUSY, Explanation, INVALID_ARGUMENT, OperationError, RESOURCES, UNCLEAR, UNFINISHED};
use crate::shell::quoted;

impl OperationError for StoreError {
    fn explain(&self) -> Explanation {
        match self {
            Self::NoEnvironment { environment, .. } => Explanation::refused(
                "not-found",
                format!(
                    "create it with `gtc op env create --env {environment}`, or see `gtc op env list`"
                ),
            ),
            Self::Exists { environment, .. } => Explanation::refused(
                "conflict",
                format!(
                    "see it with `gtc op env show {environment}`, or bind missing defaults with `gtc op env init --env {environment}`"
                ),
            ),
            Self::DiffersInCase { existing, .. } => Explanation::refused(
                "conflict",
                format!("choose another id, or see `gtc op env show {existing}`"),
            ),
            Self::Busy { .. } => {
                Explanation::failed(BUSY, "try again when the other process has finished")
            }
            Self::AlwaysChanging { .. } => {
                Explanation::failed(BUSY, "try again when the other processes have finished")
            }
            Self::MalformedJournal { .. } => Explanation::failed(
                "store",
                "finish the change with the version of `gtc` that began it; or move the file away, \
                 and check the environment, which may have a part of the change",
            ),
            Self::ChangedMeanwhile { journal, .. } => Explanation::failed(
                "store",
                format!(
                    "compare the files with `{}`, which holds the new texts; to keep the files as \
                     they are, remove it",
                    ForeignText::new(journal.to_string_lossy())
                ),
            ),
            Self::LeadsOutside { .. } => Explanation::failed(
                "store",
                "if you trust it, replace the symbolic link by what it leads to, then run the \
                 command again",
            ),
            Self::Malformed { .. } | Self::TooLarge { .. } => Explanation::failed(
                "store",
                "nothing was changed; correct the file, then run the command again",
            ),
            Self::NotAFile { .. } => {
                Explanation::failed("store", "check the path and its permissions")
            }
            Self::Io { source, .. } => {
                Explanation::io(source, "check the path and its permissions")
            }
        }
    }
}

impl OperationError for ChangeError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::KeyReused { .. } => Explanation::refused(
                "conflict",
                "nothing was changed; use another key for each request, and the same one only to \
                 repeat it",
            ),
            Self::Answers(error) => error.explain(),
            Self::OldAnswer { .. } => Explanation::refused(
                "conflict",
                "nothing was changed; see the environment, and use another key for a new request",
            ),
            Self::Moved { environment, .. } => Explanation::refused(
                "stale",
                format!("see what is bound now with `gtc op env show {environment}`"),
            ),
            Self::Unclear { environment, key, .. } => {
                let key = quoted(&key.to_string());
                Explanation::failed(
                    UNCLEAR,
                    format!(
                        "see whether it was made with \
                         `gtc op request show --env {environment} --key {key}`"
                    ),
                )
            }
            Self::KeyTooLong { .. } => {
                Explanation::failed(INVALID_ARGUMENT, "use a shorter key, such as a UUID")
            }
            Self::Unfinished { .. } => Explanation::failed(
                UNFINISHED,
                "do not repeat the command; remove the cause, and the next change of the \
                 environment finishes it",
            ),
        }
    }
}

impl OperationError for AnswersError {
    fn explain(&self) -> Explanation {
        let hint = match self {
            Self::Store(error) => return error.explain(),
            Self::Write { source, .. } => {
                return Explanation::io(source, "check the path and its permissions");
            }
            Self::Read { source, .. } if is_shortage(source) => {
                return Explanation::failed("host-resources", RESOURCES);
            }
            Self::Reserved { .. } => "name a file of its own with `--answers-ref`",
            Self::Escaping(_) | Self::LeadsOutside { .. } => {
                "name a file in the folder of the environment with `--answers-ref`"
            }
            Self::Missing { .. } => {
                "write it with `gtc op answers put --env <env> --kind <path> --file <file>`, or bind without `--answers-ref`"
            }
            Self::Malformed { .. } | Self::TooLarge { .. } => "correct the answers file",
            Self::Read { .. } => "check the permissions of the answers file",
        };
        Explanation::refused("answers-parse", hint)
    }
}
