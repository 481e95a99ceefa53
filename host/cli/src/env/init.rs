//! `gtc op env init`: create or repair an environment with the default packs, then
//! examine it.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::OptionalEnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::RenderHuman;
use crate::runner::Runner;
use gtc_core::ops::env::{self, InitReport, InitRequest};

/// An environment to create or to repair.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for InitPayload {
    type Request = InitRequest;

    fn into_request(self) -> Result<InitRequest, UsageError> {
        Ok(InitRequest {
            id: self.environment_id.parse()?,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<InitPayload>) -> io::Result<u8> {
    runner.check(
        "env",
        "init",
        input,
        |request| Ok(env::init(&runner.host, &request)?),
        |report| report.doctor.healthy,
    )
}

impl RenderHuman for InitReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let what = match (self.created, self.bound.len()) {
            (true, _) => format!("created environment `{id}` with its default packs"),
            (false, 0) => format!("environment `{id}` is already set up; nothing changed"),
            (false, _) => {
                let bound: Vec<_> = self.bound.iter().map(|kind| format!("`{kind}`")).collect();
                format!("repaired environment `{id}`: bound {}", bound.join(", "))
            }
        };
        let kept: String = self.kept_empty.iter().map(|slot| kept_empty(id, slot)).collect();
        format!("{what}\n{kept}\n{}", self.doctor.render_human("doctor"))
    }
}

fn kept_empty(id: &EnvId, slot: &str) -> String {
    format!(
        "slot `{slot}` stays empty: its binding was removed on purpose; bind a pack with `gtc op \
         env-packs add --env {id} --slot {slot} --kind <path>@<version> --pack-ref <file>`\n"
    )
}
