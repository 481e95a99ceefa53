//! Explains the refusals of the domain.

use env_pack_domain::change::Refusal;
use env_pack_domain::messaging::change::EndpointRefusal;
use env_pack_domain::{DuplicateRegistration, ResolveError};

use super::{ExitOutcome, Explanation, OperationError};
use crate::ops::suggested_commands::{endpoint_command, list_command};
use crate::shell::quoted;

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

impl OperationError for EndpointRefusal {
    fn explain(&self) -> Explanation {
        match self {
            Self::NotFound { environment, .. } => Explanation::refused(
                "not-found",
                format!("see the endpoints with `gtc op messaging endpoint list {environment}`"),
            ),
            Self::ProviderTaken { environment, id, .. } => {
                let show = endpoint_command("show", environment, id);
                Explanation::refused(
                    "conflict",
                    format!("see it with `{show}`, or name another instance with `--provider-id`"),
                )
            }
            Self::IdTaken { .. } => Explanation::refused("conflict", "run the command again"),
            Self::BundleNotDeployed { environment, .. } => Explanation::refused(
                "not-found",
                format!(
                    "deploy it first with the tool that manages bundles; `gtc op env show \
                     {environment}` shows what is deployed"
                ),
            ),
            Self::BundleNotLinked { environment, id, bundle } => {
                let link = endpoint_command("link-bundle", environment, id);
                let bundle = quoted(bundle.as_str());
                Explanation::refused(
                    "conflict",
                    format!("link it with `{link} --bundle-id {bundle}`"),
                )
            }
            Self::HasWelcomeFlow { environment, id, .. } => {
                let set = endpoint_command("set-welcome-flow", environment, id);
                Explanation::refused(
                    "conflict",
                    format!("remove it with `{set} --clear`, or set another, and unlink again"),
                )
            }
            Self::OtherEnvironment { environment, .. } => Explanation::refused(
                "conflict",
                format!("name a secret of this environment: `secret://{environment}/<path>`"),
            ),
            Self::OtherGeneration { environment, id, .. } => {
                let show = endpoint_command("show", environment, id);
                Explanation::refused("stale", format!("see it with `{show}`, and decide again"))
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
