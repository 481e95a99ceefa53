//! `gtc op messaging endpoint show`: show a messaging endpoint.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use env_pack_domain::messaging::EndpointId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{EndpointArg, NOUN};
use crate::args::environment::EnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::messaging;

/// An endpoint to show.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub endpoint_id: EndpointArg,
}

impl Payload for ShowPayload {
    type Request = (EnvId, EndpointId);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.endpoint_id.parse()?))
    }
}

pub(super) fn run(runner: &Runner, input: Input<ShowPayload>) -> io::Result<u8> {
    runner.run(NOUN, "show", input, |(environment, endpoint)| {
        Ok(messaging::show(&runner.host, &environment, &endpoint)?)
    })
}
