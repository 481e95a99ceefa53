//! Runs the scenarios of a pack: its handlers run in the sandbox, and a scenario file
//! replies in place of the machine.

mod error;
mod record;
mod script;
mod target;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use env_pack_domain::{
    BindingContext, Call, DescriptorPath, EnvId, ForeignText, HandlerFault, ToolCheck,
};
use serde::Serialize;

use super::file_path::FilePath;
use super::load_pack::LoadedHandler;
use super::tool_check::PreflightFault;
use crate::Host;
use crate::scenario::{Actual, Difference, Given};
use gtc_engine::{PreflightRecording, ProbeBackend};
use target::{ScenarioFile, TestTarget};

pub use error::{RecordError, ScenarioError, TestError};
pub use record::{RecordRequest, record};

/// The default environment id of a scenario.
const ENVIRONMENT: &str = "local";

/// A request to run scenarios.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The pack, its component, or a folder that contains it.
    pub target: PathBuf,
    /// Scenario files and folders. Default: the folder `tests` next to the pack.
    pub scenarios: Vec<PathBuf>,
}

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

/// Runs the scenarios of a pack.
///
/// # Errors
/// [`TestError`] when the pack does not load, no scenario exists, or one cannot be read.
pub fn test(host: &Host, request: &TestRequest) -> Result<TestReport, TestError> {
    // report a mistake in a scenario before compiling anything
    let named = target::read_named_scenarios(host, &request.scenarios)?;
    let subject = TestTarget::load(host, &request.target)?;
    let files =
        if named.is_empty() { target::read_scenarios_in(host, &subject.scenarios)? } else { named };
    let handlers = files.iter().map(|file| subject.handler(file)).collect::<Result<Vec<_>, _>>()?;
    let limits = &host.limits.scenario;
    let end = Instant::now() + limits.total_time;
    let scenarios: Vec<_> = files
        .into_iter()
        .zip(handlers)
        .map(|(file, handler)| {
            let left = end.saturating_duration_since(Instant::now());
            run(file, handler, limits.preflight_time.min(left))
        })
        .collect();
    let passed = scenarios.iter().filter(|scenario| scenario.passed).count();
    Ok(TestReport::Tested(Tested {
        path: subject.path.into(),
        sha256: subject.pack.digest.hex(),
        passed,
        failed: scenarios.len() - passed,
        scenarios,
    }))
}

/// Runs a scenario, unless earlier scenarios used up the total time.
fn run(file: ScenarioFile, loaded: &LoadedHandler, time: Duration) -> ScenarioReport {
    let (actual, differences) = if time.is_zero() {
        let reason = ForeignText::new("the earlier scenarios used up the total time for scenarios");
        let fault = HandlerFault::NotRun { call: Call::Preflight, reason };
        let difference = Difference::unexpected_fault("run", &fault);
        (Actual { checks: Err(fault), calls: Vec::new() }, vec![difference])
    } else {
        let actual = observed(record_preflight(&file.scenario.given, loaded, time), loaded);
        let differences = file.scenario.compare(&actual);
        (actual, differences)
    };
    ScenarioReport {
        name: ForeignText::new(file.name()),
        about: file.scenario.about.map(ForeignText::new),
        path: file.path.into(),
        handler: loaded.handler.descriptor_path().clone(),
        passed: differences.is_empty(),
        differences,
        run: PreflightRun::from(actual),
    }
}

/// Runs a preflight with the replies of a scenario.
fn record_preflight(given: &Given, loaded: &LoadedHandler, time: Duration) -> PreflightRecording {
    loaded.handler.record_preflight(
        &context(given, loaded),
        ProbeBackend::Scripted(script::script(given)),
        time,
    )
}

/// Returns the binding of a scenario. All permissions that the pack declares are granted.
fn context(given: &Given, loaded: &LoadedHandler) -> BindingContext {
    BindingContext {
        env_id: environment(given),
        instance_id: given.instance_id.as_ref().map(|instance| instance.0.clone()),
        answers_json: given.answers.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string),
        grants: loaded.permissions.clone(),
    }
}

fn environment(given: &Given) -> EnvId {
    given
        .environment_id
        .as_ref()
        .map_or_else(|| ENVIRONMENT.parse().expect("it is an id"), |id| id.0.clone())
}

fn observed(rehearsal: PreflightRecording, loaded: &LoadedHandler) -> Actual {
    let asked = rehearsal
        .interactions
        .iter()
        .map(|exchange| script::describe_exchange(exchange, &loaded.permissions))
        .collect();
    Actual { checks: rehearsal.checks, calls: asked }
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
