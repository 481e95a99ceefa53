//! The input of every verb: its arguments as flags or from an answers file, or a request
//! for their schema.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const ANSWERS: &str = "answers";
const SCHEMA: &str = "schema";

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
        P::augment_args(command).mut_args(optional_with_answers).args([
            Arg::new(ANSWERS)
                .long(ANSWERS)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Read the arguments from a JSON or YAML file instead"),
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

/// Makes a required argument optional when `--answers` or `--schema` is given.
fn optional_with_answers(arg: Arg) -> Arg {
    if arg.is_required_set() {
        arg.required(false).required_unless_present_any([ANSWERS, SCHEMA])
    } else {
        arg
    }
}
