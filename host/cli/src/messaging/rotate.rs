//! `gtc op messaging endpoint rotate-webhook-secret`: replace the reference to the secret that the
//! provider presents. The secret itself stays where it is kept.

use std::io;

use clap::Args;
use env_pack_domain::messaging::SecretRef;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{
    ChangeArguments, EndpointArg, IfEndpointGeneration, NOUN, UpdatedBy, parse_secret,
};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::messaging::{self, EndpointChange, EndpointRequest};

/// A reference to store.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotatePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub endpoint_id: EndpointArg,
    /// New secret: `secret://<environment>/<path>`, never the secret itself
    #[arg(long, value_name = "REFERENCE")]
    #[schemars(with = "Text<SecretRef>")]
    pub webhook_secret_ref: String,
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

impl Payload for RotatePayload {
    type Request = EndpointRequest;

    fn into_request(self) -> Result<EndpointRequest, UsageError> {
        let secret = parse_secret("webhook_secret_ref", &self.webhook_secret_ref)?;
        let arguments = ChangeArguments {
            environment: self.environment_id,
            endpoint: self.endpoint_id,
            updated_by: self.updated_by,
            if_generation: self.if_generation,
            idempotency_key: self.idempotency_key,
            if_revision: self.if_revision,
        };
        arguments.into_request(EndpointChange::RotateWebhookSecret(secret))
    }
}

pub(super) fn run(runner: &Runner, input: Input<RotatePayload>) -> io::Result<u8> {
    runner.run(NOUN, "rotate-webhook-secret", input, |request| {
        Ok(messaging::change(&runner.host, &request)?)
    })
}
