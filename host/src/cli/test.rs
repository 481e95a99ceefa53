//! The arguments of `pack test`.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::ScenarioName;
use super::parse::{Payload, parse_argument};
use crate::ops::pack_test::{RecordRequest, TestRequest};

/// Default name of a recorded scenario.
const RECORDED: &str = "recorded";

/// A pack to test.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestPayload {
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
pub enum TestAction {
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
