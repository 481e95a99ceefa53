//! `gtc op env-packs pin`: fetch and check the pack of a slot that has no pin, and pin it.

use std::io;

use clap::Args;
use env_pack_domain::BindingKey;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::SlotArg;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::permissions::GrantsPayload;
use crate::binding::arguments::Expect;
use crate::binding::update::apply;
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::{RefreshRequest, plan_pin};

/// A slot to pin.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackPinPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub slot: SlotArg,
    #[command(flatten)]
    #[serde(default)]
    pub expect: Expect,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for PackPinPayload {
    type Request = RefreshRequest;

    fn into_request(self) -> Result<RefreshRequest, UsageError> {
        Ok(RefreshRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(self.slot.parse()?),
            grants: self.grants.parse()?,
            expected: self.expect.parse()?,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackPinPayload>) -> io::Result<u8> {
    runner
        .run("env-packs", "pin", input, |request| apply(runner, plan_pin(&runner.host, &request)?))
}
