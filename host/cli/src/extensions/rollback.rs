//! `gtc op extensions rollback`: restore the pack that the last update replaced, or an
//! earlier one.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ExtensionKindArg, parse_key};
use crate::args::fleet::ChangedEnvironmentsArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::binding::arguments::{Preview, ToGeneration};
use crate::binding::fleet::{AnyRollback, KeepGoing, RollbackArguments, YesToAll, run_rollback};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;

/// An extension to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRollbackPayload {
    #[command(flatten)]
    pub environment_id: ChangedEnvironmentsArg,
    #[command(flatten)]
    pub kind: ExtensionKindArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    #[command(flatten)]
    #[serde(default)]
    pub to: ToGeneration,
    /// Also roll back all other instances of the extension
    #[arg(long, conflicts_with = "to")]
    #[serde(default)]
    pub all_instances: bool,
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

impl Payload for ExtensionRollbackPayload {
    type Request = AnyRollback;

    fn into_request(self) -> Result<AnyRollback, UsageError> {
        if self.all_instances && self.to.is_some() {
            let reason = "each instance has generations of its own; roll them back one by one";
            return Err(UsageError::new("to", reason));
        }
        let arguments = RollbackArguments {
            environments: self.environment_id.parse()?,
            key: parse_key(&self.kind, &self.instance_id)?,
            to: *self.to,
            all_instances: self.all_instances,
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

pub(super) fn run(runner: &Runner, input: Input<ExtensionRollbackPayload>) -> io::Result<u8> {
    run_rollback(runner, "extensions", input)
}
