//! The environment of a command. Every verb accepts it as a positional argument or as
//! `--env`.

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::UsageError;
use crate::parse::{parse_argument, parse_optional};
use gtc_core::document::Text;

/// Environment of commands that read, unless one is given.
pub(super) const DEFAULT: &str = "local";

/// Id of the positional argument, and name of the field in answers files.
pub(super) const POSITIONAL: &str = "environment_id";

pub(super) const FLAG: &str = "env";

/// The environment of a command that changes it; required.
pub(crate) type EnvironmentArg = Environment<true>;

/// The environment of a command that only reads; defaults to `local`.
pub(crate) type OptionalEnvironmentArg = Environment<false>;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "Environment")]
pub(crate) struct Environment<const REQUIRED: bool>(#[schemars(with = "Text<EnvId>")] pub String);

impl Default for OptionalEnvironmentArg {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl<const REQUIRED: bool> Environment<REQUIRED> {
    pub(crate) fn parse(&self) -> Result<EnvId, UsageError> {
        parse_argument("environment_id", &self.0)
    }
}

/// The environment of a command that may take all of them with `--all` instead.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "Environment")]
pub(crate) struct EnvironmentOrAll(#[schemars(with = "Option<Text<EnvId>>")] Option<String>);

impl EnvironmentOrAll {
    pub(crate) fn parse(&self) -> Result<Option<EnvId>, UsageError> {
        parse_optional(POSITIONAL, self.0.as_deref())
    }
}

impl Args for EnvironmentOrAll {
    fn augment_args(command: Command) -> Command {
        EnvironmentArg::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EnvironmentOrAll {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.get_one(FLAG).or_else(|| matches.get_one(POSITIONAL)).cloned()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<const REQUIRED: bool> Args for Environment<REQUIRED> {
    fn augment_args(command: Command) -> Command {
        let positional = Arg::new(POSITIONAL).value_name("ENV");
        let flag = Arg::new(FLAG).long(FLAG).value_name("ENV").conflicts_with(POSITIONAL);
        if REQUIRED {
            let flag = flag.help("Environment; also accepted as a positional argument");
            // required unless the positional argument takes its place; see `Input`
            command.arg(flag.required(true)).arg(positional.hide(true))
        } else {
            let positional = positional.help("Environment; also accepted as `--env <ENV>`");
            command.arg(positional.default_value(DEFAULT)).arg(flag.hide(true))
        }
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const REQUIRED: bool> FromArgMatches for Environment<REQUIRED> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let name = matches.get_one::<String>(FLAG).or_else(|| matches.get_one(POSITIONAL));
        let name = name.ok_or_else(|| clap::Error::new(ErrorKind::MissingRequiredArgument))?;
        Ok(Self(name.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
