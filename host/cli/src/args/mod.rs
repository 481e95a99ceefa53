//! Arguments that several verbs share.

/// Defines arguments that several verbs share, each as a type, so that its flag, its help and
/// its schema are written once. A payload flattens it into a field of the same name.
macro_rules! shared_arguments {
    ($($(#[$attribute:meta])* $type:ident { $name:ident: $value:ty })*) => { $(
        #[derive(
            Clone, Debug, Default, clap::Args, serde::Serialize, serde::Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub(crate) struct $type {
            $(#[$attribute])*
            pub $name: $value,
        }

        impl std::ops::Deref for $type {
            type Target = $value;

            fn deref(&self) -> &$value {
                &self.$name
            }
        }
    )* };
}

pub(crate) use shared_arguments;

pub(crate) mod environment;
pub(crate) mod fleet;
pub(crate) mod idempotency_key;
pub(crate) mod instance;
pub(crate) mod permissions;

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
pub(crate) struct NoPayload {}

impl Payload for NoPayload {
    type Request = ();

    fn into_request(self) -> Result<(), UsageError> {
        Ok(())
    }
}

/// An environment to read.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentPayload {
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
pub(crate) fn parse_value_enum<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{}` is not one of {}", ForeignText::excerpt(text), names.join(", "))
    })
}
