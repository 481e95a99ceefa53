//! `gtc op extensions resolve`: print the answers of the extension that
//! `ext://<path>[/<instance>]` names.

use std::io;

use clap::Args;
use env_pack_domain::{EnvId, ExtRef};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::OptionalEnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{RenderHuman, answers_text};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bindings::{self, ResolveReport};

/// An extension to resolve.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolvePayload {
    /// Extension: `ext://<path>[/<instance>]`
    #[arg(value_name = "REFERENCE")]
    #[schemars(with = "Text<ExtRef>")]
    pub reference: String,
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
}

impl Payload for ResolvePayload {
    type Request = (EnvId, ExtRef);

    fn into_request(self) -> Result<(EnvId, ExtRef), UsageError> {
        Ok((self.environment_id.parse()?, parse_argument("reference", &self.reference)?))
    }
}

pub(super) fn run(runner: &Runner, input: Input<ResolvePayload>) -> io::Result<u8> {
    runner.run("extensions", "resolve", input, |(environment, reference)| {
        Ok(bindings::show_extension(&runner.host, &environment, &reference)?)
    })
}

impl RenderHuman for ResolveReport {
    fn render_human(&self, _verb: &str) -> String {
        answers_text(&self.answers, self.redacted.as_ref())
    }
}
