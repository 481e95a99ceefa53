//! Scenarios: descriptions of a machine, and the checks that a handler is expected to
//! return on it. This room parses scenarios, compares them with the actual run of a
//! preflight, and writes recorded ones.
//!
//! It reads no files and runs no WebAssembly: `ops::pack_test` does.

mod compare;
mod host_call;
mod limits;
mod shorthand;
mod yaml;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use env_pack_domain::{DescriptorPath, EnvId, ForeignText, HandlerFault, InstanceId};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use compare::{Actual, ActualCall, Difference};
pub use host_call::{CommandLine, HostCall, HostPort};
pub use limits::ScenarioLimits;
pub use shorthand::{FromText, OneOrMany, Shorthand, UniqueMap};
pub use yaml::{RecordedRun, to_yaml};

use crate::document::{self, Text};

/// A machine, and what the preflight of a handler is expected to return on it. A file
/// holds one scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario of an env-pack")]
pub struct Scenario {
    /// A description for people
    #[serde(default)]
    pub about: Option<String>,
    /// The descriptor path of the handler; required if the pack has several handlers
    #[serde(default)]
    #[schemars(with = "Option<Text<DescriptorPath>>")]
    pub handler: Option<FromText<DescriptorPath>>,
    /// The machine and the configuration; without it, the machine has no programs and no
    /// network
    #[serde(default)]
    pub given: Given,
    /// The expected result of the preflight
    pub expect: Expect,
}

/// The machine, and the operator's configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// The environment; default: `local`
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<FromText<EnvId>>,
    /// The instance of an extension; without it, the default instance
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<FromText<InstanceId>>,
    /// The operator's answers; default: `{}`
    pub answers: Option<serde_json::Value>,
    /// Replies to commands. A key is a command as in a shell; a list of replies is used
    /// in order, the last one repeatedly. Any other program is missing.
    pub tools: UniqueMap<CommandLine, OneOrMany<ToolReply>>,
    /// Replies to connections, by `<host>:<port>`. The name of any other host does not
    /// resolve.
    pub network: UniqueMap<HostPort, OneOrMany<NetworkReply>>,
}

/// The reply to a command: a failure in a word, or its result.
pub type ToolReply = Shorthand<CommandFailure, CommandResult>;
/// The reply to a connection: its status in a word, or another failure.
pub type NetworkReply = Shorthand<ConnectionStatus, ConnectionFailure>;
/// An expected check: its status in a word, or with the expected fields.
pub type ExpectedCheck = Shorthand<CheckStatus, ExpectedFields>;
/// An expected text: the exact text, or a part of it.
pub type ExpectedText = Shorthand<String, Contains>;

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

/// The expected result of the preflight: its checks, or a fault.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Every check, by name; default: no checks
    pub checks: UniqueMap<String, ExpectedCheck>,
    /// The kind of fault that ends the preflight, such as `trapped` or `out-of-time`,
    /// instead of checks
    #[schemars(extend("enum" = FaultKind::schema_values()))]
    pub fault: Option<FromText<FaultKind>>,
    /// Every command and address that the handler asks for, in order. Without it, the
    /// handler must ask for everything that `given` names, and for nothing else.
    pub asked: Option<Vec<String>>,
}

/// The kind of a [`HandlerFault`], by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultKind(&'static str);

impl From<&HandlerFault> for FaultKind {
    fn from(fault: &HandlerFault) -> Self {
        Self(fault.kind())
    }
}

impl FaultKind {
    /// The values that a JSON Schema lists for an optional kind.
    fn schema_values() -> Vec<Option<&'static str>> {
        HandlerFault::KINDS.into_iter().map(Some).chain([None]).collect()
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        HandlerFault::KINDS.into_iter().find(|kind| *kind == text).map(Self).ok_or_else(|| {
            let kinds = HandlerFault::KINDS.join(", ");
            let text = ForeignText::excerpt(text);
            format!("`{text}` is not a kind of fault, expected one of {kinds}")
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The status of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// The requirement is met
    Ok,
    /// The requirement is not installed or not configured
    Missing,
    /// The version is not supported
    VersionMismatch,
    /// The operator is not logged in, or lacks permission
    AuthFailed,
    /// The service does not answer
    Unreachable,
    /// The check could not be made
    ProbeError,
}

/// The expected status and fields of a check. Fields that are not listed may have any
/// value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFields {
    /// The status
    pub status: CheckStatus,
    /// The observation
    #[serde(default)]
    pub detail: Option<ExpectedText>,
    /// The version found
    #[serde(default)]
    pub found: Option<ExpectedText>,
    /// The supported versions
    #[serde(default)]
    pub required: Option<ExpectedText>,
    /// How to install the requirement
    #[serde(default)]
    pub install_hint: Option<ExpectedText>,
    /// How to log in, or to reach the service
    #[serde(default)]
    pub recovery_hint: Option<ExpectedText>,
}

/// A part of a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contains {
    /// The part
    pub contains: String,
}

/// The error of a document that is not a scenario; it names the place in the document.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidScenario {
    reason: ForeignText,
}

impl InvalidScenario {
    fn new(reason: String) -> Self {
        Self { reason: ForeignText::sentence(&reason) }
    }
}

/// The [JSON Schema](https://json-schema.org/draft/2020-12) of a scenario, published as
/// `docs/scenario.schema.json`.
pub fn schema() -> Schema {
    document::schema::<Scenario>()
}

/// Reads a scenario from a document: JSON if its path ends in `.json`, otherwise YAML.
///
/// # Errors
/// [`InvalidScenario`] if the document is not a scenario, or contradicts itself.
pub fn read(bytes: &[u8], path: &Path) -> Result<Scenario, InvalidScenario> {
    let scenario: Scenario = document::parse(bytes, path).map_err(InvalidScenario::new)?;
    match scenario.contradiction() {
        Some(reason) => Err(InvalidScenario::new(reason)),
        None => Ok(scenario),
    }
}

impl Scenario {
    /// The first statement of the scenario that contradicts another one.
    fn contradiction(&self) -> Option<String> {
        let Self { given, expect, .. } = self;
        if expect.fault.is_some() && !expect.checks.0.is_empty() {
            return Some("`expect`: a preflight that ends with a fault has no checks".to_owned());
        }
        for (command, replies) in &given.tools.0 {
            if replies.0.iter().any(ToolReply::is_contradictory) {
                return Some(format!(
                    "`given.tools`, `{command}`: what is `denied` or `failed` has no output, \
                     and is not both"
                ));
            }
        }
        for (address, replies) in &given.network.0 {
            if replies.0.iter().any(NetworkReply::is_contradictory) {
                return Some(format!(
                    "`given.network`, `{address}`: expected either `denied` or `failed`"
                ));
            }
        }
        None
    }
}

impl ToolReply {
    fn is_contradictory(&self) -> bool {
        let Self::Full(result) = self else { return false };
        let only_denied = CommandResult { denied: result.denied.clone(), ..Default::default() };
        let only_failed = CommandResult { failed: result.failed.clone(), ..Default::default() };
        (result.denied.is_some() || result.failed.is_some())
            && *result != only_denied
            && *result != only_failed
    }
}

impl NetworkReply {
    fn is_contradictory(&self) -> bool {
        matches!(self, Self::Full(failure) if failure.denied.is_some() == failure.failed.is_some())
    }
}

#[cfg(test)]
mod tests;
