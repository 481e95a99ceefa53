//! `gtc op grants`: the permissions of bound packs.

mod add;
mod change;
mod list;
mod revoke;

use std::io;

use clap::Subcommand;

use change::GrantsChangePayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum GrantsVerb {
    /// List the permissions of every bound pack
    List(Input<EnvironmentPayload>),
    /// Grant permissions that a pack declares
    Add(Input<GrantsChangePayload>),
    /// Revoke permissions of a pack
    Revoke(Input<GrantsChangePayload>),
}

pub(crate) fn run(runner: &Runner, verb: GrantsVerb) -> io::Result<u8> {
    match verb {
        GrantsVerb::List(input) => list::run(runner, input),
        GrantsVerb::Add(input) => add::run(runner, input),
        GrantsVerb::Revoke(input) => revoke::run(runner, input),
    }
}
