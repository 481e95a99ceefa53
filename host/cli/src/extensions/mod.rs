//! `gtc op extensions`: bind extensions to an environment.

mod add;
mod arguments;
mod list;
mod pin;
mod remove;
mod resolve;
mod rollback;
mod update;

use std::io;

use clap::Subcommand;

use add::ExtensionPayload;
use pin::ExtensionPinPayload;
use remove::ExtensionRemovePayload;
use resolve::ResolvePayload;
use rollback::ExtensionRollbackPayload;
use update::ExtensionUpdatePayload;

use super::fleet::ListPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum ExtensionsVerb {
    /// Bind an extension
    Add(Input<ExtensionPayload>),
    /// Replace the pack of an extension; `rollback` restores the previous one
    Update(Input<ExtensionUpdatePayload>),
    /// Unbind an extension; this cannot be rolled back
    Remove(Input<ExtensionRemovePayload>),
    /// Restore the pack that the last update replaced
    Rollback(Input<ExtensionRollbackPayload>),
    /// Pin the pack of an extension that is bound without a pin: fetch it, check it, and grant
    /// permissions
    Pin(Input<ExtensionPinPayload>),
    /// List bound extensions, of one environment or of many
    List(Input<ListPayload>),
    /// Print the answers of the extension that `ext://<path>[/<instance>]` names
    Resolve(Input<ResolvePayload>),
}

pub(crate) fn run(runner: &Runner, verb: ExtensionsVerb) -> io::Result<u8> {
    match verb {
        ExtensionsVerb::Add(input) => add::run(runner, input),
        ExtensionsVerb::Update(input) => update::run(runner, input),
        ExtensionsVerb::Remove(input) => remove::run(runner, input),
        ExtensionsVerb::Rollback(input) => rollback::run(runner, input),
        ExtensionsVerb::Pin(input) => pin::run(runner, input),
        ExtensionsVerb::List(input) => list::run(runner, input),
        ExtensionsVerb::Resolve(input) => resolve::run(runner, input),
    }
}
