//! Help, the version, or arguments that make no command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ContextValue;
use env_pack_domain::ForeignText;

use super::args::{Cli, Format};
use super::{IMPOSSIBLE, output};

/// Answers arguments that the parser did not make a command of.
pub fn answer(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() { ExitCode::SUCCESS } else { IMPOSSIBLE.into() };
    }
    let format = format_asked(arguments);
    let _ = match (shown(arguments), format) {
        (Some(error), Format::Human) => error.print(),
        (Some(error), Format::Json) => {
            let text = error.to_string();
            let message = text.split("\n\nUsage").next().unwrap_or_default();
            output::usage_error(format, message.trim_start_matches("error: ").trim_end())
        }
        (None, _) => output::usage_error(format, &error.kind().to_string()),
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
