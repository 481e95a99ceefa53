//! Scenarios: what a machine is like, and what a handler is to say of it. Text to
//! scenario, scenario and events to verdict.
//!
//! This room knows no files and no WebAssembly: it does not run a handler, it judges what
//! one did.

mod judge;
mod limits;
mod question;
mod short;
mod write;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use env_pack_domain::{DescriptorPath, EnvId, ForeignText, HandlerFault, InstanceId};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use judge::{Asked, Difference, Happened};
pub use limits::Limits;
pub use question::{Address, Command, Question};
pub use short::{Entries, Listed, Parsed, Short};
pub use write::{Recorded, written};

use crate::document::{self, Text};

/// What a handler is to say of a machine that is described. A file holds one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario of an env-pack")]
pub struct Scenario {
    /// What it shows, for people
    #[serde(default)]
    pub about: Option<String>,
    /// The handler, by its descriptor path; needed where a pack has several
    #[serde(default)]
    #[schemars(with = "Option<Text<DescriptorPath>>")]
    pub handler: Option<Parsed<DescriptorPath>>,
    /// What the machine is like; one that has nothing, unless given
    #[serde(default)]
    pub given: Given,
    /// What the preflight is to come to
    pub expect: Expect,
}

/// What a machine is like, and what the operator configured.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// The environment; `local`, unless given
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<Parsed<EnvId>>,
    /// The instance of an extension; the default one, unless given
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<Parsed<InstanceId>>,
    /// The operator's answers; `{}`, unless given
    pub answers: Option<serde_json::Value>,
    /// What programs answer: a command as in a shell, and what comes of it. A program
    /// that is not named is missing.
    pub tools: Entries<Command, Listed<ToolReply>>,
    /// What the network answers: `<host>:<port>`, and what comes of it. A host that is
    /// not named is not found.
    pub network: Entries<Address, Listed<NetworkReply>>,
}

/// What comes of a command.
pub type ToolReply = Short<ToolWord, Ran>;
/// What comes of a connection.
pub type NetworkReply = Short<NetworkWord, Failed>;
/// A check that is expected.
pub type ExpectedCheck = Short<Status, CheckText>;
/// A text that is expected: exactly this, or one that contains something.
pub type ExpectedText = Short<String, Part>;

/// What comes of a command that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ToolWord {
    /// There is no such program
    Missing,
    /// It does not end in time; nobody waits for it here
    TimedOut,
    /// The operator did not grant it
    Denied,
}

/// A program that ran, or could not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ran {
    /// Its exit code; 0, unless given
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub exit_code: i32,
    /// What it prints
    #[serde(skip_serializing_if = "is_default")]
    pub stdout: String,
    /// What it prints as errors
    #[serde(skip_serializing_if = "is_default")]
    pub stderr: String,
    /// Whether some of what it printed was cut off
    #[serde(skip_serializing_if = "is_default")]
    pub truncated: bool,
    /// Why it was not run, if the host did not want to; nothing else may be given then
    #[serde(skip_serializing_if = "is_default")]
    pub denied: Option<String>,
    /// Why it could not be run, or heard; nothing else may be given then
    #[serde(skip_serializing_if = "is_default")]
    pub failed: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What comes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkWord {
    /// It is there
    Open,
    /// Nobody listens
    Refused,
    /// No answer comes in time; nobody waits for it here
    TimedOut,
    /// There is no such host
    NotFound,
    /// The operator did not grant it
    Denied,
}

/// A connection that failed in another way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Failed {
    /// Why the host did not try
    #[serde(skip_serializing_if = "is_default")]
    pub denied: Option<String>,
    /// Why it could not be tried
    #[serde(skip_serializing_if = "is_default")]
    pub failed: Option<String>,
}

/// What the preflight is to come to: its checks, or a fault.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Every check, by its name; none, unless given
    pub checks: Entries<String, ExpectedCheck>,
    /// The kind of fault that it ends with, such as `trapped` or `out-of-time`, instead
    /// of checks
    #[schemars(extend("enum" = FaultKind::or_none()))]
    pub fault: Option<Parsed<FaultKind>>,
    /// Everything that is asked, commands and addresses, in order. Unless given,
    /// everything that `given` names is asked, and nothing else.
    pub asked: Option<Vec<String>>,
}

