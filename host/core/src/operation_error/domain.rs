//! Explains the refusals of the domain.

use env_pack_domain::change::Refusal;
use env_pack_domain::{DuplicateRegistration, ResolveError};

use super::{ExitOutcome, Explanation, OperationError};
use crate::ops::suggested_commands::list_command;

impl OperationError for Refusal {
    fn explain(&self) -> Explanation {
        match self {
            Self::NotBound { environment, .. } | Self::NothingToUpdate { environment, .. } => {
                Explanation::refused(
                    "not-found",
                    format!(
                        "see what is bound with `gtc op env-packs list {environment}` and `gtc op extensions list {environment}`"
                    ),
                )
            }
            Self::OtherGeneration { environment, key, .. } => {
                let list = list_command(environment, key);
                Explanation::refused(
                    "stale",
                    format!("see what is bound with `{list}`, and decide again"),
                )
            }
            Self::UnreadablePrevious { .. } => {
                Explanation::refused("conflict", "bind the pack you want with `update`")
            }
            // the message itself names the command, or there is no next step
            Self::AlreadyBound { .. } | Self::NothingToRollBack { .. } => {
                Explanation { kind: "conflict", exit_outcome: ExitOutcome::Refused, hint: None }
            }
        }
    }
}

impl OperationError for ResolveError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Unknown { .. } => {
                Explanation::refused("unknown-kind", "register a pack that provides it")
            }
            Self::SlotMismatch { actual, .. } => {
                Explanation::refused("slot-mismatch", format!("bind it to slot `{actual}`"))
            }
            Self::VersionUnsupported { supported, .. } => Explanation::refused(
                "version-skew",
                format!("ask for a version that matches `{supported}` with `--kind`"),
            ),
        }
    }
}

impl OperationError for DuplicateRegistration {
    fn explain(&self) -> Explanation {
        Explanation::refused("conflict", "use a pack with another descriptor path")
    }
}
