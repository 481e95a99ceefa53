//! The report of a preflight: checks with their outcomes, and probes.

use serde::{Deserialize, Serialize};

use crate::ForeignText;

/// The result of a preflight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// The checks that the handler reports.
    pub checks: Vec<ToolCheck>,
    /// The programs and connections that it requested, in order.
    pub probes: Vec<Probe>,
}

/// A request of a preflight to run a program or to open a connection, granted or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The command or the address.
    pub asked: ForeignText,
    /// Path of the executable, if the program ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<ForeignText>,
    /// The result in words.
    pub outcome: ForeignText,
}

/// A check of the operator's machine, made by a handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCheck {
    /// A short name, unique within one preflight.
    pub name: ForeignText,
    /// The checked condition, for people.
    pub description: ForeignText,
    /// The result of the check.
    pub outcome: CheckOutcome,
}

/// The outcome of a check. It is serialised with the tag `status`, as the existing tools
/// expect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CheckOutcome {
    /// The check passed.
    Ok {
        /// A detail such as the version.
        detail: Option<ForeignText>,
    },
    /// A requirement is missing.
    Missing {
        /// Instructions for installing it.
        install_hint: ForeignText,
    },
    /// A requirement has an unsuitable version.
    VersionMismatch {
        /// The installed version.
        found: ForeignText,
        /// The suitable versions.
        required: ForeignText,
        /// Instructions for installing one.
        install_hint: ForeignText,
    },
    /// A service refused the credentials.
    AuthFailed {
        /// The observed error.
        detail: ForeignText,
        /// Instructions for getting access.
        recovery_hint: ForeignText,
    },
    /// A service does not respond.
    Unreachable {
        /// The observed error.
        detail: ForeignText,
        /// Instructions for fixing it.
        recovery_hint: ForeignText,
    },
    /// The check could not be made.
    ProbeError {
        /// The error.
        detail: ForeignText,
    },
}

impl CheckOutcome {
    /// Returns true if the check passed.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_a_passed_check() {
        assert!(CheckOutcome::Ok { detail: None }.passed());
        assert!(!CheckOutcome::ProbeError { detail: ForeignText::new("no answer") }.passed());
    }
}
