//! `gtc op answers`: the answers documents of an environment.

mod arguments;
mod edit;
mod list;
mod put;
mod report;
mod show;

use std::io;

use clap::Subcommand;

use arguments::AnswersTargetPayload;
use edit::EditPayload;
use put::PutPayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum AnswersVerb {
    /// List the answers of an environment and the bindings that use them
    List(Input<EnvironmentPayload>),
    /// Print answers
    Show(Input<AnswersTargetPayload>),
    /// Write answers, after checking them against the schemas of the packs that use them
    #[command(after_help = put::EXAMPLES)]
    Put(Input<PutPayload>),
    /// Edit answers with $VISUAL or $EDITOR
    Edit(Input<EditPayload>),
}

pub(crate) fn run(runner: &Runner, verb: AnswersVerb) -> io::Result<u8> {
    match verb {
        AnswersVerb::List(input) => list::run(runner, input),
        AnswersVerb::Show(input) => show::run(runner, input),
        AnswersVerb::Put(input) => put::run(runner, input),
        AnswersVerb::Edit(input) => edit::run(runner, input),
    }
}
