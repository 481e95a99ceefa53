//! The arguments of each verb: one type that flags and files are read into, and that the
//! published schema is made from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;
use env_pack_domain::{
    AnswersRef, CoreSlot, DisplayName, ExtRef, ForeignText, InstanceId, NetworkPermission,
    PackDescriptor, ToolPermission,
};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::arguments::{object, whole_number};
use super::environment::{Environment, EnvironmentOrLocal};
use super::grammar::{DescriptorOrPath, ListenAddr, NewPackRef};
use crate::document::Text;

/// No arguments.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoPayload {}

/// An environment to look at.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPayload {
    /// The environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentOrLocal,
}

/// A pack to measure.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchPayload {
    /// The pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// How often each is measured
    #[arg(long, default_value_t = turns())]
    #[serde(default = "turns", deserialize_with = "whole_number")]
    #[schemars(range(min = 1, max = 10_000))]
    pub turns: u16,
}

/// How often something can be measured.
pub const BENCH_TURNS: std::ops::RangeInclusive<u16> = 1..=10_000;

fn turns() -> u16 {
    31
}

/// An environment to examine.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorPayload {
    /// The environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentOrLocal,
    /// Count what is only worth knowing as a finding too
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
}

/// An environment to create or to heal.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitPayload {
    /// The environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentOrLocal,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An environment to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// Its name for people; its id, unless given
    #[arg(long)]
    #[serde(default)]
    #[schemars(with = "Option<Text<DisplayName>>")]
    pub name: Option<String>,
    /// Where its runtime listens
    #[arg(long, value_name = "IP:PORT")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ListenAddr>>")]
    pub listen_addr: Option<String>,
    /// Bind nothing
    #[arg(long)]
    #[serde(default)]
    pub empty: bool,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A pack to bind to a slot.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackPayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// What it is bound as: `<namespace>.<slot>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    pub kind: String,
    /// Where the pack is: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
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
    #[command(flatten)]
    #[serde(default, deserialize_with = "object")]
    pub grants: GrantsPayload,
}

/// What a pack may do beside asking programs for their versions, as far as it declares
/// it.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrantsPayload {
    /// Let the pack run a command, such as 'vault token lookup'
    #[arg(long = "grant-tool", value_name = "COMMAND")]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// Let the pack connect to an address
    #[arg(long = "grant-network", value_name = "HOST:PORT")]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// Let the pack do everything it declares
    #[arg(long = "grant", value_name = "WHAT")]
    #[schemars(with = "Option<String>", extend("enum" = ["declared", null]))]
    pub all: Option<All>,
}

/// What all of something is.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(try_from = "String")]
pub enum All {
    /// Everything that the pack declares
    Declared,
}

impl TryFrom<String> for All {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        word(&name)
    }
}

/// What to allow a bound pack, or to allow it no longer.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsChangePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The pack, by a path it answers for; a `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// A command it runs, such as 'vault token lookup'
    #[arg(long = "tool", value_name = "COMMAND")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// An address it connects to
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// Everything that it declares
    #[arg(long)]
    #[serde(default)]
    pub declared: bool,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A slot to free or to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackRemovePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to bind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionPayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// What it is bound as: `<namespace>.<family>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    pub kind: String,
    /// Where the pack is: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
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
    #[command(flatten)]
    #[serde(default, deserialize_with = "object")]
    pub grants: GrantsPayload,
}

/// An extension to unbind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRemovePayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The extension; a `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// The instance; the default one, unless given
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRollbackPayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The extension; a `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// The instance; the default one, unless given
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// Roll back every other instance of the extension too
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to resolve.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolvePayload {
    /// The extension: `ext://<path>[/<instance>]`
    #[arg(value_name = "REFERENCE")]
    #[schemars(with = "Text<ExtRef>")]
    pub reference: String,
    /// The environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentOrLocal,
}

/// An archive to make canonical.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepackPayload {
    /// The archive
    #[arg(value_name = "FILE")]
    pub archive: PathBuf,
    /// Where the canonical pack goes; never the archive itself
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// A pack to look into.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectPayload {
    /// The pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// Print the world of each component in the language WIT
    #[arg(long)]
    #[serde(default)]
    pub wit: bool,
}

/// How the cache is checked.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheVerifyPayload {
    /// Leave what is damaged where it is
    #[arg(long)]
    #[serde(default)]
    pub keep: bool,
}

/// How the cache is tidied up.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheGcPayload {
    /// Say what would go, and take nothing away
    #[arg(long)]
    #[serde(default)]
    pub dry_run: bool,
}

/// A shell to complete for.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionsPayload {
    /// The shell
    #[serde(deserialize_with = "shell")]
    #[schemars(with = "String", extend("enum" = shells()))]
    pub shell: Shell,
}

pub(super) fn core_slots() -> Vec<String> {
    CoreSlot::all().map(|slot| slot.to_string()).collect()
}

fn shells() -> Vec<String> {
    Shell::value_variants().iter().map(ToString::to_string).collect()
}

fn shell<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shell, D::Error> {
    word(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// One of a few words, as a flag takes it.
pub(super) fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    let names = T::value_variants()
        .iter()
        .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()));
    let none = || {
        format!(
            "`{}` is none of {}",
            ForeignText::excerpt(text),
            names.collect::<Vec<_>>().join(", ")
        )
    };
    T::from_str(text, false).map_err(|_| none())
}
