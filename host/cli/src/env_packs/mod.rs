//! `gtc op env-packs`: bind packs to the slots of an environment.

mod add;
mod arguments;
mod list;
mod pin;
mod remove;
mod rollback;
mod update;

use std::io;

use clap::Subcommand;

use add::PackPayload;
use pin::PackPinPayload;
use remove::PackRemovePayload;
use rollback::PackRollbackPayload;
use update::PackUpdatePayload;

use super::fleet::ListPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum EnvPacksVerb {
    /// Bind a pack to an empty slot
    Add(Input<PackPayload>),
    /// Replace the pack of a slot; `rollback` restores the previous one
    Update(Input<PackUpdatePayload>),
    /// Unbind the pack of a slot; this cannot be rolled back
    Remove(Input<PackRemovePayload>),
    /// Restore the pack that the last update replaced
    Rollback(Input<PackRollbackPayload>),
    /// Pin the pack of a slot that is bound without a pin: fetch it, check it, and grant
    /// permissions
    Pin(Input<PackPinPayload>),
    /// List bound packs, of one environment or of many
    List(Input<ListPayload>),
}

pub(crate) fn run(runner: &Runner, verb: EnvPacksVerb) -> io::Result<u8> {
    match verb {
        EnvPacksVerb::Add(input) => add::run(runner, input),
        EnvPacksVerb::Update(input) => update::run(runner, input),
        EnvPacksVerb::Remove(input) => remove::run(runner, input),
        EnvPacksVerb::Rollback(input) => rollback::run(runner, input),
        EnvPacksVerb::Pin(input) => pin::run(runner, input),
        EnvPacksVerb::List(input) => list::run(runner, input),
    }
}
