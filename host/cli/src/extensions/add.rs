//! `gtc op extensions add`: bind an extension.

use std::io;

use clap::Args;
use env_pack_domain::{BindingPlace, PackDescriptor};
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{AllInstances, ExtensionPackRefArg};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::instance::InstanceArg;
use crate::args::permissions::GrantsPayload;
use crate::binding::arguments::{AnswersArg, NoFetch, parse_binding};
use crate::binding::update::apply;
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::{BindRequest, plan_add};

/// An extension to bind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor to bind it as: `<namespace>.<family>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    pub kind: String,
    #[command(flatten)]
    pub pack_ref: ExtensionPackRefArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
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
    #[serde(default)]
    pub all_instances: AllInstances,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for ExtensionPayload {
    type Request = BindRequest;

    fn into_request(self) -> Result<BindRequest, UsageError> {
        if *self.all_instances && *self.no_fetch {
            return Err(UsageError::new(
                "all_instances",
                "cannot be combined with `--no-fetch`, because the pack must be checked for every instance",
            ));
        }
        let place = BindingPlace::Extension(self.instance_id.parse()?);
        let binding = parse_binding(place, &self.kind, &self.pack_ref, &self.answers_ref)?;
        self.grants.ensure_fetched(*self.no_fetch)?;
        Ok(BindRequest {
            environment: self.environment_id.parse()?,
            binding,
            grants: self.grants.parse()?,
            fetch: !*self.no_fetch,
            all_instances: *self.all_instances,
            keep_answers: false,
            if_generation: None,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionPayload>) -> io::Result<u8> {
    runner
        .run("extensions", "add", input, |request| apply(runner, plan_add(&runner.host, request)?))
}
