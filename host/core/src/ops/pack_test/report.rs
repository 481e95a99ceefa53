//! The reports of scenarios that ran or were recorded.

use env_pack_domain::{DescriptorPath, ForeignText, ToolCheck};
use serde::Serialize;

use crate::ops::file_path::FilePath;
use crate::ops::tool_check::PreflightFault;
use crate::scenario::{Actual, Difference};

/// The result of running or recording scenarios.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum TestReport {
    /// Scenarios were run.
    Tested(Tested),
    /// A scenario was recorded.
    Recorded(Recorded),
}

/// The result of running scenarios.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// The pack.
    pub path: FilePath,
    /// The SHA-256 digest of the pack.
    pub sha256: String,
    /// The number of scenarios that passed.
    pub passed: usize,
    /// The number of scenarios that failed.
    pub failed: usize,
    /// The result of each scenario.
    pub scenarios: Vec<ScenarioReport>,
}

/// The result of a scenario.
#[derive(Debug, Serialize)]
pub struct ScenarioReport {
    /// The name of the scenario.
    pub name: ForeignText,
    /// The description of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ForeignText>,
    /// The file of the scenario.
    pub path: FilePath,
    /// The descriptor path of the handler.
    pub handler: DescriptorPath,
    /// Whether everything was as expected.
    pub passed: bool,
    /// The differences from what was expected.
    pub differences: Vec<Difference>,
    /// The preflight that ran.
    #[serde(flatten)]
    pub run: PreflightRun,
}

/// The result of a preflight.
#[derive(Debug, Serialize)]
pub struct PreflightRun {
    /// The checks that it returned.
    pub checks: Vec<ToolCheck>,
    /// The fault, if it returned no checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PreflightFault>,
    /// The host calls that it made, in order.
    pub asked: Vec<ProbeReport>,
}

/// A host call, and its result.
#[derive(Debug, Serialize)]
pub struct ProbeReport {
    /// The command, or the network address.
    pub question: ForeignText,
    /// The result, in words.
    pub answer: ForeignText,
}

/// The result of recording a scenario.
#[derive(Debug, Serialize)]
pub struct Recorded {
    /// The pack.
    pub path: FilePath,
    /// The file of the scenario.
    pub recorded: FilePath,
    /// The descriptor path of the handler.
    pub handler: DescriptorPath,
    /// The recorded preflight.
    #[serde(flatten)]
    pub run: PreflightRun,
}

impl TestReport {
    /// Returns true if no scenario failed.
    pub fn passed(&self) -> bool {
        match self {
            Self::Tested(tested) => tested.failed == 0,
            Self::Recorded(_) => true,
        }
    }
}

impl From<Actual> for PreflightRun {
    fn from(happened: Actual) -> Self {
        let (checks, fault) = match happened.checks {
            Ok(checks) => (checks, None),
            Err(fault) => (
                Vec::new(),
                Some(PreflightFault { kind: fault.kind(), message: fault.to_string() }),
            ),
        };
        Self {
            checks,
            fault,
            asked: happened
                .calls
                .into_iter()
                .map(|asked| ProbeReport {
                    question: ForeignText::new(asked.call.to_string()),
                    answer: ForeignText::new(asked.answer),
                })
                .collect(),
        }
    }
}
