//! `gtc op env-packs rollback`: restore the pack that the last update replaced, or an
//! earlier one.

use std::io;

use clap::Args;
use env_pack_domain::BindingKey;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::SlotArg;
use crate::args::fleet::ChangedEnvironmentsArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::binding::arguments::{Preview, ToGeneration};
use crate::binding::fleet::{AnyRollback, KeepGoing, RollbackArguments, YesToAll, run_rollback};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;

/// A slot to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackRollbackPayload {
    #[command(flatten)]
    pub environment_id: ChangedEnvironmentsArg,
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
    pub keep_going: KeepGoing,
    #[command(flatten)]
    #[serde(default)]
    pub yes: YesToAll,
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
    type Request = AnyRollback;

    fn into_request(self) -> Result<AnyRollback, UsageError> {
        let arguments = RollbackArguments {
            environments: self.environment_id.parse()?,
            key: BindingKey::Slot(self.slot.parse()?),
            to: *self.to,
            all_instances: false,
            dry_run: *self.dry_run,
            keep_going: *self.keep_going,
            yes: *self.yes,
            if_generation: *self.if_generation,
            if_revision: *self.if_revision,
            idempotency_key: self.idempotency_key.key,
        };
        arguments.into_request()
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackRollbackPayload>) -> io::Result<u8> {
    run_rollback(runner, "env-packs", input)
}
