//! Arguments that several verbs share.

pub mod environment;
pub mod idempotency_key;
pub mod permissions;

use clap::{Args, ValueEnum};
use env_pack_domain::{EnvId, ForeignText};
use schemars::JsonSchema;
use serde::Deserialize;

use environment::OptionalEnvironmentArg;

use super::error::UsageError;
use super::parse::Payload;

/// No arguments.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoPayload {}

impl Payload for NoPayload {
    type Request = ();

    fn into_request(self) -> Result<(), UsageError> {
        Ok(())
    }
}

/// An environment to read.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPayload {
    /// Environment
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
}

impl Payload for EnvironmentPayload {
    type Request = EnvId;

    fn into_request(self) -> Result<EnvId, UsageError> {
        self.environment_id.parse()
    }
}

/// Parses one of the names of a [`ValueEnum`], as clap parses it from a flag.
pub fn parse_value_enum<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{}` is not one of {}", ForeignText::excerpt(text), names.join(", "))
    })
}
