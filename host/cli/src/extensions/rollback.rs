//! `gtc op extensions rollback`: restore the pack that the last update replaced.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ExtensionKindArg, parse_key};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration};
use crate::args::instance::InstanceArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::{self, RollbackRequest};

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
    /// Also roll back all other instances of the extension
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for ExtensionRollbackPayload {
    type Request = RollbackRequest;

    fn into_request(self) -> Result<RollbackRequest, UsageError> {
        Ok(RollbackRequest {
            environment: self.environment_id.parse()?,
            key: parse_key(&self.kind, &self.instance_id)?,
            all_instances: self.all_instances,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionRollbackPayload>) -> io::Result<u8> {
    runner
        .run("extensions", "rollback", input, |request| Ok(bind::rollback(&runner.host, &request)?))
}
