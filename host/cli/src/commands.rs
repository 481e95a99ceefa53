//! The command tree as clap parses it, and the verb that each command runs.

use std::ffi::OsString;
use std::io;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::answers::{self, AnswersVerb};
use super::audit::{self, AuditVerb};
use super::cache::{self, CacheVerb};
use super::completions::{self, CompletionsPayload};
use super::doctor::{self, DoctorSubject};
use super::env::{self, EnvVerb};
use super::env_packs::{self, EnvPacksVerb};
use super::extensions::{self, ExtensionsVerb};
use super::global::Global;
use super::grants::{self, GrantsVerb};
use super::help;
use super::history::{self, HistoryPayload};
use super::input::Input;
use super::messaging::{self, MessagingNoun};
use super::pack::{self, PackVerb};
use super::request::{self, RequestVerb};
use super::runner::Runner;
use super::trust_root::{self, TrustRootVerb};

/// Run env-packs as sandboxed plug-ins and manage the environments they are bound to
#[derive(Debug, Parser)]
#[command(name = "gtc", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
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
    #[command(after_help = completions::INSTALLATION)]
    Completions(Input<CompletionsPayload>),
    /// Options that every command accepts, and the variables that set them
    #[command(hide = true, override_usage = "gtc <COMMAND> [OPTIONS]")]
    Options,
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
    /// Write and show the answers of bound packs
    #[command(subcommand)]
    Answers(AnswersVerb),
    /// Manage messaging endpoints
    #[command(subcommand)]
    Messaging(MessagingNoun),
    /// Read, verify and prune the audit log of an environment
    #[command(subcommand)]
    Audit(AuditVerb),
    /// List what was bound, and which generations can be restored
    #[command(after_help = history::EXAMPLES)]
    History(Input<HistoryPayload>),
    /// Look up requests by their idempotency key
    #[command(subcommand)]
    Request(RequestVerb),
}

/// The command tree that arguments are parsed with, also for tests and documentation.
pub fn command_tree() -> clap::Command {
    help::short_pages(Cli::command())
}

/// The command tree without what only help pages need, for completions: it shows the global
/// options of each command.
pub(crate) fn plain_tree() -> clap::Command {
    Cli::command()
}

/// The command tree for manual pages: required arguments are required, and the page of each
/// command names that of `gtc` for the global options.
pub fn manual_tree() -> clap::Command {
    help::manual_pages(Cli::command())
}

/// Parses the arguments of the program.
pub(crate) fn parse<S>(arguments: impl IntoIterator<Item = S>) -> Result<Cli, clap::Error>
where
    S: Clone + Into<OsString>,
{
    let mut tree = command_tree();
    let matches = tree.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut tree))
}

/// Runs a command, and returns its exit code.
pub(crate) fn dispatch(runner: &Runner, command: Command) -> io::Result<u8> {
    match command {
        Command::Op(Noun::Env(verb)) => env::run(runner, verb),
        Command::Op(Noun::EnvPacks(verb)) => env_packs::run(runner, verb),
        Command::Op(Noun::Extensions(verb)) => extensions::run(runner, verb),
        Command::Op(Noun::Grants(verb)) => grants::run(runner, verb),
        Command::Op(Noun::Answers(verb)) => answers::run(runner, verb),
        Command::Op(Noun::Messaging(noun)) => messaging::run(runner, noun),
        Command::Op(Noun::Audit(verb)) => audit::run(runner, verb),
        Command::Op(Noun::History(input)) => history::run(runner, input),
        Command::Op(Noun::Request(verb)) => request::run(runner, verb),
        Command::Op(Noun::TrustRoot(verb)) => trust_root::run(runner, verb),
        Command::Pack(verb) => pack::run(runner, verb),
        Command::Cache(verb) => cache::run(runner, verb),
        Command::Doctor(subject) => doctor::run(runner, subject),
        Command::Completions(input) => completions::run(runner, input),
        Command::Options => help::print_options_page(command_tree()),
    }
}
