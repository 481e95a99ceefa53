//! What a preflight reports: checks and their outcomes.

use serde::{Deserialize, Serialize};

use crate::ForeignText;

/// What came of a preflight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// What was found.
    pub checks: Vec<ToolCheck>,
    /// What the handler asked of the host for it, in its order.
    pub probes: Vec<Probe>,
}

/// A program that a preflight ran, or a connection that it opened, or wanted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The command, or the address.
    pub asked: ForeignText,
    /// The file that ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<ForeignText>,
    /// What came of it.
    pub outcome: ForeignText,
}

/// One check that a handler made of the operator's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCheck {
    /// A short name, unique within one preflight.
    pub name: ForeignText,
    /// What was checked.
    pub description: ForeignText,
    /// What was found.
    pub outcome: CheckOutcome,
}

/// What a check found; serialised with the tag `status`, as the tools of the ecosystem
/// read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CheckOutcome {
    /// All is well.
    Ok {
        /// What was found, for example a version.
        detail: Option<ForeignText>,
    },
    /// What the handler needs is not there.
    Missing {
        /// How to get it.
        install_hint: ForeignText,
    },
    /// It is there in the wrong version.
    VersionMismatch {
        /// The version found.
        found: ForeignText,
        /// The versions that would do.
        required: ForeignText,
        /// How to get one.
        install_hint: ForeignText,
    },
    /// It is there and did not let us in.
    AuthFailed {
        /// What was observed.
        detail: ForeignText,
        /// How to get in.
        recovery_hint: ForeignText,
    },
    /// It does not answer.
    Unreachable {
        /// What was observed.
        detail: ForeignText,
        /// What to do about it.
        recovery_hint: ForeignText,
    },
    /// The check could not be made, so nothing is known.
    ProbeError {
        /// What went wrong.
        detail: ForeignText,
    },
}

impl CheckOutcome {
    /// Whether the check passed.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }
}
