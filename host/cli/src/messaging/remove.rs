//! `gtc op messaging endpoint remove`: remove a messaging endpoint.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{EndpointArg, IfEndpointGeneration, NOUN, UpdatedBy};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{GOOD, NOTICE, RenderHuman};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::messaging::{self, EndpointRemovalReport, RemoveRequest};

/// An endpoint to remove.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub endpoint_id: EndpointArg,
    #[command(flatten)]
    #[serde(default)]
    pub updated_by: UpdatedBy,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfEndpointGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for RemovePayload {
    type Request = RemoveRequest;

    fn into_request(self) -> Result<RemoveRequest, UsageError> {
        // files of the existing tools name it, though no endpoint is left to store it in
        self.updated_by.parse()?;
        Ok(RemoveRequest {
            environment: self.environment_id.parse()?,
            endpoint: self.endpoint_id.parse()?,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<RemovePayload>) -> io::Result<u8> {
    runner.run(NOUN, "remove", input, |request| Ok(messaging::remove(&runner.host, &request)?))
}

impl RenderHuman for EndpointRemovalReport {
    fn render_human(&self, _verb: &str) -> String {
        let Self { environment_id: id, endpoint_id, .. } = self;
        if self.unchanged {
            let sign = Style::Notice.paint(NOTICE);
            return format!(
                "{sign} environment `{id}` has no messaging endpoint `{endpoint_id}`; nothing \
                 changed\n"
            );
        }
        let sign = Style::Good.paint(GOOD);
        format!("{sign} removed messaging endpoint `{endpoint_id}` from environment `{id}`\n")
    }
}
