//! Help, the version, or arguments that make no command.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextValue, ErrorKind};
use env_pack_domain::ForeignText;

use super::args::{Cli, Format};
use super::output::Output;
use super::{IMPOSSIBLE, command_tree};

/// Answers arguments that the parser did not make a command of.
pub fn answer(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() { ExitCode::SUCCESS } else { IMPOSSIBLE.into() };
    }
    let format = format_asked(arguments);
    let _ = match (shown(arguments), format) {
        (Some(error), Format::Human) => error.print(),
        (Some(error), Format::Json) => explain(&error, arguments),
        (None, _) => {
            let output = Output { format, noun: "", verb: "" };
            output.failure("invalid-argument", &error.kind().to_string(), Some("see `gtc --help`"))
        }
    };
    IMPOSSIBLE.into()
}

/// The error that the arguments make when they are spelt as a terminal may show them: the parser repeats them, coloured, in many
/// places. None, when there is nothing wrong with them then.
fn shown(arguments: &[OsString]) -> Option<clap::Error> {
    let spelt = arguments.iter().map(|argument| ForeignText::new(argument.to_string_lossy()).to_string());
    let mut error = Cli::try_parse_from(spelt).err()?;
    // what it took from variables is not among the arguments
    let escaped = |text: &String| ForeignText::new(text.as_str()).to_string();
    let values: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in values {
        let _ = match value {
            ContextValue::String(text) => error.insert(kind, ContextValue::String(escaped(&text))),
            ContextValue::Strings(texts) => {
                error.insert(kind, ContextValue::Strings(texts.iter().map(escaped).collect()))
            }
            _ => None,
        };
    }
    Some(error)
}

/// The format that arguments ask for, when they are too wrong to be parsed.
fn format_asked(arguments: &[OsString]) -> Format {
    let texts: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let after = |at: usize| texts.get(at + 1).map(AsRef::as_ref);
    let mut values = texts.iter().enumerate().filter_map(|(at, text)| match text.as_ref() {
        "--format" => after(at),
        text => text.strip_prefix("--format="),
    });
    let asked = values.next_back().map(str::to_owned).or_else(|| std::env::var("GTC_FORMAT").ok());
    Format::choose(asked.and_then(|text| clap::ValueEnum::from_str(&text, false).ok()))
}

/// Says what is wrong as one JSON document, with noun and verb as far as they are known.
fn explain(error: &clap::Error, arguments: &[OsString]) -> io::Result<()> {
    let arguments: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).collect();
    let tree = command_tree();
    let found = words(&tree, &arguments);
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
fn words<'a>(tree: &'a clap::Command, arguments: &[impl AsRef<str>]) -> Vec<&'a clap::Command> {
    let mut found: Vec<&clap::Command> = Vec::new();
    let mut before = "";
    for argument in arguments.iter().map(AsRef::as_ref) {
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
