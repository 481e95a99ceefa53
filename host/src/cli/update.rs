//! The arguments of the verbs that replace a binding: by another pack, or by the pack that
//! its reference refers to now.

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::deserialize::deserialize_object;
use super::environment_arg::EnvironmentArg;
use super::error::UsageError;
use super::grammar::{DescriptorOrPath, ExpectedDigest, NewPackRef};
use super::parse::{Payload, parse_argument, parse_core_slot, parse_extension_key};
use super::payload::{ExtensionPayload, GrantsPayload, PackPayload, core_slots};
use crate::document::Text;
use crate::ops::bind::BindRequest;
use crate::ops::refresh::RefreshRequest;
use env_pack_domain::{AnswersRef, BindingKey, InstanceId, PackDescriptor, Sha256Digest};

/// How to replace a binding.
pub enum UpdateRequest {
    /// Bind another pack.
    Bind(Box<BindRequest>),
    /// Resolve the reference of the bound pack again.
    Refresh(RefreshRequest),
}

/// A pack to bind in place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackUpdatePayload {
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
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
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

/// An extension to bind in place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionUpdatePayload {
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
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
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

/// Refuses arguments that belong to the other kind of update.
fn reject_misplaced(
    refresh: bool,
    others: &[(&'static str, bool)],
    only_refresh: bool,
) -> Result<(), UsageError> {
    match others.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if refresh => Err(UsageError::new(
            argument,
            "cannot be combined with `--refresh`, which keeps the binding as it is",
        )),
        _ if only_refresh && !refresh => {
            Err(UsageError::new("refresh", "`--dry-run` and `--expect` require `--refresh`"))
        }
        _ => Ok(()),
    }
}

fn parse_expected_digest(text: Option<&str>) -> Result<Option<Sha256Digest>, UsageError> {
    text.map(|text| parse_argument("expect", text).map(|ExpectedDigest(digest)| digest)).transpose()
}

fn require(argument: &'static str, text: Option<String>) -> Result<String, UsageError> {
    text.ok_or_else(|| UsageError::new(argument, "required unless `--refresh` is given"))
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
            return Ok(UpdateRequest::Refresh(RefreshRequest {
                environment: self.environment_id.parse()?,
                key: BindingKey::Slot(parse_core_slot(&self.slot)?),
                grants: self.grants.parse()?,
                dry_run: self.dry_run,
                expected: parse_expected_digest(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key,
            }));
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
            return Ok(UpdateRequest::Refresh(RefreshRequest {
                environment: self.environment_id.parse()?,
                key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
                grants: self.grants.parse()?,
                dry_run: self.dry_run,
                expected: parse_expected_digest(self.expect.as_deref())?,
                idempotency_key: self.idempotency_key,
            }));
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
