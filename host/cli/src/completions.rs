//! `gtc completions`

use std::io;

use clap::{Args, ValueEnum};
use clap_complete::Shell;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::args::parse_value_enum;
use super::error::UsageError;
use super::input::Input;
use super::output;
use super::parse::Payload;
use super::runner::Runner;

/// The shell to print completions for.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompletionsPayload {
    /// Shell
    #[serde(deserialize_with = "deserialize_shell")]
    #[schemars(with = "String", extend("enum" = shells()))]
    pub shell: Shell,
}

impl Payload for CompletionsPayload {
    type Request = Shell;

    fn into_request(self) -> Result<Shell, UsageError> {
        Ok(self.shell)
    }
}

fn shells() -> Vec<String> {
    Shell::value_variants().iter().map(ToString::to_string).collect()
}

fn deserialize_shell<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shell, D::Error> {
    parse_value_enum(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Prints a completion script for a command tree. A shell reads it, so there is no JSON
/// envelope.
pub(crate) fn run(
    runner: &Runner,
    input: Input<CompletionsPayload>,
    mut command_tree: clap::Command,
) -> io::Result<u8> {
    runner.run_with_writer(
        "",
        "completions",
        input,
        |shell| {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command_tree, "gtc", &mut script);
            Ok(String::from_utf8_lossy(&script).into_owned())
        },
        |_, script| output::print(script).map(|()| 0),
    )
}
