//! `gtc op env-packs add`: bind a pack to an empty slot.

use std::io;

use clap::Args;
use env_pack_domain::BindingPlace;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{KindArg, PackRefArg, SlotArg};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::permissions::GrantsPayload;
use crate::binding::arguments::{AnswersArg, NoFetch, parse_binding};
use crate::binding::update::apply;
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::bind::{BindRequest, plan_add};

/// A pack to bind to a slot.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub slot: SlotArg,
    #[command(flatten)]
    pub kind: KindArg,
    #[command(flatten)]
    pub pack_ref: PackRefArg,
    #[command(flatten)]
    #[serde(default)]
    pub answers_ref: AnswersArg,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
    #[command(flatten)]
    #[serde(default)]
    pub no_fetch: NoFetch,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for PackPayload {
    type Request = BindRequest;

    fn into_request(self) -> Result<BindRequest, UsageError> {
        let place = BindingPlace::Slot(self.slot.parse()?);
        let binding = parse_binding(place, &self.kind, &self.pack_ref, &self.answers_ref)?;
        self.grants.ensure_fetched(*self.no_fetch)?;
        Ok(BindRequest {
            environment: self.environment_id.parse()?,
            binding,
            grants: self.grants.parse()?,
            fetch: !*self.no_fetch,
            all_instances: false,
            keep_answers: false,
            if_generation: None,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackPayload>) -> io::Result<u8> {
    runner.run("env-packs", "add", input, |request| apply(runner, plan_add(&runner.host, request)?))
}