/// A kind of fault, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultKind(&'static str);

impl FaultKind {
    /// The kind of a fault.
    pub fn of(fault: &HandlerFault) -> Self {
        Self(fault.kind())
    }

    /// What may stand in the place of a kind, as a schema lists it.
    fn or_none() -> Vec<Option<&'static str>> {
        HandlerFault::KINDS.into_iter().map(Some).chain([None]).collect()
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let kinds = HandlerFault::KINDS.join(", ");
            format!("`{}` is no kind of fault, expected one of {kinds}", ForeignText::excerpt(text))
        };
        HandlerFault::KINDS.into_iter().find(|kind| *kind == text).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All is well
    Ok,
    /// What is needed is not there
    Missing,
    /// It is there in the wrong version
    VersionMismatch,
    /// It did not let us in
    AuthFailed,
    /// It does not answer
    Unreachable,
    /// The check could not be made
    ProbeError,
}

/// What a check is to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckText {
    /// What it found
    pub status: Status,
    /// What was observed
    #[serde(default)]
    pub detail: Option<ExpectedText>,
    /// The version found
    #[serde(default)]
    pub found: Option<ExpectedText>,
    /// The versions that would do
    #[serde(default)]
    pub required: Option<ExpectedText>,
    /// How to get it
    #[serde(default)]
    pub install_hint: Option<ExpectedText>,
    /// How to get in, or what to do about it
    #[serde(default)]
    pub recovery_hint: Option<ExpectedText>,
}

/// A part of a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What the text contains
    pub contains: String,
}

/// Why a file is no scenario.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidScenario {
    reason: ForeignText,
}

/// The JSON Schema of a scenario.
pub fn schema() -> Schema {
    document::schema::<Scenario>()
}

/// Reads a scenario out of a document, which is JSON if its path says so, and YAML
/// otherwise.
///
/// # Errors
/// [`InvalidScenario`], which says where in the document.
pub fn read(bytes: &[u8], path: &Path) -> Result<Scenario, InvalidScenario> {
    let invalid = |reason: String| InvalidScenario { reason: ForeignText::sentence(&reason) };
    let scenario: Scenario = document::read(bytes, path).map_err(invalid)?;
    match scenario.contradiction() {
        Some(reason) => Err(invalid(reason)),
        None => Ok(scenario),
    }
}

impl Scenario {
    /// What in it cannot be true at the same time.
    fn contradiction(&self) -> Option<String> {
        let Self { given, expect, .. } = self;
        if expect.fault.is_some() && !expect.checks.0.is_empty() {
            return Some("`expect`: a preflight that ends with a fault has no checks".to_owned());
        }
        let ran = |(command, replies): &(Command, Listed<ToolReply>)| {
            let is_odd =
                |reply: &ToolReply| matches!(reply, Short::Full(ran) if ran.is_contradiction());
            replies.0.iter().any(is_odd).then(|| {
                format!("`given.tools`, `{command}`: what is `denied` or `failed` has no output, and is not both")
            })
        };
        let reached = |(address, replies): &(Address, Listed<NetworkReply>)| {
            let is_odd = |reply: &NetworkReply| matches!(reply, Short::Full(failed) if failed.denied.is_some() == failed.failed.is_some());
            let odd = replies.0.iter().any(is_odd);
            odd.then(|| {
                format!("`given.network`, `{address}`: expected either `denied` or `failed`")
            })
        };
        given.tools.0.iter().find_map(ran).or_else(|| given.network.0.iter().find_map(reached))
    }
}

impl Ran {
    fn is_contradiction(&self) -> bool {
        let alone = Self { denied: self.denied.clone(), ..Self::default() };
        let alone_too = Self { failed: self.failed.clone(), ..Self::default() };
        (self.denied.is_some() || self.failed.is_some()) && *self != alone && *self != alone_too
    }
}

#[cfg(test)]
mod tests;
