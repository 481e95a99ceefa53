//! The command line: parses arguments into requests, calls operations, and renders their
//! reports. It holds no rules of its own.

mod args;
mod binding;
mod cache;
mod commands;
mod completions;
mod deserialize;
mod doctor;
mod env;
mod env_packs;
mod error;
mod extensions;
mod grammar;
mod grants;
mod input;
mod log;
mod output;
mod pack;
mod parse;
mod progress;
mod prompt;
mod render;
mod runner;
mod settings;
mod table;
mod trust_root;
mod usage_error;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use commands::{Cli, Command, Format, Noun};
use output::Output;
use runner::Runner;

/// Exit code of a refusal or a failed check.
const EXIT_REFUSED: u8 = 1;

/// Exit code of an error: usage, input and output, network, or a bug.
pub const EXIT_ERROR: u8 = 2;

/// Runs the command that the arguments name, and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // help and errors call it `gtc`, whatever the file is called
    let arguments: Vec<OsString> =
        std::iter::once("gtc".into()).chain(arguments.into_iter().skip(1)).collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error::report(&error, &arguments),
    };
    let done = match Runner::new(&cli) {
        Ok(runner) => dispatch(&runner, cli.command),
        Err(error) => {
            let output =
                Output { format: Format::or_default(cli.global.format), noun: "", verb: "" };
            output.error(&error).map(|()| error.exit_code())
        }
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => usage_error::report_write_error(&error, &arguments),
    }
}

/// The command tree, for completions, tests and documentation.
pub fn command_tree() -> clap::Command {
    Cli::command()
}

/// Runs a command, and returns its exit code.
fn dispatch(runner: &Runner, command: Command) -> io::Result<u8> {
    match command {
        Command::Op(Noun::Env(verb)) => env::run(runner, verb),
        Command::Op(Noun::EnvPacks(verb)) => env_packs::run(runner, verb),
        Command::Op(Noun::Extensions(verb)) => extensions::run(runner, verb),
        Command::Op(Noun::Grants(verb)) => grants::run(runner, verb),
        Command::Op(Noun::TrustRoot(verb)) => trust_root::run(runner, verb),
        Command::Pack(verb) => pack::run(runner, verb),
        Command::Cache(verb) => cache::run(runner, verb),
        Command::Doctor(subject) => doctor::run(runner, subject),
        Command::Completions(input) => completions::run(runner, input),
    }
}
