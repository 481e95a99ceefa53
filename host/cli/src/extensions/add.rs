//! `gtc op extensions add`: bind an extension.

use std::io;

use clap::Args;
use env_pack_domain::change::BindingRequest;
use env_pack_domain::{AnswersRef, BindingPlace, InstanceId, PackDescriptor};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::args::permissions::GrantsPayload;
use crate::binding::update::apply;
use crate::binding::{parse_binding_ref, parse_instance};
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::{BindRequest, plan_add};

/// An extension to bind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor to bind it as: `<namespace>.<family>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    pub kind: String,
    /// Pack: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
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
    /// Also move all other instances of the extension to this pack
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for ExtensionPayload {
    type Request = BindRequest;

    fn into_request(self) -> Result<BindRequest, UsageError> {
        if self.all_instances && self.no_fetch {
            return Err(UsageError::new(
                "all_instances",
                "cannot be combined with `--no-fetch`, because the pack must be checked for every instance",
            ));
        }
        let binding = BindingRequest {
            place: BindingPlace::Extension(parse_instance(self.instance_id.as_deref())?),
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
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionPayload>) -> io::Result<u8> {
    runner
        .run("extensions", "add", input, |request| apply(runner, plan_add(&runner.host, request)?))
}
