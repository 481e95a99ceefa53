//! `gtc op env-packs remove`: unbind the pack of a slot; this cannot be rolled back.

use std::io;

use clap::Args;
use env_pack_domain::BindingKey;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::binding::{core_slots, parse_core_slot};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::{self, RemoveRequest};

/// A slot to unbind or to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackRemovePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// Idempotency key
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for PackRemovePayload {
    type Request = RemoveRequest;

    fn into_request(self) -> Result<RemoveRequest, UsageError> {
        Ok(RemoveRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(parse_core_slot(&self.slot)?),
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackRemovePayload>) -> io::Result<u8> {
    runner.run("env-packs", "remove", input, |request| Ok(bind::remove(&runner.host, &request)?))
}
