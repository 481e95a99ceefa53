//! The command line: nouns, verbs and flags as clap reads them.

use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::carry::{LoadPayload, SavePayload};
use super::examples;
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
use super::verb::Verb;

/// Loads env-packs as sandboxed plug-ins, binds them to environments, and says what is
/// wrong.
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
    /// The folder of environments [default: ~/.greentic/environments]
    #[arg(
        long,
        global = true,
        env = "GTC_STORE_ROOT",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub store_root: Option<PathBuf>,
    /// The folder of kept archives and compiled code [default: ~/.cache/gtc]
    #[arg(
        long,
        global = true,
        env = "GTC_CACHE_DIR",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub cache_dir: Option<PathBuf>,
    /// How results are written [default: human on a terminal, json elsewhere]
    #[arg(
        long,
        global = true,
        env = "GTC_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub format: Option<Format>,
    /// Change a cap, such as `handler.preflight-time=60s`; `gtc doctor limits` lists them
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
    /// Open no socket: use only what is here already
    #[arg(
        long,
        global = true,
        env = "GTC_OFFLINE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new(),
        help_heading = "Registries"
    )]
    pub offline: bool,
    /// Reach this registry without encryption, as those on this machine always may be
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
    /// Trust the certificate authorities in this PEM file too
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
    /// Let a registry have logins sent to this other host
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
    /// Ask this host, and nobody else, for what is in a registry
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
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Say what handlers log
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned text for people
    Human,
    /// One JSON document for programs
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Operate environments
    #[command(subcommand)]
    Op(Noun),
    /// Build packs and look into them
    #[command(subcommand)]
    Pack(PackVerb),
    /// See, check and tidy up what is kept: archives and compiled code
    #[command(subcommand)]
    Cache(CacheVerb),
    /// Examine this program itself
    #[command(subcommand)]
    Doctor(DoctorSubject),
    /// Print a completion script for a shell
    Completions(Verb<CompletionsPayload>),
}

#[derive(Debug, Subcommand)]
pub enum CacheVerb {
    /// Say where the cache is
    Path(Verb<NoPayload>),
    /// List what is kept, and who needs it
    List(Verb<NoPayload>),
    /// Hash everything again, and take away what is damaged
    Verify(Verb<CacheVerifyPayload>),
    /// Take away what nobody needs any more
    Gc(Verb<CacheGcPayload>),
}

#[derive(Debug, Subcommand)]
pub enum DoctorSubject {
    /// Say what this machine keeps hostile components from doing while they are compiled
    #[command(name = "self")]
    Program(Verb<NoPayload>),
    /// List the caps on what archives hold and handlers use up
    Limits(Verb<NoPayload>),
}

#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Environments as a whole
    #[command(subcommand)]
    Env(EnvVerb),
    /// Packs bound to the slots that hold one
    #[command(subcommand)]
    EnvPacks(EnvPacksVerb),
    /// Extensions, any number of them
    #[command(subcommand)]
    Extensions(ExtensionsVerb),
    /// The keys whose signatures an environment takes
    #[command(subcommand)]
    TrustRoot(TrustRootVerb),
    /// What bound packs may do beyond their sandbox
    #[command(subcommand)]
    Grants(GrantsVerb),
}

