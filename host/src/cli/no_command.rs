//! Help, the version, arguments that make no command, and answers that nobody could be
//! given.
#![expect(
    clippy::disallowed_methods,
    reason = "it reports variables that cannot be read as settings"
)]

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
    // what is no text has other words when it is spelt as some
    let shown = shown(arguments).filter(|_| error.kind() != ErrorKind::InvalidUtf8);
    let _ = match (shown, format) {
        (Some(error), Format::Human) => error.print(),
        (Some(error), Format::Json) => explain(&error, arguments),
        (None, _) => no_text(error, arguments, format),
    };
    IMPOSSIBLE.into()
}

/// Says which argument, or which variable, is no text where one is needed.
fn no_text(error: &clap::Error, arguments: &[OsString], format: Format) -> io::Result<()> {
    let odd = |text: &OsString| text.to_str().is_none();
    let shown = |text: OsString| ForeignText::new(text.to_string_lossy());
    let argument = arguments.iter().find(|argument| odd(argument)).cloned().map(|argument| {
        let next = "rename it, or name it from within its folder";
        (format!("argument `{}` is not UTF-8", shown(argument)), next)
    });
    let tree = command_tree();
    // only those that are read here, and never their values: others hold passwords
    let mut read = tree.get_arguments().filter_map(clap::Arg::get_env);
    let wrong = read.find(|name| std::env::var_os(name).is_some_and(|value| odd(&value)));
    let variable = || {
        Some((
            format!("variable `{}` is not UTF-8", shown(wrong?.to_owned())),
            "set it to something else",
        ))
    };
    let (message, next) = argument
        .or_else(variable)
        .unwrap_or_else(|| (error.kind().to_string(), "see `gtc --help`"));
    let (noun, verb) = noun_and_verb(&tree, arguments);
    Output { format, noun: &noun, verb: &verb }.failure("invalid-argument", &message, Some(next))
}

/// Says that an answer could not be written: whoever reads the other output may be there
/// still. What was done stays done.
pub fn unheard(error: &io::Error, arguments: &[OsString]) -> ExitCode {
    let (noun, verb) = noun_and_verb(&command_tree(), arguments);
    let output = Output { format: format_asked(arguments), noun: &noun, verb: &verb };
    let message = format!("the answer cannot be written: {error}");
    let is_done = !arguments.iter().any(|argument| argument == "--schema");
    let next = is_done.then_some("it was done all the same, and only the answer is lost");
    let _ = output.failure("io", &message, next);
    IMPOSSIBLE.into()
}

/// The error that the arguments make when they are spelt as a terminal may show them: the
/// parser repeats them, coloured, in many places. None, when there is nothing wrong with
/// them then.
fn shown(arguments: &[OsString]) -> Option<clap::Error> {
    let spelt =
        arguments.iter().map(|argument| ForeignText::new(argument.to_string_lossy()).to_string());
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
    let tree = command_tree();
    let found = words(&tree, arguments);
    let last = found.last().copied().unwrap_or(&tree);
    let (noun, verb) = noun_and_verb(&tree, arguments);
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let names: Vec<_> =
                last.get_subcommands().map(|command| format!("`{}`", command.get_name())).collect();
            format!("a command is missing: one of {}", names.join(", "))
        }
        _ => sentence(&error.to_string()),
    };
    let names: String = found.iter().map(|command| format!("{} ", command.get_name())).collect();
    let output = Output { format: Format::Json, noun: &noun, verb: &verb };
    output.failure("invalid-argument", &message, Some(&format!("see `gtc {names}--help`")))
}

/// Noun and verb that arguments begin with, as far as they are known.
fn noun_and_verb(tree: &clap::Command, arguments: &[OsString]) -> (String, String) {
    let found = words(tree, arguments);
    let is_verb = found.last().is_some_and(|last| last.get_subcommands().next().is_none());
    let verb = found.last().filter(|_| is_verb);
    // `op` holds nouns and is none
    let holder = if is_verb { found.iter().rev().nth(1) } else { found.last() };
    let noun = holder.filter(|command| command.get_name() != "op");
    let name = |command: Option<&&clap::Command>| {
        command.map_or_else(String::new, |it| it.get_name().to_owned())
    };
    (name(noun), name(verb))
}

/// The nouns and the verb that arguments begin with.
fn words<'a>(tree: &'a clap::Command, arguments: &[OsString]) -> Vec<&'a clap::Command> {
    let mut found: Vec<&clap::Command> = Vec::new();
    let mut before = String::new();
    for argument in arguments.iter().skip(1).map(|argument| argument.to_string_lossy()) {
        let here = found.last().copied().unwrap_or(tree);
        match here.find_subcommand(&*argument) {
            Some(command) => found.push(command),
            // a flag, or the value of one
            None if argument.starts_with('-') || before.starts_with('-') => {}
            None => break,
        }
        before = argument.into_owned();
    }
    found
}

/// The first part of a text of clap's, in one line: what is wrong, without usage and
/// advice to read more.
fn sentence(text: &str) -> String {
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let parts = text.trim_start_matches("error: ").split("\n\n");
    let one_line = |part: &str| part.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    parts.map(one_line).collect::<Vec<_>>().join("; ")
}
