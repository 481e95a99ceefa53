//! `gtc op request`: requests that an environment remembers.

mod show;

use std::io;

use clap::Subcommand;

use show::RequestShowPayload;

use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum RequestVerb {
    /// Show whether a request was made, and its answer
    Show(Input<RequestShowPayload>),
}

pub(crate) fn run(runner: &Runner, verb: RequestVerb) -> io::Result<u8> {
    match verb {
        RequestVerb::Show(input) => show::run(runner, input),
    }
}
