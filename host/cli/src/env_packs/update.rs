//! `gtc op env-packs update`: replace the pack of a slot; `rollback` restores the
//! previous one.

use std::io;

use clap::Args;
use env_pack_domain::{AnswersRef, BindingKey, PackDescriptor};
use schemars::JsonSchema;
use serde::Deserialize;

use super::add::PackPayload;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::args::permissions::GrantsPayload;
use crate::binding::update::{
    UpdateRequest, parse_expected_digest, refresh_request, reject_misplaced, require, update,
};
use crate::binding::{core_slots, parse_core_slot};
use crate::deserialize::deserialize_object;
use crate::error::UsageError;
use crate::grammar::{ExpectedDigest, NewPackRef};
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::RefreshRequest;

/// A pack to bind in place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackUpdatePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// Descriptor to bind it as: `<namespace>.<slot>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<PackDescriptor>>")]
    pub kind: Option<String>,
    /// Pack: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<NewPackRef>>")]
    pub pack_ref: Option<String>,
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
    /// Resolve the reference of the bound pack again, and bind what it refers to now; at a
    /// terminal, the changes are shown first
    #[arg(long, conflicts_with_all = ["kind", "pack_ref", "answers_ref", "no_fetch"])]
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

impl Payload for PackUpdatePayload {
    type Request = UpdateRequest;

    fn into_request(self) -> Result<UpdateRequest, UsageError> {
        let others = [
            ("kind", self.kind.is_some()),
            ("pack_ref", self.pack_ref.is_some()),
            ("answers_ref", self.answers_ref.is_some()),
            ("no_fetch", self.no_fetch),
        ];
        reject_misplaced(self.refresh, &others, self.dry_run || self.expect.is_some())?;
        if self.refresh {
            let request = RefreshRequest {
                environment: self.environment_id.parse()?,
                key: BindingKey::Slot(parse_core_slot(&self.slot)?),
                grants: self.grants.parse()?,
                expected: parse_expected_digest(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key.key,
            };
            return Ok(refresh_request(request, self.dry_run));
        }
        let payload = PackPayload {
            environment_id: self.environment_id,
            slot: self.slot,
            kind: require("kind", self.kind)?,
            pack_ref: require("pack_ref", self.pack_ref)?,
            answers_ref: self.answers_ref,
            idempotency_key: self.idempotency_key,
            no_fetch: self.no_fetch,
            grants: self.grants,
        };
        payload.into_request().map(Box::new).map(UpdateRequest::Bind)
    }
}

pub(super) fn run(runner: &Runner, input: Input<PackUpdatePayload>) -> io::Result<u8> {
    runner.run("env-packs", "update", input, |request| update(runner, request))
}
