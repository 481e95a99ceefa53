//! The environment of a command. Every verb accepts it as a positional argument or as
//! `--env`.

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::UsageError;
use crate::parse::parse_argument;
use gtc_core::document::Text;

/// Environment of commands that read, unless one is given.
const DEFAULT: &str = "local";

/// Id of the positional argument, and name of the field in answers files.
const POSITIONAL: &str = "environment_id";

const FLAG: &str = "env";

/// The environment of a command that changes it; required.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct EnvironmentArg(#[schemars(with = "Text<EnvId>")] pub String);

/// The environment of a command that only reads; defaults to `local`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct OptionalEnvironmentArg(#[schemars(with = "Text<EnvId>")] pub String);

impl Default for OptionalEnvironmentArg {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

fn positional() -> Arg {
    Arg::new(POSITIONAL).value_name("ENV")
}

fn flag() -> Arg {
    Arg::new(FLAG).long(FLAG).value_name("ENV").conflicts_with(POSITIONAL)
}

fn environment_from(matches: &ArgMatches) -> Result<String, clap::Error> {
    let name = matches.get_one::<String>(FLAG).or_else(|| matches.get_one(POSITIONAL)).cloned();
    name.ok_or_else(|| clap::Error::new(ErrorKind::MissingRequiredArgument))
}

impl Args for EnvironmentArg {
    fn augment_args(command: Command) -> Command {
        let flag = flag().help("Environment; also accepted as a positional argument");
        // `Input` replaces `required` by "required unless `--answers` is given"; this adds the
        // positional argument to the exceptions
        let flag = flag.required(true).required_unless_present(POSITIONAL);
        command.arg(flag).arg(positional().hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EnvironmentArg {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        environment_from(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for OptionalEnvironmentArg {
    fn augment_args(command: Command) -> Command {
        let positional =
            positional().help("Environment; also accepted as `--env <ENV>`").default_value(DEFAULT);
        command.arg(positional).arg(flag().hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OptionalEnvironmentArg {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        environment_from(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl EnvironmentArg {
    pub(crate) fn parse(&self) -> Result<EnvId, UsageError> {
        parse_argument("environment_id", &self.0)
    }
}

impl OptionalEnvironmentArg {
    pub(crate) fn parse(&self) -> Result<EnvId, UsageError> {
        parse_argument("environment_id", &self.0)
    }
}
