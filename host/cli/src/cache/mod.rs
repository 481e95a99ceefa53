//! `gtc cache`: the cache of archives and compiled code.

mod gc;
mod list;
mod path;
mod report;
mod verify;

use std::io;

use clap::Subcommand;

use gc::CacheGcPayload;
use verify::CacheVerifyPayload;

use super::args::NoPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum CacheVerb {
    /// Print the path of the cache
    Path(Input<NoPayload>),
    /// List cached files and the environments that use them
    List(Input<NoPayload>),
    /// Hash all cached files again and remove damaged ones
    Verify(Input<CacheVerifyPayload>),
    /// Remove cached files that no environment uses
    Gc(Input<CacheGcPayload>),
}

pub(crate) fn run(runner: &Runner, verb: CacheVerb) -> io::Result<u8> {
    match verb {
        CacheVerb::Path(input) => path::run(runner, input),
        CacheVerb::List(input) => list::run(runner, input),
        CacheVerb::Verify(input) => verify::run(runner, input),
        CacheVerb::Gc(input) => gc::run(runner, input),
    }
}
