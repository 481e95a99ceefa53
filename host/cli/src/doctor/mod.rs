//! `gtc doctor`: this program and this machine.

mod limits;
mod program;

use std::io;

use clap::Subcommand;

use super::args::NoPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum DoctorSubject {
    /// Check that the sandbox for untrusted components works on this machine
    #[command(name = "self")]
    Program(Input<NoPayload>),
    /// List the limits on archives, handlers and registries
    Limits(Input<NoPayload>),
}

pub(crate) fn run(runner: &Runner, verb: DoctorSubject) -> io::Result<u8> {
    match verb {
        DoctorSubject::Program(input) => program::run(runner, input),
        DoctorSubject::Limits(input) => limits::run(runner, input),
    }
}
