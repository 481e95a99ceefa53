//! `gtc pack test`: run the scenarios of a pack in the sandbox, with simulated programs
//! and network.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{CliError, UsageError};
use crate::grammar::ScenarioName;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::prompt;
use crate::render::{GOOD, RenderHuman, plural, shown, verdict_sign};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::pack_test::{
    self, PreflightRun, RecordError, RecordRequest, Recorded, ScenarioReport, TestReport,
    TestRequest, Tested,
};
use gtc_core::ops::quoted;

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack test
  gtc pack test vault.gtpack --scenario tests/too-old.yaml
  gtc pack test vault.gtpack --record here

Exit code: 0 if all scenarios pass, 1 if one fails, 2 if there is none or one
is invalid. docs/testing.md explains scenarios.";

/// Default name of a recorded scenario.
const RECORDED: &str = "recorded";

/// A pack to test.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestPayload {
    /// Pack, component, or folder that holds one
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    #[serde(default = "here")]
    pub target: PathBuf,
    /// Scenario, or folder of scenarios [default: the folder `tests` next to the pack]
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    #[serde(default)]
    pub scenario: Vec<PathBuf>,
    /// Run the preflight on this machine instead, and record its probes and their results
    /// as a scenario of this name
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = RECORDED)]
    #[serde(default)]
    pub record: Option<String>,
    /// Overwrite an existing scenario
    #[arg(long)]
    #[serde(default)]
    pub replace: bool,
    /// Allow a recording to run programs and open connections without asking
    #[arg(long)]
    #[serde(default)]
    pub yes: bool,
}

fn here() -> PathBuf {
    ".".into()
}

/// The action of `pack test`.
pub(crate) enum TestAction {
    /// Run scenarios.
    Run(TestRequest),
    /// Record a scenario.
    Record(RecordRequest),
}

impl Payload for TestPayload {
    type Request = TestAction;

    fn into_request(self) -> Result<TestAction, UsageError> {
        let Self { target, scenario, record, replace, yes } = self;
        let Some(name) = record else {
            if replace || yes {
                return Err(UsageError::new("record", "required by `--replace` and `--yes`"));
            }
            return Ok(TestAction::Run(TestRequest { target, scenarios: scenario }));
        };
        let ScenarioName(name) = parse_argument("record", &name)?;
        if scenario.len() > 1 {
            return Err(UsageError::new(
                "scenario",
                "at most one scenario can be given with `--record`",
            ));
        }
        let like = scenario.into_iter().next();
        Ok(TestAction::Record(RecordRequest { target, name, like, replace, confirmed: yes }))
    }
}

pub(super) fn run(runner: &Runner, input: Input<TestPayload>) -> io::Result<u8> {
    runner.check("pack", "test", input, |action| test(runner, action), |report| report.passed())
}

/// Runs scenarios, or records one. Before it records, asks at a terminal.
fn test(runner: &Runner, action: TestAction) -> Result<TestReport, CliError> {
    let mut request = match action {
        TestAction::Run(request) => return Ok(pack_test::test(&runner.host, &request)?),
        TestAction::Record(request) => request,
    };
    match pack_test::record(&runner.host, &request) {
        Err(RecordError::NotConfirmed { permissions })
            if runner.is_interactive && prompt::confirm_recording(&permissions)? =>
        {
            request.confirmed = true;
            Ok(pack_test::record(&runner.host, &request)?)
        }
        result => Ok(result?),
    }
}

impl RenderHuman for TestReport {
    fn render_human(&self, _verb: &str) -> String {
        match self {
            Self::Tested(tested) => tested_text(tested),
            Self::Recorded(recorded) => recorded_text(recorded),
        }
    }
}

fn tested_text(tested: &Tested) -> String {
    let mut text = format!("pack `{}`\n\n", shown(&tested.path.to_string_lossy()));
    for report in &tested.scenarios {
        text.push_str(&scenario(report));
    }
    let total = plural(tested.scenarios.len(), "scenario");
    let (sign, style) = verdict_sign(tested.failed == 0);
    text + &format!("\n{}: {} failed\n", style.paint(&format!("{sign} {total}")), tested.failed)
}

fn scenario(report: &ScenarioReport) -> String {
    let about = report.about.as_ref().map(|about| format!(": {about}")).unwrap_or_default();
    let (sign, style) = verdict_sign(report.passed);
    let mut text = format!("{}{about}\n", style.paint(&format!("{sign} {}", report.name)));
    for difference in &report.differences {
        text.push_str(&format!(
            "    {}\n      {}\n      {}\n",
            difference.about,
            Style::Good.paint(&format!("- expected: {}", difference.expected)),
            Style::Bad.paint(&format!("+ found: {}", difference.found)),
        ));
    }
    text
}

fn recorded_text(recorded: &Recorded) -> String {
    let path = recorded.recorded.to_string_lossy();
    let pack = recorded.path.to_string_lossy();
    let sign = Style::Good.paint(&format!("{GOOD} recorded"));
    let PreflightRun { checks, fault, asked } = &recorded.run;
    let mut text = format!("{sign} {}\n", shown(&path));
    for asked in asked {
        text.push_str(&format!("  asked `{}`: {}\n", asked.question, asked.answer));
    }
    match fault {
        Some(fault) => text.push_str(&format!("  {}\n", fault.message)),
        None => text.push_str(&format!("  {}\n", plural(checks.len(), "check"))),
    }
    text + &format!(
        "next: read it, then run it with `gtc pack test {} --scenario {}`\n",
        quoted(&pack),
        quoted(&path)
    )
}
