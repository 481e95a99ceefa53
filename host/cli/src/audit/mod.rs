//! `gtc op audit`: the audit log of an environment.

pub(crate) mod list;
mod prune;
mod show;
mod verify;

use std::io;

use clap::Subcommand;

use list::AuditListPayload;
use prune::AuditPrunePayload;
use show::AuditShowPayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// List requested changes, the latest last
    #[command(after_help = list::EXAMPLES)]
    List(Input<AuditListPayload>),
    /// Print one requested change
    Show(Input<AuditShowPayload>),
    /// Remove old events from the start of the log
    Prune(Input<AuditPrunePayload>),
    /// Verify that no line was changed, removed, moved or added
    Verify(Input<EnvironmentPayload>),
}

pub(crate) fn run(runner: &Runner, verb: AuditVerb) -> io::Result<u8> {
    match verb {
        AuditVerb::List(input) => list::run(runner, input),
        AuditVerb::Show(input) => show::run(runner, input),
        AuditVerb::Prune(input) => prune::run(runner, input),
        AuditVerb::Verify(input) => verify::run(runner, input),
    }
}
