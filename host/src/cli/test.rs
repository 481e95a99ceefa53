//! The arguments of `pack test`.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::ScenarioName;
use super::parse::{Payload, parsed};
use crate::ops::pack_test::{RecordRequest, TestRequest};

/// What a recorded scenario is called that nobody named.
const RECORDED: &str = "recorded";

/// A pack to test.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestPayload {
    /// The pack, its component, or a folder that holds it
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    #[serde(default = "here")]
    pub target: PathBuf,
    /// A scenario, or a folder of them; the folder `tests` beside the pack, unless given
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    #[serde(default)]
    pub scenario: Vec<PathBuf>,
    /// Run the preflight on this machine instead, and write what it asks and hears into a
    /// scenario of this name
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = RECORDED)]
    #[serde(default)]
    pub record: Option<String>,
    /// Overwrite a scenario that is there already
    #[arg(long)]
    #[serde(default)]
    pub replace: bool,
    /// Say yes to what a recording runs and reaches on this machine
    #[arg(long)]
    #[serde(default)]
    pub yes: bool,
}

fn here() -> PathBuf {
    ".".into()
}

/// What is to be done.
pub enum Test {
    /// Scenarios are run.
    Run(TestRequest),
    /// One is recorded.
    Record(RecordRequest),
}

impl Payload for TestPayload {
    type Request = Test;

    fn parse(self) -> Result<Test, UsageError> {
        let Self { target, scenario, record, replace, yes } = self;
        let Some(name) = record else {
            return match replace || yes {
                true => Err(UsageError::text(
                    "record",
                    "`replace` and `yes` are about recording, and nothing is recorded",
                )),
                false => Ok(Test::Run(TestRequest { target, scenarios: scenario })),
            };
        };
        let ScenarioName(name) = parsed("record", &name)?;
        let mut like = scenario.into_iter();
        let request = RecordRequest { target, name, like: like.next(), replace, confirmed: yes };
        match like.next() {
            Some(_) => Err(UsageError::text(
                "scenario",
                "a recording takes its answers from one scenario at most",
            )),
            None => Ok(Test::Record(request)),
        }
    }
}
