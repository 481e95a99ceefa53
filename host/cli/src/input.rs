//! The input of every verb: its arguments as flags or from an answers file, or a request
//! for their schema.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Id};

const ANSWERS: &str = "answers";
const SCHEMA: &str = "schema";
const REFRESH: &str = "refresh";

/// Columns of a line of usage, which clap does not wrap.
const USAGE_WIDTH: usize = 80;

/// The width of `Usage: `, as spaces.
const USAGE_INDENT: &str = "       ";

/// Source of the arguments of a verb.
#[derive(Debug)]
pub(crate) enum Input<P> {
    /// Arguments from flags.
    Flags(P),
    /// Path of a JSON or YAML file with the arguments.
    AnswersFile(PathBuf),
    /// Both flags and `--answers` were given, which is an error.
    Conflict,
    /// `--schema`: print the JSON Schema of the arguments.
    Schema,
}

impl<P: Args> Args for Input<P> {
    fn augment_args(command: Command) -> Command {
        P::augment_args(command).args([
            Arg::new(ANSWERS)
                .long(ANSWERS)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Read the arguments from a JSON or YAML file, or `-` for standard input"),
            Arg::new(SCHEMA)
                .long(SCHEMA)
                .action(ArgAction::SetTrue)
                .help("Print the JSON Schema of the arguments and exit"),
        ])
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<P: Args> FromArgMatches for Input<P> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.get_flag(SCHEMA) {
            return Ok(Self::Schema);
        }
        let Some(path) = matches.get_one::<PathBuf>(ANSWERS) else {
            return Ok(Self::Flags(P::from_arg_matches(matches)?));
        };
        let flags = P::augment_args(Command::new(""));
        let has_flags = flags.get_arguments().any(|arg| {
            matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
        });
        Ok(if has_flags { Self::Conflict } else { Self::AnswersFile(path.clone()) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Lets `--answers`, `--schema` and arguments that conflict with it take the place of each
/// required argument of a verb, whose usage still shows it. The usage begins with the name of
/// the command, so this must be called when its parent is known: in [`Command::defer`].
pub(crate) fn accept_alternatives(command: Command) -> Command {
    if !command.get_arguments().any(|arg| arg.get_id() == ANSWERS) {
        return command;
    }
    let usage = usage(&command);
    let required = command.get_arguments().filter(|arg| arg.is_required_set());
    let mut alternatives: HashMap<Id, Vec<Id>> =
        required.map(|arg| (arg.get_id().clone(), conflicting(&command, arg))).collect();
    command.override_usage(usage).mut_args(|arg| match alternatives.remove(arg.get_id()) {
        Some(conflicting) => arg
            .required(false)
            .required_unless_present_any([ANSWERS, SCHEMA])
            .required_unless_present_any(conflicting),
        None => arg,
    })
}

/// The arguments that cannot be combined with this one.
fn conflicting(command: &Command, arg: &Arg) -> Vec<Id> {
    let conflicts = |one: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(one).iter().any(|it| it.get_id() == other.get_id())
    };
    let others = command.get_arguments().filter(|other| other.get_id() != arg.get_id());
    others
        .filter(|other| conflicts(arg, other) || conflicts(other, arg))
        .map(|other| other.get_id().clone())
        .collect()
}

/// The usage of a verb: a line with its required arguments and, for a verb that has it, a line
/// with `--refresh` in place of the arguments that it conflicts with.
fn usage(command: &Command) -> String {
    let mut usage = usage_line(command.clone());
    if let Some(refresh) = command.get_arguments().find(|arg| arg.get_id() == REFRESH) {
        let replaced = conflicting(command, refresh);
        let with_refresh = command.clone().mut_args(|arg| {
            let is_required = arg.is_required_set() && !replaced.contains(arg.get_id());
            let is_refresh = arg.get_id() == REFRESH;
            arg.required(is_required || is_refresh)
        });
        usage.push('\n');
        usage.push_str(USAGE_INDENT);
        usage.push_str(&usage_line(with_refresh));
    }
    usage
}

fn usage_line(mut command: Command) -> String {
    let usage = command.render_usage().to_string();
    let mut text = String::new();
    let mut column = USAGE_INDENT.len();
    for part in usage.trim_start_matches("Usage: ").split_inclusive(['>', ']']) {
        if column + part.len() > USAGE_WIDTH {
            text.push_str("\n  ");
            text.push_str(USAGE_INDENT);
            column = USAGE_INDENT.len() + 2;
            text.push_str(part.trim_start());
        } else {
            text.push_str(part);
        }
        column += part.len();
    }
    text
}
