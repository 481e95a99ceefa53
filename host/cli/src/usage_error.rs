//! Runs that end before a command starts (help, version, usage errors), and reports that
//! could not be written.
#![expect(
    clippy::disallowed_methods,
    reason = "it reports variables that cannot be read as settings"
)]

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use env_pack_domain::ForeignText;

use super::commands::{self, command_tree};
use super::exit_code::EXIT_ERROR;
use super::global::Format;
use super::locale::with_signs;
use super::output::{self, Output};

/// Prints help, the version, or the usage error that clap found.
pub(crate) fn report(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        // a closed pipe is not an error: the reader has seen enough, as in `gtc --help | head`
        return match output::print(&with_signs(&error.render().ansi().to_string())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => EXIT_ERROR.into(),
        };
    }
    let format = requested_format(arguments);
    // escaping an argument that is not UTF-8 would replace its bytes and hide the error
    let escaped = parse_escaped(arguments).filter(|_| error.kind() != ErrorKind::InvalidUtf8);
    let _ = match (escaped, format) {
        (Some(error), Format::Human) => {
            anstream::stderr().write_all(with_signs(&error.render().ansi().to_string()).as_bytes())
        }
        (Some(error), Format::Json) => print_json(&error, arguments),
        (None, _) => report_invalid_utf8(error, arguments, format),
    };
    EXIT_ERROR.into()
}

/// Reports that a result could not be written to standard output. The operation itself is
/// not undone.
pub(crate) fn report_write_error(error: &io::Error, arguments: &[OsString]) -> ExitCode {
    let (noun, verb) = noun_and_verb(&command_tree(), arguments);
    let output = Output::without_flags(requested_format(arguments), &noun, &verb);
    let message = format!("could not write the result: {error}");
    let is_done = !arguments.iter().any(|argument| argument == "--schema");
    let hint = is_done.then_some("the command was carried out; only its result was lost");
    let _ = output.failure("io", &message, hint);
    EXIT_ERROR.into()
}

/// Names the argument or the variable that is not UTF-8.
fn report_invalid_utf8(
    error: &clap::Error,
    arguments: &[OsString],
    format: Format,
) -> io::Result<()> {
    let tree = command_tree();
    let (message, hint) = if let Some(argument) = arguments.iter().find(|it| !is_utf8(it)) {
        let argument = ForeignText::new(argument.to_string_lossy());
        let hint = "rename it, or change into its folder and use a relative path";
        (format!("argument `{argument}` is not UTF-8"), hint)
    } else if let Some(name) = invalid_variable(&tree) {
        (format!("variable `{name}` is not UTF-8"), "set it to valid UTF-8, or unset it")
    } else {
        (error.kind().to_string(), "see `gtc --help`")
    };
    let (noun, verb) = noun_and_verb(&tree, arguments);
    let output = Output::without_flags(format, &noun, &verb);
    output.failure("invalid-argument", &message, Some(hint))
}

/// The name of a variable that `gtc` reads and whose value is not UTF-8. Never its value,
/// which may be a password.
fn invalid_variable(tree: &clap::Command) -> Option<String> {
    let mut names = tree.get_arguments().filter_map(clap::Arg::get_env);
    let name = names.find(|name| std::env::var_os(name).is_some_and(|value| !is_utf8(&value)))?;
    Some(name.to_string_lossy().into_owned())
}

fn is_utf8(text: &OsStr) -> bool {
    text.to_str().is_some()
}

/// Parses the arguments again with control characters escaped, because clap repeats them
/// in its errors. None if the escaped arguments are valid.
fn parse_escaped(arguments: &[OsString]) -> Option<clap::Error> {
    let escaped = arguments.iter().map(|argument| escape(&argument.to_string_lossy()));
    let mut error = commands::parse(escaped).err()?;
    // values from variables are not among the arguments
    let values: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in values {
        let _ = match value {
            ContextValue::String(text) => error.insert(kind, ContextValue::String(escape(&text))),
            ContextValue::Strings(texts) => {
                let texts = texts.iter().map(|text| escape(text)).collect();
                error.insert(kind, ContextValue::Strings(texts))
            }
            _ => None,
        };
    }
    suggest_op(&mut error);
    Some(error)
}

