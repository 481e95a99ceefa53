//! `gtc op audit show`: print one requested change.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::args::environment::EnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{RenderHuman, shown};
use crate::runner::Runner;
use gtc_core::ops::audit_log;

/// An event to print.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditShowPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Number of the event
    #[arg(long, value_name = "N", required = true)]
    pub event: u64,
}

impl Payload for AuditShowPayload {
    type Request = (EnvId, u64);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.event))
    }
}

/// An event as it was recorded.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct RecordedEvent(Box<RawValue>);

pub(super) fn run(runner: &Runner, input: Input<AuditShowPayload>) -> io::Result<u8> {
    runner.run("audit", "show", input, |(environment, seq)| {
        Ok(RecordedEvent(audit_log::show(&runner.host, &environment, seq)?))
    })
}

impl RenderHuman for RecordedEvent {
    fn render_human(&self, _verb: &str) -> String {
        // another tool may have written what is JSON, and too deep or too large for a value
        let value = serde_json::from_str::<serde_json::Value>(self.0.get());
        let pretty = value.and_then(|value| serde_json::to_string_pretty(&value));
        let text = pretty.unwrap_or_else(|_| self.0.get().to_owned());
        text.lines().map(|line| shown(line) + "\n").collect()
    }
}
