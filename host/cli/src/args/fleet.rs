//! Arguments that choose one environment, or many.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use env_pack_domain::{EnvId, PackRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::{DEFAULT, EnvironmentArg, FLAG, POSITIONAL};
use crate::error::UsageError;
use crate::parse::{parse_argument, parse_optional, parse_pack_ref};
use gtc_core::ops::fleet::{FleetSelector, Pattern};

/// The environment of a command that can read many: an id, or a pattern.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "Environment, or a pattern such as `prod-*`")]
pub(crate) struct EnvironmentsArg(#[schemars(length(min = 1))] pub Option<String>);

impl Args for EnvironmentsArg {
    fn augment_args(command: Command) -> Command {
        let positional = Arg::new(POSITIONAL).value_name("ENV").help(format!(
            "Environment, or a quoted pattern such as 'prod-*'; also accepted as `--env <ENV>` \
             [default: {DEFAULT}]"
        ));
        let flag = Arg::new(FLAG).long(FLAG).value_name("ENV").conflicts_with(POSITIONAL);
        command.arg(positional).arg(flag.hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EnvironmentsArg {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let name = matches.get_one::<String>(FLAG).or_else(|| matches.get_one(POSITIONAL));
        Ok(Self(name.cloned()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The environment of a command that can change many: an id, or a pattern; required.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "Environment, or a pattern such as `prod-*`")]
pub(crate) struct ChangedEnvironmentsArg(#[schemars(length(min = 1))] pub String);

/// The environments that a command changes.
#[derive(Clone, Debug)]
pub(crate) enum ChangedEnvironments {
    /// This environment.
    One(EnvId),
    /// All that match.
    Many(Pattern),
}

impl ChangedEnvironmentsArg {
    pub(crate) fn parse(&self) -> Result<ChangedEnvironments, UsageError> {
        Ok(if Pattern::is_pattern(&self.0) {
            ChangedEnvironments::Many(parse_argument("environment_id", &self.0)?)
        } else {
            ChangedEnvironments::One(parse_argument("environment_id", &self.0)?)
        })
    }
}

impl Args for ChangedEnvironmentsArg {
    fn augment_args(command: Command) -> Command {
        EnvironmentArg::augment_args(command).mut_arg(FLAG, |flag| {
            flag.help(
                "Environment, or a quoted pattern such as 'prod-*'; also accepted as a positional \
                 argument",
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ChangedEnvironmentsArg {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        EnvironmentArg::from_arg_matches(matches).map(|environment| Self(environment.0))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

shared_arguments! {
    /// All environments, or all that match `--env`
    #[arg(long)]
    AllArg { all: bool }

    /// Of many environments, choose bindings by descriptor: a path or a pattern, with `@<version>`
    /// if the version matters
    #[arg(long, value_name = "PATTERN")]
    #[schemars(length(min = 1))]
    KindPattern { kind: Option<String> }

    /// Of many environments, choose bindings by pack reference, or by a pattern of it
    #[arg(long, value_name = "PATTERN")]
    #[schemars(length(min = 1))]
    PackRefPattern { pack_ref: Option<String> }
}

/// The environments that a command is about.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// This environment.
    One(EnvId),
    /// All that match, and in them the bindings that match.
    Many(FleetSelector),
}

impl Selection {
    /// Parses the arguments. One environment has no use for patterns of bindings.
    pub(crate) fn parse(
        environment: &EnvironmentsArg,
        all: &AllArg,
        kind: &KindPattern,
        pack_ref: &PackRefPattern,
    ) -> Result<Self, UsageError> {
        let name = environment.0.as_deref();
        if **all || name.is_some_and(Pattern::is_pattern) {
            let environments = name.map_or_else(
                || Ok(Pattern::any()),
                |pattern| parse_argument("environment_id", pattern),
            )?;
            let pack_ref = pack_ref.as_deref().map(absolute);
            return Ok(Self::Many(FleetSelector {
                environments,
                kind: parse_optional("kind", kind.as_deref())?,
                pack_ref: parse_optional("pack_ref", pack_ref.as_deref())?,
            }));
        }
        for (argument, value) in [("kind", &**kind), ("pack_ref", &**pack_ref)] {
            if value.is_some() {
                let reason = "needs `--all`, or a pattern of environments such as 'prod-*'";
                return Err(UsageError::new(argument, reason));
            }
        }
        Ok(Self::One(parse_argument("environment_id", name.unwrap_or(DEFAULT))?))
    }
}

/// Makes the path of a pack absolute, as bindings have it. Other references and patterns of them
/// stay as they are.
fn absolute(pattern: &str) -> String {
    match parse_pack_ref("pack_ref", pattern) {
        Ok(PackRef::File(path)) => path,
        _ => pattern.to_owned(),
    }
}
