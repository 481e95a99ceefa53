//! `gtc op request show`: show whether a request was made, and its answer.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{RenderHuman, shown};
use crate::runner::Runner;
use gtc_core::ops::requests::{self, RequestReport};

/// A request to show.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestShowPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Key of the request, as in `--idempotency-key` or in an error
    #[arg(long, value_name = "KEY", required = true)]
    #[schemars(description = "Key of the request")]
    pub key: String,
}

impl Payload for RequestShowPayload {
    type Request = (EnvId, String);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.key))
    }
}

pub(super) fn run(runner: &Runner, input: Input<RequestShowPayload>) -> io::Result<u8> {
    runner.run("request", "show", input, |(environment, key)| {
        Ok(requests::show(&runner.host, &environment, &key)?)
    })
}

impl RenderHuman for RequestReport {
    fn render_human(&self, _verb: &str) -> String {
        let Self { environment_id, key, request, at, revision, seq, answer } = self;
        format!(
            "request `{key}` was made at {at}: {request}\n\
             revision {revision} of environment `{environment_id}`, event {seq} of its audit log\n\
             answer: {}\n",
            shown(answer.get())
        )
    }
}
