//! Replies of a machine to the commands and connections of a handler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shorthand::Shorthand;

/// The reply to a command: a failure in a word, or its result.
pub type ToolReply = Shorthand<CommandFailure, CommandResult>;
/// The reply to a connection: its status in a word, or another failure.
pub type NetworkReply = Shorthand<ConnectionStatus, ConnectionFailure>;

/// A failure to run a command that needs no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommandFailure {
    /// The program is not installed
    Missing,
    /// The program exceeds its deadline; `pack test` does not wait for it
    TimedOut,
    /// The operator did not grant the command
    Denied,
}

/// The result of a command, or the reason that it did not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CommandResult {
    /// The exit code; default: 0
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub exit_code: i32,
    /// The standard output
    #[serde(skip_serializing_if = "is_default")]
    pub stdout: String,
    /// The standard error
    #[serde(skip_serializing_if = "is_default")]
    pub stderr: String,
    /// Whether the host cut off the output
    #[serde(skip_serializing_if = "is_default")]
    pub truncated: bool,
    /// The reason that the host refused to run the command; excludes all other fields
    #[serde(skip_serializing_if = "is_default")]
    pub denied: Option<String>,
    /// The reason that the command could not be run, or its output could not be read;
    /// excludes all other fields
    #[serde(skip_serializing_if = "is_default")]
    pub failed: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The status of a connection that needs no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionStatus {
    /// The connection is established
    Open,
    /// Nothing listens at the address
    Refused,
    /// The address exceeds its deadline; `pack test` does not wait for it
    TimedOut,
    /// The name of the host does not resolve
    NotFound,
    /// The operator did not grant the address
    Denied,
}

/// A connection that failed for another reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionFailure {
    /// The reason that the host refused to connect
    #[serde(skip_serializing_if = "is_default")]
    pub denied: Option<String>,
    /// The reason that the connection failed
    #[serde(skip_serializing_if = "is_default")]
    pub failed: Option<String>,
}

impl ToolReply {
    pub(super) fn is_contradictory(&self) -> bool {
        let Self::Full(result) = self else { return false };
        let only_denied = CommandResult { denied: result.denied.clone(), ..Default::default() };
        let only_failed = CommandResult { failed: result.failed.clone(), ..Default::default() };
        (result.denied.is_some() || result.failed.is_some())
            && *result != only_denied
            && *result != only_failed
    }
}

impl NetworkReply {
    pub(super) fn is_contradictory(&self) -> bool {
        matches!(self, Self::Full(failure) if failure.denied.is_some() == failure.failed.is_some())
    }
}
