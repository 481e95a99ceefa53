//! `gtc op extensions rollback`: restore the pack that the last update replaced, or an
//! earlier one.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ExtensionKindArg, parse_key};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::binding::arguments::{Preview, ToGeneration};
use crate::binding::unbind::{Rollback, rollback};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::RollbackRequest;

/// An extension to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRollbackPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
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
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for ExtensionRollbackPayload {
    type Request = Rollback;

    fn into_request(self) -> Result<Rollback, UsageError> {
        if self.all_instances && self.to.is_some() {
            let reason = "each instance has generations of its own; roll them back one by one";
            return Err(UsageError::new("to", reason));
        }
        let request = RollbackRequest {
            environment: self.environment_id.parse()?,
            key: parse_key(&self.kind, &self.instance_id)?,
            to: *self.to,
            all_instances: self.all_instances,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        };
        Ok(Rollback { request, dry_run: *self.dry_run })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionRollbackPayload>) -> io::Result<u8> {
    runner.run("extensions", "rollback", input, |request| rollback(runner, &request))
}
