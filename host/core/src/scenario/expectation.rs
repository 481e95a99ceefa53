//! The result that a scenario expects of the preflight.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault_kind::FaultKind;
use super::shorthand::{FromText, Shorthand, UniqueMap};

/// An expected check: its status in a word, or with the expected fields.
pub type ExpectedCheck = Shorthand<CheckStatus, ExpectedFields>;
/// An expected text: the exact text, or a part of it.
pub type ExpectedText = Shorthand<String, Contains>;

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
