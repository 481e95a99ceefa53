//! `gtc op env-packs rollback`: restore the pack that the last update replaced, or an
//! earlier one.

use std::io;

use clap::Args;
use env_pack_domain::BindingKey;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::SlotArg;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::binding::arguments::{Preview, ToGeneration};
use crate::binding::unbind::{Rollback, rollback};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::RollbackRequest;

/// A slot to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackRollbackPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub slot: SlotArg,
    #[command(flatten)]
    #[serde(default)]
    pub to: ToGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub dry_run: Preview,
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

impl Payload for PackRollbackPayload {
    type Request = Rollback;

    fn into_request(self) -> Result<Rollback, UsageError> {
        let request = RollbackRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(self.slot.parse()?),
            to: *self.to,
            all_instances: false,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        };
        Ok(Rollback { request, dry_run: *self.dry_run })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackRollbackPayload>) -> io::Result<u8> {
    runner.run("env-packs", "rollback", input, |request| rollback(runner, &request))
}
