//! Which environment a command is about: a word of its own, or `--env`. Every verb takes
//! either.

use crate::document::Text;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The environment that commands are about when none is named.
const DEFAULT: &str = "local";
/// The id of the word, and the name of the field in files.
const WORD: &str = "environment_id";
const FLAG: &str = "env";

/// An environment that has to be named: the command changes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Environment(#[schemars(with = "Text<EnvId>")] pub String);

/// An environment that may be left out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct EnvironmentOrLocal(#[schemars(with = "Text<EnvId>")] pub String);

impl Default for EnvironmentOrLocal {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

fn word() -> Arg {
    Arg::new(WORD).value_name("ENV")
}

fn flag() -> Arg {
    Arg::new(FLAG).long(FLAG).value_name("ENV").conflicts_with(WORD)
}

fn named(matches: &ArgMatches) -> Result<String, clap::Error> {
    let name = matches.get_one::<String>(FLAG).or_else(|| matches.get_one(WORD)).cloned();
    name.ok_or_else(|| clap::Error::new(ErrorKind::MissingRequiredArgument))
}

impl Args for Environment {
    fn augment_args(command: Command) -> Command {
        let flag = flag().help("The environment; its name alone says it too");
        // a verb turns `required` into "unless there is a file"; "unless there is a word" is
        // added to that
        let flag = flag.required(true).required_unless_present(WORD);
        command.arg(flag).arg(word().hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Environment {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        named(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for EnvironmentOrLocal {
    fn augment_args(command: Command) -> Command {
        let word = word().help("The environment; `--env <ENV>` says it too").default_value(DEFAULT);
        command.arg(word).arg(flag().hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EnvironmentOrLocal {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        named(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
