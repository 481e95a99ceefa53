//! The arguments of the verbs that replace a binding: by another pack, or by what its reference stands for now.

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::environment::Environment;
use super::error::UsageError;
use super::parse::{core_slot, extension, parsed};
use super::payload::{ExtensionPayload, GrantsPayload, PackPayload, core_slots};
use crate::ops::bind::BindRequest;
use crate::ops::refresh::RefreshRequest;
use env_pack_domain::{BindingKey, Sha256Digest};

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
#[schemars(extend("if" = is_refresh(), "then" = only_place(NO_KIND), "else" = named(["kind", "pack_ref"])))]
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
    pub kind: Option<String>,
    /// Where the pack is: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    pub pack_ref: Option<String>,
    /// Where its answers are, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    pub answers_ref: Option<String>,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// Bind the pack without looking at it
    #[arg(long)]
    #[serde(default)]
    pub no_fetch: bool,
    /// Take what the reference of the bound pack stands for now; what changed is shown first
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
    pub expect: Option<String>,
    #[command(flatten)]
    #[serde(default)]
    pub grants: GrantsPayload,
}

/// An extension to bind in the place of another.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("if" = is_refresh(), "then" = only_place(ONE_INSTANCE), "else" = named(["kind", "pack_ref"])))]
pub struct ExtensionUpdatePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// What it is bound as: `<namespace>.<family>.<implementation>@<version>`; with `--refresh` the version is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    pub kind: String,
    /// Where the pack is: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF", required_unless_present_any = ["refresh", "answers", "schema"])]
    #[serde(default)]
    pub pack_ref: Option<String>,
    /// The instance; the default one, unless given
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    pub instance_id: Option<String>,
    /// Where its answers are, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
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
    /// Take what the reference of the bound pack stands for now, for every instance; what changed is shown first
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
    pub expect: Option<String>,
    #[command(flatten)]
    #[serde(default)]
    pub grants: GrantsPayload,
}

/// A slot says which binding it is; an extension has a kind for that, and all of its instances move along anyway.
const NO_KIND: &str = r#""kind": {"const": null}"#;
const ONE_INSTANCE: &str = r#""all_instances": {"const": false}"#;

/// The condition under which what is bound stays bound.
fn is_refresh() -> Value {
    literal(r#"{"properties": {"refresh": {"const": true}}, "required": ["refresh"]}"#)
}

/// Then everything but the place is known already.
fn only_place(also: &str) -> Value {
    let never = r#""pack_ref": {"const": null}, "answers_ref": {"const": null}, "no_fetch": {"const": false}"#;
    literal(&format!(r#"{{"properties": {{{never}, {also}}}}}"#))
}

/// Otherwise the pack has to be named, and nothing is only shown.
fn named(arguments: [&str; 2]) -> Value {
    let [one, other] = arguments.map(|name| format!(r#""{name}": {{"type": "string"}}"#));
    let required = arguments.map(|name| format!("\"{name}\"")).join(", ");
    literal(&format!(
        r#"{{"required": [{required}], "properties": {{{one}, {other}, "dry_run": {{"const": false}}, "expect": {{"const": null}}}}}}"#
    ))
}

fn literal(text: &str) -> Value {
    serde_json::from_str(text).expect("it stands here")
}

/// What only one of the two kinds of update takes.
fn misplaced(refresh: bool, others: &[(&'static str, bool)], only_refresh: bool) -> Result<(), UsageError> {
    match others.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if refresh => Err(UsageError::text(argument, "what is refreshed stays as it is bound")),
        _ if only_refresh && !refresh => Err(UsageError::text("refresh", "only with it, something can be shown first")),
        _ => Ok(()),
    }
}

/// A digest, with or without `sha256:` before it.
fn expected(text: &str) -> Result<Sha256Digest, UsageError> {
    match text.contains(':') {
        true => parsed("expect", text),
        false => parsed("expect", &format!("sha256:{text}")),
    }
}

fn given(argument: &'static str, text: Option<String>) -> Result<String, UsageError> {
    text.ok_or_else(|| UsageError::text(argument, "it is needed unless the bound pack is refreshed"))
}

impl PackUpdatePayload {
    pub fn parse(self) -> Result<Update, UsageError> {
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
                expected: self.expect.as_deref().map(expected).transpose()?,
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

impl ExtensionUpdatePayload {
    pub fn parse(self) -> Result<Update, UsageError> {
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
                expected: self.expect.as_deref().map(expected).transpose()?,
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
