//! `gtc op extensions pin`: fetch and check the pack of an extension that has no pin, and pin it.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ExtensionKindArg, parse_key};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::args::permissions::GrantsPayload;
use crate::binding::arguments::Expect;
use crate::binding::update::apply;
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::{RefreshRequest, plan_pin};

/// An extension to pin.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionPinPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub kind: ExtensionKindArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
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

impl Payload for ExtensionPinPayload {
    type Request = RefreshRequest;

    fn into_request(self) -> Result<RefreshRequest, UsageError> {
        Ok(RefreshRequest {
            environment: self.environment_id.parse()?,
            key: parse_key(&self.kind, &self.instance_id)?,
            grants: self.grants.parse()?,
            expected: self.expect.parse()?,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionPinPayload>) -> io::Result<u8> {
    runner
        .run("extensions", "pin", input, |request| apply(runner, plan_pin(&runner.host, &request)?))
}
