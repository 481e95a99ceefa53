//! The command tree: nouns, verbs and global flags, as clap parses them.

use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::cache::CacheVerb;
use super::completions::CompletionsPayload;
use super::doctor::DoctorSubject;
use super::env::EnvVerb;
use super::env_packs::EnvPacksVerb;
use super::extensions::ExtensionsVerb;
use super::grants::GrantsVerb;
use super::input::Input;
use super::pack::PackVerb;
use super::trust_root::TrustRootVerb;

/// Run env-packs as sandboxed plug-ins and manage the environments they are bound to
#[derive(Debug, Parser)]
#[command(name = "gtc", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
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
    /// Print log lines and the messages of handlers; `-vv` prints more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// Output format of results and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text for people
    Human,
    /// One JSON document for programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
pub(crate) enum Noun {
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
