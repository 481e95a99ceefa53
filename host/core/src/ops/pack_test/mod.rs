//! Runs the scenarios of a pack: its handlers run in the sandbox, and a scenario file
//! replies in place of the machine.

mod error;
mod preflight;
mod record;
mod report;
mod script;
mod target;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use env_pack_domain::{Call, ForeignText, HandlerFault};

use super::load_pack::LoadedHandler;
use crate::Host;
use crate::scenario::{Actual, Difference};
use preflight::{observed, record_preflight};
use target::{ScenarioFile, TestTarget};

pub use error::{RecordError, ScenarioError, TestError};
pub use record::{RecordRequest, record};
pub use report::{PreflightRun, ProbeReport, Recorded, ScenarioReport, TestReport, Tested};

/// A request to run scenarios.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The pack, its component, or a folder that contains it.
    pub target: PathBuf,
    /// Scenario files and folders. Default: the folder `tests` next to the pack.
    pub scenarios: Vec<PathBuf>,
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
        let actual = {
            let given = &file.scenario.given;
            observed(record_preflight(given, loaded, time), given, loaded)
        };
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
