//! Explains the errors of environments on disk.

use gtc_fs::shortage::is_shortage;
use gtc_store::{AnswersError, ChangeError, StoreError};

use super::{Explanation, NOT_AUDITED, OperationError, RESOURCES};

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
            Self::Busy { .. } => {
                Explanation::failed("store", "try again when the other process has finished")
            }
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
            Self::NotAudited { .. } => Explanation::failed(
                NOT_AUDITED,
                "do not repeat the command; repair the audit log and record the change there",
            ),
        }
    }
}

impl OperationError for AnswersError {
    fn explain(&self) -> Explanation {
        let hint = match self {
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
