//! The command tree: nouns, verbs and global flags, as clap parses them.

use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::carry::{LoadPayload, SavePayload};
use super::examples;
use super::input::Input;
use super::payload::{
    BenchPayload, CacheGcPayload, CacheVerifyPayload, CompletionsPayload, CreatePayload,
    DoctorPayload, EnvironmentPayload, ExtensionPayload, ExtensionRemovePayload,
    ExtensionRollbackPayload, GrantsChangePayload, InitPayload, InspectPayload, NoPayload,
    PackPayload, PackRemovePayload, RepackPayload, ResolvePayload,
};
use super::project::{BuildPayload, NewPayload};
use super::registry::{PullPayload, PushPayload};
use super::test::TestPayload;
use super::trust::{DistrustPayload, KeygenPayload, SignPayload, TrustPayload, VerifyPayload};
use super::update::{ExtensionUpdatePayload, PackUpdatePayload};
use super::validate::ValidatePayload;

/// Run env-packs as sandboxed plug-ins and manage the environments they are bound to
#[derive(Debug, Parser)]
#[command(name = "gtc", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Folder that holds the environments [default: ~/.greentic/environments]
    #[arg(
        long,
        global = true,
        env = "GTC_STORE_ROOT",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub store_root: Option<PathBuf>,
    /// Folder of cached archives and compiled code [default: $XDG_CACHE_HOME/gtc or ~/.cache/gtc]
    #[arg(
        long,
        global = true,
        env = "GTC_CACHE_DIR",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub cache_dir: Option<PathBuf>,
    /// Output format [default: human on a terminal, json elsewhere]
    #[arg(
        long,
        global = true,
        env = "GTC_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub format: Option<Format>,
    /// Change a limit, such as `handler.preflight-time=60s`; see `gtc doctor limits`
    #[arg(
        long = "limit",
        global = true,
        env = "GTC_LIMITS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "NAME=VALUE",
        help_heading = "Global options"
    )]
    pub limits: Vec<String>,
    /// Do not use the network; use only local files and the cache
    #[arg(
        long,
        global = true,
        env = "GTC_OFFLINE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new(),
        help_heading = "Registries"
    )]
    pub offline: bool,
    /// Use plain HTTP for this registry; always allowed for registries on this machine
    #[arg(
        long,
        global = true,
        env = "GTC_PLAIN_HTTP",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "REGISTRY",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub plain_http: Vec<String>,
    /// Also trust the certificate authorities in this PEM file
    #[arg(
        long,
        global = true,
        env = "GTC_CA_FILE",
        value_parser = clap::builder::OsStringValueParser::new().map(PathBuf::from),
        hide_env_values = true,
        value_name = "FILE",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub ca_file: Option<PathBuf>,
    /// Send the credentials of a registry to its token server on this host
    #[arg(
        long,
        global = true,
        env = "GTC_TOKEN_REALMS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "REGISTRY=HOST",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub token_realm: Vec<String>,
    /// Send all requests for a registry to this host instead
    #[arg(
        long,
        global = true,
        env = "GTC_MIRRORS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "REGISTRY=HOST",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub mirror: Vec<String>,
    /// Print only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Print the log messages of handlers
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
}

/// Output format of results and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned text for people
    Human,
    /// One JSON document for programs
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Manage environments and the packs bound to them
    #[command(subcommand)]
    Op(Noun),
    /// Create, build, test, sign and distribute packs
    #[command(subcommand)]
    Pack(PackVerb),
    /// List, verify and clean up the cache of archives and compiled code
    #[command(subcommand)]
    Cache(CacheVerb),
    /// Examine this program
    #[command(subcommand)]
    Doctor(DoctorSubject),
    /// Print a completion script for a shell
    Completions(Input<CompletionsPayload>),
}

#[derive(Debug, Subcommand)]
pub enum CacheVerb {
    /// Print the path of the cache
    Path(Input<NoPayload>),
    /// List cached files and the environments that use them
    List(Input<NoPayload>),
    /// Hash all cached files again and remove damaged ones
    Verify(Input<CacheVerifyPayload>),
    /// Remove cached files that no environment uses
    Gc(Input<CacheGcPayload>),
}

#[derive(Debug, Subcommand)]
pub enum DoctorSubject {
    /// Check that the sandbox for untrusted components works on this machine
    #[command(name = "self")]
    Program(Input<NoPayload>),
    /// List the limits on archives, handlers and registries
    Limits(Input<NoPayload>),
}

