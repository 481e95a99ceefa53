//! Scenarios of a pack: its handlers run in the sandbox, and a file answers in the place
//! of the machine.

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

use super::load_pack::LoadedHandler;
use super::tool_check::PreflightFault;
use super::{FilePath, OpError};
use crate::engine::{PreflightRecording, ProbeBackend};
use crate::host::Host;
use crate::scenario::{Actual, ActualCall, Difference, Given};
use target::{ScenarioFile, TestTarget};

pub use error::TestError;
pub use record::{RecordRequest, record};

/// The environment of a scenario that names none.
const ENVIRONMENT: &str = "local";

/// A pack to test.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The pack, its component, or a folder that holds it.
    pub target: PathBuf,
    /// The scenarios; all in the folder `tests` beside the pack, unless some are named.
    pub scenarios: Vec<PathBuf>,
}

/// What came of a test, or what was recorded for one.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum TestReport {
    /// Scenarios were run.
    Tested(Tested),
    /// A scenario was recorded.
    Recorded(Recorded),
}

/// What came of scenarios.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// The pack.
    pub path: FilePath,
    /// Its digest.
    pub sha256: String,
    /// How many scenarios passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// The scenarios.
    pub scenarios: Vec<ScenarioReport>,
}

/// What came of a scenario.
#[derive(Debug, Serialize)]
pub struct ScenarioReport {
    /// Its name.
    pub name: ForeignText,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ForeignText>,
    /// Its file.
    pub path: FilePath,
    /// The handler.
    pub handler: DescriptorPath,
    /// Whether everything was as expected.
    pub passed: bool,
    /// What was not.
    pub differences: Vec<Difference>,
    /// What happened.
    #[serde(flatten)]
    pub run: PreflightRun,
}

/// What a preflight did.
#[derive(Debug, Serialize)]
pub struct PreflightRun {
    /// The checks.
    pub checks: Vec<ToolCheck>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PreflightFault>,
    /// What it asked.
    pub asked: Vec<ProbeReport>,
}

/// A question, and its answer.
#[derive(Debug, Serialize)]
pub struct ProbeReport {
    /// The command, or the address.
    pub question: ForeignText,
    /// What came of it.
    pub answer: ForeignText,
}

/// A scenario that was recorded.
#[derive(Debug, Serialize)]
pub struct Recorded {
    /// The pack.
    pub path: FilePath,
    /// The file of the scenario.
    pub recorded: FilePath,
    /// The handler.
    pub handler: DescriptorPath,
    /// What happened.
    #[serde(flatten)]
    pub run: PreflightRun,
}

impl TestReport {
    /// Whether no scenario failed.
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
/// [`OpError`] when the pack does not load, or there is no scenario, or one cannot be
/// read.
pub fn test(host: &Host, request: &TestRequest) -> Result<TestReport, OpError> {
    // whoever misspelt something learns it before anything is compiled
    let named = target::read_named_scenarios(host, &request.scenarios)?;
    let subject = TestTarget::load(host, &request.target)?;
    let files =
        if named.is_empty() { target::read_scenarios_in(host, &subject.scenarios)? } else { named };
    let handlers = files.iter().map(|file| subject.handler(file)).collect::<Result<Vec<_>, _>>()?;
    let limits = &host.limits.scenario;
    let end = Instant::now() + limits.total_time;
    let one = |(file, handler)| {
        let left = end.saturating_duration_since(Instant::now());
        run(file, handler, limits.preflight_time.min(left))
    };
    let scenarios: Vec<_> = files.into_iter().zip(handlers).map(one).collect();
    let passed = scenarios.iter().filter(|scenario| scenario.passed).count();
    Ok(TestReport::Tested(Tested {
        path: subject.path.into(),
        sha256: subject.pack.digest.hex(),
        passed,
        failed: scenarios.len() - passed,
        scenarios,
    }))
}

/// Runs a scenario, unless those before it used up the time for all of them.
fn run(file: ScenarioFile, loaded: &LoadedHandler, time: Duration) -> ScenarioReport {
    let (happened, differences) = match time.is_zero() {
        true => {
            let reason = ForeignText::new(
                "the scenarios before it took all the time that they have together",
            );
            let fault = HandlerFault::NotRun { call: Call::Preflight, reason };
            let difference = Difference::unexpected_fault("run", &fault);
            (Actual { checks: Err(fault), calls: Vec::new() }, vec![difference])
        }
        false => {
            let happened = observed(record_preflight(&file.scenario.given, loaded, time), loaded);
            let differences = file.scenario.compare(&happened);
            (happened, differences)
        }
    };
    ScenarioReport {
        name: ForeignText::new(file.name()),
        about: file.scenario.about.map(ForeignText::new),
        path: file.path.into(),
        handler: loaded.handler.descriptor_path().clone(),
        passed: differences.is_empty(),
        differences,
        run: PreflightRun::from(happened),
    }
}

/// Runs a preflight in the world of a scenario.
fn record_preflight(given: &Given, loaded: &LoadedHandler, time: Duration) -> PreflightRecording {
    loaded.handler.record_preflight(
        &context(given, loaded),
        ProbeBackend::Scripted(script::script(given)),
        time,
    )
}

/// What a preflight is told in a scenario: everything that its pack declares is granted.
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
        let asked = |asked: ActualCall| ProbeReport {
            question: ForeignText::new(asked.call.to_string()),
            answer: ForeignText::new(asked.answer),
        };
        Self { checks, fault, asked: happened.calls.into_iter().map(asked).collect() }
    }
}
