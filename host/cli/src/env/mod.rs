//! `gtc op env`: create, examine and change environments.

mod create;
mod doctor;
mod init;
mod list;
mod migrate;
mod show;
mod tool_check;
mod update;

use std::io;

use clap::Subcommand;

use create::CreatePayload;
use doctor::DoctorPayload;
use init::InitPayload;
use migrate::MigratePayload;
use update::UpdatePayload;

use super::args::{EnvironmentPayload, NoPayload};
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum EnvVerb {
    /// Create or repair an environment with the default packs, then examine it
    Init(Input<InitPayload>),
    /// Create an environment with the default packs
    Create(Input<CreatePayload>),
    /// List environments
    List(Input<NoPayload>),
    /// Print the files of an environment
    Show(Input<EnvironmentPayload>),
    /// Change the name, address and other settings of an environment
    Update(Input<UpdatePayload>),
    /// Bring environments of earlier versions up to date
    Migrate(Input<MigratePayload>),
    /// Report the problems of an environment and how to fix them
    Doctor(Input<DoctorPayload>),
    /// Check that this machine has the programs and connections that handlers need
    ToolCheck(Input<DoctorPayload>),
}

pub(crate) fn run(runner: &Runner, verb: EnvVerb) -> io::Result<u8> {
    match verb {
        EnvVerb::Init(input) => init::run(runner, input),
        EnvVerb::Create(input) => create::run(runner, input),
        EnvVerb::List(input) => list::run(runner, input),
        EnvVerb::Show(input) => show::run(runner, input),
        EnvVerb::Update(input) => update::run(runner, input),
        EnvVerb::Migrate(input) => migrate::run(runner, input),
        EnvVerb::Doctor(input) => doctor::run(runner, input),
        EnvVerb::ToolCheck(input) => tool_check::run(runner, input),
    }
}
