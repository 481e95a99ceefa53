//! The arguments of each verb. Flags and answers files are parsed into the same types, and
//! the published JSON Schemas are generated from them.

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

use super::deserialize::{deserialize_object, deserialize_u16};
use super::environment_arg::{EnvironmentArg, OptionalEnvironmentArg};
use super::grammar::{DescriptorOrPath, ListenAddr, NewPackRef};
use crate::document::Text;

/// No arguments.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoPayload {}

/// An environment to read.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPayload {
    /// Environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
}

/// A pack to measure.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchPayload {
    /// Pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// Number of measurements, 1 to 10000
    #[arg(long, default_value_t = default_turns())]
    #[serde(default = "default_turns", deserialize_with = "deserialize_u16")]
    #[schemars(range(min = 1, max = 10_000))]
    pub turns: u16,
}

/// Allowed number of measurements.
pub const BENCH_TURNS: std::ops::RangeInclusive<u16> = 1..=10_000;

fn default_turns() -> u16 {
    31
}

/// An environment to examine.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorPayload {
    /// Environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    /// Treat notices as findings
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
}

/// An environment to create or to repair.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitPayload {
    /// Environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An environment to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Display name [default: the id of the environment]
    #[arg(long)]
    #[serde(default)]
    #[schemars(with = "Option<Text<DisplayName>>")]
    pub name: Option<String>,
    /// Address that the runtime of the environment listens on
    #[arg(long, value_name = "IP:PORT")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ListenAddr>>")]
    pub listen_addr: Option<String>,
    /// Do not bind the default packs
    #[arg(long)]
    #[serde(default)]
    pub empty: bool,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A pack to bind to a slot.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackPayload {
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
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// Bind the pack without fetching or checking it
    #[arg(long)]
    #[serde(default)]
    pub no_fetch: bool,
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

/// Permissions to grant, in addition to version queries; a pack gets only those that it
/// declares.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrantsPayload {
    /// Allow the pack to run a command, such as 'vault token lookup'
    #[arg(long = "grant-tool", value_name = "COMMAND")]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// Allow the pack to connect to an address
    #[arg(long = "grant-network", value_name = "HOST:PORT")]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// Grant all permissions that the pack declares
    #[arg(long = "grant", value_name = "WHAT")]
    #[schemars(with = "Option<String>", extend("enum" = ["declared", null]))]
    pub all: Option<GrantPreset>,
}

/// A named set of permissions.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(try_from = "String")]
pub enum GrantPreset {
    /// All permissions that the pack declares
    Declared,
}

impl TryFrom<String> for GrantPreset {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        parse_value_enum(&name)
    }
}

/// Permissions to grant to a bound pack, or to revoke.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsChangePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor path that the pack provides; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Command, such as 'vault token lookup'
    #[arg(long = "tool", value_name = "COMMAND")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// Address, such as vault.example:8200
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// All permissions that the pack declares
    #[arg(long)]
    #[serde(default)]
    pub declared: bool,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A slot to unbind or to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackRemovePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Slot
    #[arg(long)]
    #[schemars(extend("enum" = core_slots()))]
    pub slot: String,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to bind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionPayload {
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
    #[command(flatten)]
    #[serde(default, deserialize_with = "deserialize_object")]
    pub grants: GrantsPayload,
}

/// An extension to unbind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRemovePayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor of the extension; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRollbackPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor of the extension; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// Also roll back all other instances of the extension
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// An extension to resolve.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolvePayload {
    /// Extension: `ext://<path>[/<instance>]`
    #[arg(value_name = "REFERENCE")]
    #[schemars(with = "Text<ExtRef>")]
    pub reference: String,
    /// Environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
}

/// An archive to rewrite in canonical form.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepackPayload {
    /// Archive to rewrite
    #[arg(value_name = "FILE")]
    pub archive: PathBuf,
    /// File to write; must not be the archive itself
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// A pack to inspect.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectPayload {
    /// Pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// Print the world of each component in WIT
    #[arg(long)]
    #[serde(default)]
    pub wit: bool,
}

/// Options of `cache verify`.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheVerifyPayload {
    /// Report damaged files without removing them
    #[arg(long)]
    #[serde(default)]
    pub keep: bool,
}

/// Options of `cache gc`.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheGcPayload {
    /// Report what would be removed without removing it
    #[arg(long)]
    #[serde(default)]
    pub dry_run: bool,
}

/// The shell to print completions for.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionsPayload {
    /// Shell
    #[serde(deserialize_with = "deserialize_shell")]
    #[schemars(with = "String", extend("enum" = shells()))]
    pub shell: Shell,
}

pub(super) fn core_slots() -> Vec<String> {
    CoreSlot::all().map(|slot| slot.to_string()).collect()
}

fn shells() -> Vec<String> {
    Shell::value_variants().iter().map(ToString::to_string).collect()
}

fn deserialize_shell<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shell, D::Error> {
    parse_value_enum(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Parses one of the names of a [`ValueEnum`], as clap parses it from a flag.
pub(super) fn parse_value_enum<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{}` is not one of {}", ForeignText::excerpt(text), names.join(", "))
    })
}
