//! Help, the version, and arguments that make no command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::args::Format;
use super::output::Output;
use super::{IMPOSSIBLE, command_tree};

/// Writes what clap has to say, and ends.
pub fn no_command(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let arguments: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let written = match error.use_stderr() && format_asked(&arguments) == Format::Json {
        true => explain(error, &arguments),
        false => error.print(),
    };
    match (written, error.use_stderr()) {
        (Ok(()), false) => ExitCode::SUCCESS,
        _ => IMPOSSIBLE.into(),
    }
}

/// The format that arguments ask for, when they are too wrong to be parsed.
fn format_asked(arguments: &[String]) -> Format {
    let mut values = arguments.iter().enumerate().filter_map(|(at, text)| match text.as_str() {
        "--format" => arguments.get(at + 1).map(String::as_str),
        text => text.strip_prefix("--format="),
    });
    let asked = values.next_back().map(str::to_owned).or_else(|| std::env::var("GTC_FORMAT").ok());
    Format::choose(asked.and_then(|text| clap::ValueEnum::from_str(&text, false).ok()))
}

/// Says what is wrong as one JSON document, with noun and verb as far as they are known.
fn explain(error: &clap::Error, arguments: &[String]) -> std::io::Result<()> {
    let tree = command_tree();
    let found = words(&tree, arguments);
    let last = found.last().copied().unwrap_or(&tree);
    let is_verb = last.get_subcommands().next().is_none();
    let verb = if is_verb { last.get_name() } else { "" };
    // `op` holds nouns and is none
    let holder = if is_verb { found.iter().rev().nth(1) } else { found.last() };
    let noun = holder.map(|command| command.get_name()).filter(|name| *name != "op").unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let names: Vec<_> = last.get_subcommands().map(|command| format!("`{}`", command.get_name())).collect();
            format!("a command is missing: one of {}", names.join(", "))
        }
        _ => sentence(&error.to_string()),
    };
    let names: String = found.iter().map(|command| format!("{} ", command.get_name())).collect();
    let output = Output { format: Format::Json, noun, verb };
    output.failure("invalid-argument", &message, Some(&format!("see `gtc {names}--help`")))
}

/// The nouns and the verb that arguments begin with.
fn words<'a>(tree: &'a clap::Command, arguments: &[String]) -> Vec<&'a clap::Command> {
    let mut found: Vec<&clap::Command> = Vec::new();
    let mut before = "";
    for argument in arguments {
        let here = found.last().copied().unwrap_or(tree);
        match here.find_subcommand(argument) {
            Some(command) => found.push(command),
            // a flag, or the value of one
            None if argument.starts_with('-') || before.starts_with('-') => {}
            None => break,
        }
        before = argument;
    }
    found
}

/// The first part of a text of clap's, in one line: what is wrong, without usage and advice to read more.
fn sentence(text: &str) -> String {
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let parts = text.trim_start_matches("error: ").split("\n\n");
    let one_line = |part: &str| part.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    parts.map(one_line).collect::<Vec<_>>().join("; ")
}