#[derive(Debug, Subcommand)]
pub enum EnvVerb {
    /// Create an environment with the default packs, or heal one, and examine it
    Init(Verb<InitPayload>),
    /// Create an environment with the default packs
    Create(Verb<CreatePayload>),
    /// List the environments
    List(Verb<NoPayload>),
    /// Show the files of an environment
    Show(Verb<EnvironmentPayload>),
    /// Say what is wrong with an environment, and what to do about it
    Doctor(Verb<DoctorPayload>),
    /// Ask every handler whether this machine has what it needs
    ToolCheck(Verb<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum EnvPacksVerb {
    /// Bind a pack to a free slot
    Add(Verb<PackPayload>),
    /// Replace the pack of a slot, keeping the previous one for a rollback
    Update(Verb<PackUpdatePayload>),
    /// Take the pack of a slot away, for good
    Remove(Verb<PackRemovePayload>),
    /// Restore the pack that the last update replaced
    Rollback(Verb<PackRemovePayload>),
    /// List the bound packs
    List(Verb<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum ExtensionsVerb {
    /// Bind an extension
    Add(Verb<ExtensionPayload>),
    /// Replace the pack of an extension, keeping the previous one for a rollback
    Update(Verb<ExtensionUpdatePayload>),
    /// Take an extension away, for good
    Remove(Verb<ExtensionRemovePayload>),
    /// Restore what the last update replaced
    Rollback(Verb<ExtensionRollbackPayload>),
    /// List the bound extensions
    List(Verb<EnvironmentPayload>),
    /// Print the answers that a workload gets for `ext://<path>[/<instance>]`
    Resolve(Verb<ResolvePayload>),
}

#[derive(Debug, Subcommand)]
pub enum GrantsVerb {
    /// List what every bound pack may do
    List(Verb<EnvironmentPayload>),
    /// Allow a pack more of what it declares
    Add(Verb<GrantsChangePayload>),
    /// Allow a pack less
    Revoke(Verb<GrantsChangePayload>),
}

#[derive(Debug, Subcommand)]
pub enum TrustRootVerb {
    /// Trust a key; from the first one on, no pack is bound or loaded that nobody trusted
    /// vouches for
    Add(Verb<TrustPayload>),
    /// Trust a key no longer
    Remove(Verb<DistrustPayload>),
    /// List the keys that are trusted
    List(Verb<EnvironmentPayload>),
}

#[derive(Debug, Subcommand)]
pub enum PackVerb {
    /// Make a project: a handler, its test, and everything around them
    #[command(after_help = examples::NEW)]
    New(Verb<NewPayload>),
    /// Build the pack of a project, or pack a component; it is asked in the sandbox what
    /// it is
    #[command(after_help = examples::BUILD)]
    Build(Verb<BuildPayload>),
    /// Look into a pack without running anything of it
    #[command(after_help = examples::INSPECT)]
    Inspect(Verb<InspectPayload>),
    /// Measure how long the handlers of a pack take
    #[command(after_help = examples::BENCH)]
    Bench(Verb<BenchPayload>),
    /// Say everything that is wrong with packs, and what to do about it; the door of a CI
    #[command(after_help = examples::VALIDATE)]
    Validate(Verb<ValidatePayload>),
    /// Run the scenarios of a pack, in the sandbox and without its programs and its
    /// network
    #[command(after_help = examples::TEST)]
    Test(Verb<TestPayload>),
    /// Make a sloppy but honest archive canonical, so that it can be opened
    #[command(after_help = examples::REPACK)]
    Repack(Verb<RepackPayload>),
    /// Bring a pack to an OCI registry
    #[command(after_help = examples::PUSH)]
    Push(Verb<PushPayload>),
    /// Get a pack from an OCI registry into a file
    #[command(after_help = examples::PULL)]
    Pull(Verb<PullPayload>),
    /// Write packs into a file, to carry them to where no registry can be reached
    #[command(after_help = examples::SAVE)]
    Save(Verb<SavePayload>),
    /// Load packs out of such a file
    #[command(after_help = examples::LOAD)]
    Load(Verb<LoadPayload>),
    /// Make a key to sign packs with
    #[command(after_help = examples::KEYGEN)]
    Keygen(Verb<KeygenPayload>),
    /// Vouch for a pack with a key
    #[command(after_help = examples::SIGN)]
    Sign(Verb<SignPayload>),
    /// Say who vouches for a pack, if somebody trusted does
    #[command(after_help = examples::VERIFY)]
    Verify(Verb<VerifyPayload>),
}
