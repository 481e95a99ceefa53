//! `gtc op env-packs remove`: unbind the pack of a slot; this cannot be rolled back.

use std::io;

use clap::Args;
use env_pack_domain::BindingKey;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::SlotArg;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::binding::arguments::{Preview, Yes};
use crate::binding::unbind::{Removal, remove};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::RemoveRequest;

/// A slot to unbind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackRemovePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub slot: SlotArg,
    #[command(flatten)]
    #[serde(default)]
    pub dry_run: Preview,
    #[command(flatten)]
    #[serde(default)]
    pub yes: Yes,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for PackRemovePayload {
    type Request = Removal;

    fn into_request(self) -> Result<Removal, UsageError> {
        let request = RemoveRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(self.slot.parse()?),
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        };
        Ok(Removal { request, dry_run: *self.dry_run, confirmed: *self.yes })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackRemovePayload>) -> io::Result<u8> {
    runner.run("env-packs", "remove", input, |removal| remove(runner, removal))
}
