//! The arguments of the verbs that replace a binding: by another pack, or by what its
//! reference stands for now.

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::object;
use super::environment::Environment;
use super::error::UsageError;
use super::grammar::{DescriptorOrPath, ExpectedDigest, NewPackRef};
use super::parse::{Payload, core_slot, extension, parsed};
use super::payload::{ExtensionPayload, GrantsPayload, PackPayload, core_slots};
use crate::document::Text;
use crate::ops::bind::BindRequest;
use crate::ops::refresh::RefreshRequest;
use env_pack_domain::{AnswersRef, BindingKey, InstanceId, PackDescriptor, Sha256Digest};

/// What is to be done with a binding.
pub enum Update {
    /// Another pack takes its place.
    Bind(Box<BindRequest>),
    /// What its reference stands for now does.
    Refresh(RefreshRequest),
}

/// A pack to bind in the place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackUpdatePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// What it is bound as: `<namespace>.<slot>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<PackDescriptor>>")]
    pub kind: Option<String>,
    /// Where the pack is: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<NewPackRef>>")]
    pub pack_ref: Option<String>,
    /// Where its answers are, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    #[schemars(with = "Option<Text<AnswersRef>>")]
    pub answers_ref: Option<String>,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// Bind the pack without looking at it
    #[arg(long)]
    #[serde(default)]
    pub no_fetch: bool,
    /// Take what the reference of the bound pack stands for now; what changed is shown
    /// first
    #[arg(long, conflicts_with_all = ["kind", "pack_ref", "answers_ref", "no_fetch"])]
    #[serde(default)]
    pub refresh: bool,
    /// Only show what changed
    #[arg(long, requires = "refresh")]
    #[serde(default)]
    pub dry_run: bool,
    /// Take nothing but this archive or manifest, as `--dry-run` showed it
    #[arg(long, value_name = "DIGEST", requires = "refresh")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ExpectedDigest>>")]
    pub expect: Option<String>,
    #[command(flatten)]
    #[serde(default, deserialize_with = "object")]
    pub grants: GrantsPayload,
}

/// An extension to bind in the place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionUpdatePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// What it is bound as: `<namespace>.<family>.<implementation>@<version>`; with
    /// `--refresh` the version is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Where the pack is: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    #[schemars(with = "Option<Text<NewPackRef>>")]
    pub pack_ref: Option<String>,
    /// The instance; the default one, unless given
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// Where its answers are, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    #[schemars(with = "Option<Text<AnswersRef>>")]
    pub answers_ref: Option<String>,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// Bind the pack without looking at it
    #[arg(long)]
    #[serde(default)]
    pub no_fetch: bool,
    /// Move every other instance of the extension to the same pack
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    /// Take what the reference of the bound pack stands for now, for every instance; what
    /// changed is shown first
    #[arg(long, conflicts_with_all = ["pack_ref", "answers_ref", "no_fetch", "all_instances"])]
    #[serde(default)]
    pub refresh: bool,
    /// Only show what changed
    #[arg(long, requires = "refresh")]
    #[serde(default)]
    pub dry_run: bool,
    /// Take nothing but this archive or manifest, as `--dry-run` showed it
    #[arg(long, value_name = "DIGEST", requires = "refresh")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ExpectedDigest>>")]
    pub expect: Option<String>,
    #[command(flatten)]
    #[serde(default, deserialize_with = "object")]
    pub grants: GrantsPayload,
}

/// What only one of the two kinds of update takes.
fn misplaced(
    refresh: bool,
    others: &[(&'static str, bool)],
    only_refresh: bool,
) -> Result<(), UsageError> {
    match others.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if refresh => {
            Err(UsageError::text(argument, "what is refreshed stays as it is bound"))
        }
        _ if only_refresh && !refresh => {
            Err(UsageError::text("refresh", "only with it, something can be shown first"))
        }
        _ => Ok(()),
    }
}

fn expected(text: Option<&str>) -> Result<Option<Sha256Digest>, UsageError> {
    text.map(|text| parsed("expect", text).map(|ExpectedDigest(digest)| digest)).transpose()
}

fn given(argument: &'static str, text: Option<String>) -> Result<String, UsageError> {
    text.ok_or_else(|| {
        UsageError::text(argument, "it is needed unless the bound pack is refreshed")
    })
}

impl Payload for PackUpdatePayload {
    type Request = Update;

    fn parse(self) -> Result<Update, UsageError> {
        let others = [
            ("kind", self.kind.is_some()),
            ("pack_ref", self.pack_ref.is_some()),
            ("answers_ref", self.answers_ref.is_some()),
            ("no_fetch", self.no_fetch),
        ];
        misplaced(self.refresh, &others, self.dry_run || self.expect.is_some())?;
        if self.refresh {
            return Ok(Update::Refresh(RefreshRequest {
                environment: self.environment_id.parse()?,
                key: BindingKey::Slot(core_slot(&self.slot)?),
                grants: self.grants.parse()?,
                dry_run: self.dry_run,
                expected: expected(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key,
            }));
        }
        let payload = PackPayload {
            environment_id: self.environment_id,
            slot: self.slot,
            kind: given("kind", self.kind)?,
            pack_ref: given("pack_ref", self.pack_ref)?,
            answers_ref: self.answers_ref,
            idempotency_key: self.idempotency_key,
            no_fetch: self.no_fetch,
            grants: self.grants,
        };
        payload.parse().map(Box::new).map(Update::Bind)
    }
}

impl Payload for ExtensionUpdatePayload {
    type Request = Update;

    fn parse(self) -> Result<Update, UsageError> {
        let others = [
            ("pack_ref", self.pack_ref.is_some()),
            ("answers_ref", self.answers_ref.is_some()),
            ("no_fetch", self.no_fetch),
            ("all_instances", self.all_instances),
        ];
        misplaced(self.refresh, &others, self.dry_run || self.expect.is_some())?;
        if self.refresh {
            return Ok(Update::Refresh(RefreshRequest {
                environment: self.environment_id.parse()?,
                key: extension(&self.kind, self.instance_id.as_deref())?,
                grants: self.grants.parse()?,
                dry_run: self.dry_run,
                expected: expected(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key,
            }));
        }
        let payload = ExtensionPayload {
            environment_id: self.environment_id,
            kind: self.kind,
            pack_ref: given("pack_ref", self.pack_ref)?,
            instance_id: self.instance_id,
            answers_ref: self.answers_ref,
            idempotency_key: self.idempotency_key,
            no_fetch: self.no_fetch,
            all_instances: self.all_instances,
            grants: self.grants,
        };
        payload.parse().map(Box::new).map(Update::Bind)
    }
}
