//! `gtc op env`: create, examine, change, move and delete environments.

mod backup;
mod create;
mod delete;
mod doctor;
mod export;
mod fleet;
mod import;
mod init;
mod list;
mod migrate;
mod rename;
mod show;
mod tool_check;
mod update;

use std::io;

use clap::Subcommand;

use backup::BackupPayload;
use create::CreatePayload;
use delete::DeletePayload;
use doctor::DoctorPayload;
use export::ExportPayload;
use import::ImportPayload;
use init::InitPayload;
use migrate::MigratePayload;
use rename::RenamePayload;
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
    /// Write an environment to one document
    #[command(after_help = export::EXAMPLES)]
    Export(Input<ExportPayload>),
    /// Write an environment to one private file, with its credentials
    Backup(Input<BackupPayload>),
    /// Create or replace an environment from an export or a backup
    #[command(after_help = import::EXAMPLES, visible_alias = "restore")]
    Import(Input<ImportPayload>),
    /// Give an environment another id
    Rename(Input<RenamePayload>),
    /// Delete an environment, and keep a backup of it
    Delete(Input<DeletePayload>),
    /// Bring environments of earlier versions up to date
    Migrate(Input<MigratePayload>),
    /// Report the problems of environments and how to fix them
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
        EnvVerb::Export(input) => export::run(runner, input),
        EnvVerb::Backup(input) => backup::run(runner, input),
        EnvVerb::Import(input) => import::run(runner, input),
        EnvVerb::Rename(input) => rename::run(runner, input),
        EnvVerb::Delete(input) => delete::run(runner, input),
        EnvVerb::Migrate(input) => migrate::run(runner, input),
        EnvVerb::Doctor(input) => doctor::run(runner, input),
        EnvVerb::ToolCheck(input) => tool_check::run(runner, input),
    }
}
