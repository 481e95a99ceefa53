//! The command line: parses arguments into requests, calls operations, and renders their
//! reports. It holds no rules of its own.

mod answers;
mod args;
mod audit;
mod binding;
mod cache;
mod commands;
mod completions;
mod deserialize;
mod doctor;
mod env;
mod env_packs;
mod error;
mod exit_code;
mod extensions;
mod fleet;
mod global;
mod grammar;
mod grants;
mod help;
mod history;
mod input;
mod list_writer;
mod locale;
mod log;
mod messaging;
mod output;
mod pack;
mod parse;
mod progress;
mod prompt;
mod render;
mod request;
mod runner;
mod settings;
mod table;
mod trust_root;
mod usage_error;

use std::ffi::OsString;
use std::process::ExitCode;

pub use commands::{command_tree, manual_tree};
pub use exit_code::EXIT_ERROR;

use commands::dispatch;
use global::Format;
use output::Output;
use runner::Runner;

/// Runs the command that the arguments name, and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if let Some(code) = completions::complete(command_tree, commands::plain_tree) {
        return code;
    }
    // help and errors call it `gtc`, whatever the file is called
    let arguments: Vec<OsString> =
        std::iter::once("gtc".into()).chain(arguments.into_iter().skip(1)).collect();
    let cli = match commands::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error::report(&error, &arguments),
    };
    let done = match Runner::new(&cli.global) {
        Ok(runner) => dispatch(&runner, cli.command),
        Err(error) => {
            let output = Output::without_flags(Format::or_default(cli.global.format), "", "");
            output.error(&error).map(|()| error.exit_code())
        }
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => usage_error::report_write_error(&error, &arguments),
    }
}
