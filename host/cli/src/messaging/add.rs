//! `gtc op messaging endpoint add`: add an instance of a messaging provider.

use std::io;

use clap::Args;
use env_pack_domain::DisplayName;
use env_pack_domain::messaging::{ProviderId, ProviderType, SecretRef};
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{NOUN, UpdatedBy, parse_secret};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::messaging::{self, AddRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op messaging endpoint add --env local --provider-type messaging.teams.bot \\
    --provider-id legal --display-name Legal
  gtc op messaging endpoint add --env local --provider-type messaging.telegram.bot \\
    --provider-id support --display-name Support \\
    --webhook-secret-ref secret://local/default/_/support/webhook_secret";

/// An endpoint to add.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Class of the provider, such as messaging.teams.bot
    #[arg(long, value_name = "TYPE")]
    #[schemars(with = "Text<ProviderType>")]
    pub provider_type: String,
    /// Id of the instance, unique among those of its type
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<ProviderId>")]
    pub provider_id: String,
    /// Name for people
    #[arg(long, value_name = "NAME")]
    #[schemars(with = "Text<DisplayName>")]
    pub display_name: String,
    /// Secret that the provider needs: `secret://<environment>/<path>`
    #[arg(long = "secret-ref", value_name = "REFERENCE")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<SecretRef>>")]
    pub secret_refs: Vec<String>,
    /// Secret that the provider presents with each incoming message
    #[arg(long, value_name = "REFERENCE")]
    #[serde(default)]
    #[schemars(with = "Option<Text<SecretRef>>")]
    pub webhook_secret_ref: Option<String>,
    #[command(flatten)]
    #[serde(default)]
    pub updated_by: UpdatedBy,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for AddPayload {
    type Request = AddRequest;

    fn into_request(self) -> Result<AddRequest, UsageError> {
        let secrets = self.secret_refs.iter().map(|text| parse_secret("secret_refs", text));
        let webhook = self.webhook_secret_ref.as_deref();
        let webhook = webhook.map(|text| parse_secret("webhook_secret_ref", text));
        Ok(AddRequest {
            environment: self.environment_id.parse()?,
            provider_type: parse_argument("provider_type", &self.provider_type)?,
            provider_id: parse_argument("provider_id", &self.provider_id)?,
            display_name: parse_argument("display_name", &self.display_name)?,
            secret_refs: secrets.collect::<Result<_, _>>()?,
            webhook_secret_ref: webhook.transpose()?,
            updated_by: self.updated_by.parse()?,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<AddPayload>) -> io::Result<u8> {
    runner.run(NOUN, "add", input, |request| Ok(messaging::add(&runner.host, &request)?))
}
