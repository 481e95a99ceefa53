//! `gtc op extensions update`: replace the pack of an extension; `rollback` restores the
//! previous one.

use std::io;

use clap::Args;
use env_pack_domain::{AnswersRef, InstanceId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::add::ExtensionPayload;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::args::permissions::GrantsPayload;
use crate::binding::parse_extension_key;
use crate::binding::update::{
    UpdateRequest, parse_expected_digest, refresh_request, reject_misplaced, require, update,
};
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::grammar::{DescriptorOrPath, ExpectedDigest, NewPackRef};
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::RefreshRequest;

/// An extension to bind in place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionUpdatePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor to bind it as: `<namespace>.<family>.<implementation>@<version>`; with
    /// `--refresh`, `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Pack: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<NewPackRef>>")]
    pub pack_ref: Option<String>,
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
    /// Resolve the reference of the bound pack again, and bind what it refers to now for
    /// all instances; at a terminal, the changes are shown first
    #[arg(long, conflicts_with_all = ["pack_ref", "answers_ref", "no_fetch", "all_instances"])]
    #[serde(default)]
    pub refresh: bool,
    /// Show the changes without binding anything
    #[arg(long, requires = "refresh")]
    #[serde(default)]
    pub dry_run: bool,
    /// Fail unless the pack has this archive or manifest digest, as `--dry-run` prints it
    #[arg(long, value_name = "DIGEST", requires = "refresh")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ExpectedDigest>>")]
    pub expect: Option<String>,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

impl Payload for ExtensionUpdatePayload {
    type Request = UpdateRequest;

    fn into_request(self) -> Result<UpdateRequest, UsageError> {
        let others = [
            ("pack_ref", self.pack_ref.is_some()),
            ("answers_ref", self.answers_ref.is_some()),
            ("no_fetch", self.no_fetch),
            ("all_instances", self.all_instances),
        ];
        reject_misplaced(self.refresh, &others, self.dry_run || self.expect.is_some())?;
        if self.refresh {
            let request = RefreshRequest {
                environment: self.environment_id.parse()?,
                key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
                grants: self.grants.parse()?,
                expected: parse_expected_digest(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key.key,
            };
            return Ok(refresh_request(request, self.dry_run));
        }
        let payload = ExtensionPayload {
            environment_id: self.environment_id,
            kind: self.kind,
            pack_ref: require("pack_ref", self.pack_ref)?,
            instance_id: self.instance_id,
            answers_ref: self.answers_ref,
            idempotency_key: self.idempotency_key,
            no_fetch: self.no_fetch,
            all_instances: self.all_instances,
            grants: self.grants,
        };
        payload.into_request().map(Box::new).map(UpdateRequest::Bind)
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionUpdatePayload>) -> io::Result<u8> {
    runner.run("extensions", "update", input, |request| update(runner, request))
}
