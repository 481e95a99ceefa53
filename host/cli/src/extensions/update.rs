//! `gtc op extensions update`: replace the pack of an extension, or refresh it.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::add::ExtensionPayload;
use super::arguments::{AllInstances, ExtensionPackRefArg, parse_key};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::args::permissions::GrantsPayload;
use crate::binding::arguments::{
    AnswersArg, DryRun, Expect, NoAnswers, NoFetch, required_without_refresh,
};
use crate::binding::update::{UpdateRequest, refresh_request, reject_misplaced, require, update};
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::grammar::DescriptorOrPath;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::{BindRequest, RefreshRequest};

/// An extension to bind in place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
// the arguments of `add` that a refresh takes from the binding
#[command(mut_args(|arg| required_without_refresh(arg, &["pack_ref"])))]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionUpdatePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor to bind it as: `<namespace>.<family>.<implementation>@<version>`
    /// (`@<version>` is ignored with `--refresh`)
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    #[command(flatten)]
    #[serde(default)]
    pub pack_ref: Option<ExtensionPackRefArg>,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    #[command(flatten)]
    #[serde(default)]
    pub answers_ref: AnswersArg,
    #[command(flatten)]
    #[serde(default)]
    pub no_answers: NoAnswers,
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
    #[serde(default)]
    pub no_fetch: NoFetch,
    #[command(flatten)]
    #[serde(default)]
    pub all_instances: AllInstances,
    /// Resolve the reference of the bound pack again, and bind what it refers to now; at a
    /// terminal, the changes are shown first
    #[arg(
        long,
        conflicts_with_all = ["pack_ref", "answers_ref", "no_answers", "no_fetch", "all_instances"]
    )]
    #[serde(default)]
    pub refresh: bool,
    #[command(flatten)]
    #[serde(default)]
    pub dry_run: DryRun,
    #[command(flatten)]
    #[serde(default)]
    pub expect: Expect,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for ExtensionUpdatePayload {
    type Request = UpdateRequest;

    fn into_request(self) -> Result<UpdateRequest, UsageError> {
        // clap checks this too, but not for `--answers`
        let others = [
            ("pack_ref", self.pack_ref.is_some()),
            ("answers_ref", self.answers_ref.is_some()),
            ("no_answers", *self.no_answers),
            ("no_fetch", *self.no_fetch),
            ("all_instances", *self.all_instances),
        ];
        let has_refresh_option = *self.dry_run || self.expect.is_some();
        reject_misplaced(self.refresh, &others, has_refresh_option)?;
        if self.refresh {
            let request = RefreshRequest {
                environment: self.environment_id.parse()?,
                key: parse_key(&self.kind, &self.instance_id)?,
                grants: self.grants.parse()?,
                expected: self.expect.parse()?,
                if_generation: *self.if_generation,
                idempotency_key: self.idempotency_key.key,
                if_revision: *self.if_revision,
            };
            return Ok(refresh_request(request, *self.dry_run));
        }
        let no_answers = *self.no_answers;
        let if_generation = *self.if_generation;
        if no_answers && self.answers_ref.is_some() {
            return Err(UsageError::new("no_answers", "cannot be combined with `--answers-ref`"));
        }
        // without `--refresh`, the other arguments are those of `add`, and are parsed alike
        let payload = ExtensionPayload {
            environment_id: self.environment_id,
            kind: self.kind,
            pack_ref: require("pack_ref", self.pack_ref)?,
            instance_id: self.instance_id,
            answers_ref: self.answers_ref,
            idempotency_key: self.idempotency_key,
            if_revision: self.if_revision,
            no_fetch: self.no_fetch,
            all_instances: self.all_instances,
            grants: self.grants,
        };
        let request = payload.into_request()?;
        Ok(UpdateRequest::Bind(Box::new(BindRequest {
            keep_answers: !no_answers,
            if_generation,
            ..request
        })))
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionUpdatePayload>) -> io::Result<u8> {
    runner.run("extensions", "update", input, |request| update(runner, request))
}
