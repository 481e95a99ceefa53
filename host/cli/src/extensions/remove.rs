//! `gtc op extensions remove`: unbind an extension; this cannot be rolled back.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ExtensionKindArg, parse_key};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::binding::arguments::{Preview, Yes};
use crate::binding::unbind::{Removal, remove};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::RemoveRequest;

/// An extension to unbind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRemovePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub kind: ExtensionKindArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
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

impl Payload for ExtensionRemovePayload {
    type Request = Removal;

    fn into_request(self) -> Result<Removal, UsageError> {
        let request = RemoveRequest {
            environment: self.environment_id.parse()?,
            key: parse_key(&self.kind, &self.instance_id)?,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        };
        Ok(Removal { request, dry_run: *self.dry_run, confirmed: *self.yes })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionRemovePayload>) -> io::Result<u8> {
    runner.run("extensions", "remove", input, |removal| remove(runner, removal))
}
