//! `gtc op env-packs add`: bind a pack to an empty slot.

use std::io;

use clap::Args;
use env_pack_domain::change::BindingRequest;
use env_pack_domain::{AnswersRef, BindingPlace, PackDescriptor};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::args::permissions::GrantsPayload;
use crate::binding::update::apply;
use crate::binding::{core_slots, parse_binding_ref, parse_core_slot};
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::{BindRequest, plan_add};

/// A pack to bind to a slot.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// Descriptor to bind it as: `<namespace>.<slot>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    pub kind: String,
    /// Pack: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// File of its answers, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    #[schemars(with = "Option<Text<AnswersRef>>")]
    pub answers_ref: Option<String>,
    /// Idempotency key
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    /// Bind the pack without fetching or checking it
    #[arg(long)]
    #[serde(default)]
    pub no_fetch: bool,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for PackPayload {
    type Request = BindRequest;

    fn into_request(self) -> Result<BindRequest, UsageError> {
        let binding = BindingRequest {
            place: BindingPlace::Slot(parse_core_slot(&self.slot)?),
            kind: parse_argument("kind", &self.kind)?,
            pack_ref: parse_binding_ref(&self.pack_ref)?,
            answers_ref: self
                .answers_ref
                .map(|path| parse_argument("answers_ref", &path))
                .transpose()?,
        };
        Ok(BindRequest {
            environment: self.environment_id.parse()?,
            binding,
            grants: self.grants.parse()?,
            fetch: !self.no_fetch,
            all_instances: false,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackPayload>) -> io::Result<u8> {
    runner.run("env-packs", "add", input, |request| apply(runner, plan_add(&runner.host, request)?))
}