/// Suggests `op env` for `env`: the nouns of `op` are easily taken for commands.
fn suggest_op(error: &mut clap::Error) {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let tree = command_tree();
    let noun = tree.find_subcommand("op").and_then(|op| op.find_subcommand(name));
    if let Some(noun) = noun {
        let suggestion = ContextValue::String(format!("op {}", noun.get_name()));
        error.insert(ContextKind::SuggestedSubcommand, suggestion);
    }
}

fn escape(text: &str) -> String {
    ForeignText::new(text).to_string()
}

/// The value of `--format` or `GTC_FORMAT`, read without clap because the arguments are
/// invalid.
fn requested_format(arguments: &[OsString]) -> Format {
    let texts: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let mut values = texts.iter().enumerate().filter_map(|(at, text)| match text.as_ref() {
        "--format" => texts.get(at + 1).map(AsRef::as_ref),
        text => text.strip_prefix("--format="),
    });
    let value = values.next_back().map(str::to_owned).or_else(|| std::env::var("GTC_FORMAT").ok());
    Format::or_default(value.and_then(|text| clap::ValueEnum::from_str(&text, false).ok()))
}

/// Prints a usage error as JSON, with noun and verb as far as they are known.
fn print_json(error: &clap::Error, arguments: &[OsString]) -> io::Result<()> {
    let tree = command_tree();
    let path = subcommands(&tree, arguments);
    let last = path.last().copied().unwrap_or(&tree);
    let (noun, verb) = noun_and_verb(&tree, arguments);
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let names: Vec<_> =
                last.get_subcommands().map(|command| format!("`{}`", command.get_name())).collect();
            format!("a command is missing: one of {}", names.join(", "))
        }
        _ => one_line_message(&error.to_string()),
    };
    let names: String = path.iter().map(|command| format!("{} ", command.get_name())).collect();
    let output = Output::without_flags(Format::Json, &noun, &verb);
    output.failure("invalid-argument", &message, Some(&format!("see `gtc {names}--help`")))
}

/// The noun and the verb at the start of the arguments; empty if missing or unknown.
fn noun_and_verb(tree: &clap::Command, arguments: &[OsString]) -> (String, String) {
    let mut path = subcommands(tree, arguments);
    let verb = path.pop_if(|last| last.get_subcommands().next().is_none());
    // `op` only groups nouns
    let noun = path.pop().filter(|command| command.get_name() != "op");
    (name_or_empty(noun), name_or_empty(verb))
}

fn name_or_empty(command: Option<&clap::Command>) -> String {
    command.map_or_else(String::new, |command| command.get_name().to_owned())
}

/// The subcommands that the arguments begin with.
fn subcommands<'a>(tree: &'a clap::Command, arguments: &[OsString]) -> Vec<&'a clap::Command> {
    let mut path: Vec<&clap::Command> = Vec::new();
    let mut previous = String::new();
    for argument in arguments.iter().skip(1).map(|argument| argument.to_string_lossy()) {
        let parent = path.last().copied().unwrap_or(tree);
        match parent.find_subcommand(&*argument) {
            Some(command) => path.push(command),
            // a flag, or the value of one
            None if argument.starts_with('-') || previous.starts_with('-') => {}
            None => break,
        }
        previous = argument.into_owned();
    }
    path
}

/// The error in the text of a clap error, on one line, without usage and help.
fn one_line_message(text: &str) -> String {
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let paragraphs = text.trim_start_matches("error: ").split("\n\n");
    let lines: Vec<String> = paragraphs
        .map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "))
        .collect();
    lines.join("; ")
}
