//! What every verb has in common: its arguments come as flags, or from a file, or are
//! only described.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const ANSWERS: &str = "answers";
const SCHEMA: &str = "schema";

/// Where the arguments of a verb come from.
#[derive(Debug)]
pub enum Verb<P> {
    /// From flags.
    Flags(P),
    /// From a JSON or YAML file.
    File(PathBuf),
    /// From flags and from a file, which is one too many.
    Both,
    /// Nothing is to be done; their schema is asked for.
    Schema,
}

impl<P: Args> Args for Verb<P> {
    fn augment_args(command: Command) -> Command {
        let is_optional_with_file = |arg: Arg| match arg.is_required_set() {
            true => arg.required(false).required_unless_present_any([ANSWERS, SCHEMA]),
            false => arg,
        };
        P::augment_args(command).mut_args(is_optional_with_file).args([
            Arg::new(ANSWERS)
                .long(ANSWERS)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Take the arguments from a JSON or YAML file instead"),
            Arg::new(SCHEMA)
                .long(SCHEMA)
                .action(ArgAction::SetTrue)
                .help("Print the JSON Schema of the arguments, and do nothing"),
        ])
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<P: Args> FromArgMatches for Verb<P> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.get_flag(SCHEMA) {
            return Ok(Self::Schema);
        }
        let given = |arg: &Arg| {
            matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
        };
        Ok(match matches.get_one::<PathBuf>(ANSWERS) {
            None => Self::Flags(P::from_arg_matches(matches)?),
            Some(_) if P::augment_args(Command::new("")).get_arguments().any(given) => Self::Both,
            Some(path) => Self::File(path.clone()),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