#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Create and examine environments
    #[command(subcommand)]
    Env(EnvVerb),
    /// Bind packs to the slots of an environment
    #[command(subcommand)]
    EnvPacks(EnvPacksVerb),
    /// Bind extensions to an environment
    #[command(subcommand)]
    Extensions(ExtensionsVerb),
    /// Manage the keys whose signatures an environment trusts
    #[command(subcommand)]
    TrustRoot(TrustRootVerb),
    /// Manage the permissions of bound packs
    #[command(subcommand)]
    Grants(GrantsVerb),
}

#[derive(Debug, Subcommand)]
pub enum EnvVerb {
    /// Create or repair an environment with the default packs, then examine it
    Init(Input<InitPayload>),
    /// Create an environment with the default packs
    Create(Input<CreatePayload>),
    /// List environments
    List(Input<NoPayload>),
    /// Print the files of an environment
    Show(Input<EnvironmentPayload>),
    /// Report the problems of an environment and how to fix them
    Doctor(Input<DoctorPayload>),
    /// Check that this machine has the programs and connections that handlers need
    ToolCheck(Input<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum EnvPacksVerb {
    /// Bind a pack to an empty slot
    Add(Input<PackPayload>),
    /// Replace the pack of a slot; `rollback` restores the previous one
    Update(Input<PackUpdatePayload>),
    /// Unbind the pack of a slot; this cannot be rolled back
    Remove(Input<PackRemovePayload>),
    /// Restore the pack that the last update replaced
    Rollback(Input<PackRemovePayload>),
    /// List bound packs
    List(Input<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum ExtensionsVerb {
    /// Bind an extension
    Add(Input<ExtensionPayload>),
    /// Replace the pack of an extension; `rollback` restores the previous one
    Update(Input<ExtensionUpdatePayload>),
    /// Unbind an extension; this cannot be rolled back
    Remove(Input<ExtensionRemovePayload>),
    /// Restore the pack that the last update replaced
    Rollback(Input<ExtensionRollbackPayload>),
    /// List bound extensions
    List(Input<EnvironmentPayload>),
    /// Print the answers of the extension that `ext://<path>[/<instance>]` names
    Resolve(Input<ResolvePayload>),
}

#[derive(Debug, Subcommand)]
pub enum GrantsVerb {
    /// List the permissions of every bound pack
    List(Input<EnvironmentPayload>),
    /// Grant permissions that a pack declares
    Add(Input<GrantsChangePayload>),
    /// Revoke permissions of a pack
    Revoke(Input<GrantsChangePayload>),
}

#[derive(Debug, Subcommand)]
pub enum TrustRootVerb {
    /// Trust a key; once one is trusted, only packs with a trusted signature are bound or
    /// loaded
    Add(Input<TrustPayload>),
    /// Stop trusting a key
    Remove(Input<DistrustPayload>),
    /// List trusted keys
    List(Input<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum PackVerb {
    /// Create a project with a handler and a test
    #[command(after_help = examples::NEW)]
    New(Input<NewPayload>),
    /// Build a pack from a project or from a component
    #[command(after_help = examples::BUILD)]
    Build(Input<BuildPayload>),
    /// Show the contents of a pack without running it
    #[command(after_help = examples::INSPECT)]
    Inspect(Input<InspectPayload>),
    /// Measure how long the handlers of a pack take
    #[command(after_help = examples::BENCH)]
    Bench(Input<BenchPayload>),
    /// Report all problems of packs and how to fix them (for CI)
    #[command(after_help = examples::VALIDATE)]
    Validate(Input<ValidatePayload>),
    /// Run the scenarios of a pack in the sandbox, with simulated programs and network
    #[command(after_help = examples::TEST)]
    Test(Input<TestPayload>),
    /// Rewrite a non-canonical archive in canonical form
    #[command(after_help = examples::REPACK)]
    Repack(Input<RepackPayload>),
    /// Push a pack to an OCI registry
    #[command(after_help = examples::PUSH)]
    Push(Input<PushPayload>),
    /// Pull a pack from an OCI registry into a file
    #[command(after_help = examples::PULL)]
    Pull(Input<PullPayload>),
    /// Save packs to one file, for machines that cannot reach a registry
    #[command(after_help = examples::SAVE)]
    Save(Input<SavePayload>),
    /// Load packs from a file that `gtc pack save` wrote
    #[command(after_help = examples::LOAD)]
    Load(Input<LoadPayload>),
    /// Create a key pair for signing packs
    #[command(after_help = examples::KEYGEN)]
    Keygen(Input<KeygenPayload>),
    /// Sign a pack
    #[command(after_help = examples::SIGN)]
    Sign(Input<SignPayload>),
    /// Verify that a pack has a trusted signature
    #[command(after_help = examples::VERIFY)]
    Verify(Input<VerifyPayload>),
}
