//! `gtc op trust-root`: the keys whose signatures an environment trusts.

mod add;
mod list;
mod remove;
mod report;

use std::io;

use clap::Subcommand;

use add::TrustPayload;
use remove::DistrustPayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum TrustRootVerb {
    /// Trust a key; once one is trusted, only packs with a trusted signature are bound or
    /// loaded
    Add(Input<TrustPayload>),
    /// Stop trusting a key
    Remove(Input<DistrustPayload>),
    /// List trusted keys
    List(Input<EnvironmentPayload>),
}

pub(crate) fn run(runner: &Runner, verb: TrustRootVerb) -> io::Result<u8> {
    match verb {
        TrustRootVerb::Add(input) => add::run(runner, input),
        TrustRootVerb::Remove(input) => remove::run(runner, input),
        TrustRootVerb::List(input) => list::run(runner, input),
    }
}
