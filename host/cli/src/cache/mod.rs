//! `gtc cache`: the cache of archives and compiled code.

mod gc;
mod list;
mod path;
mod verify;

use std::io;

use clap::Subcommand;

use gc::CacheGcPayload;
use verify::CacheVerifyPayload;

use super::args::NoPayload;
use super::input::Input;
use super::render::{NOTICE, join_or_none};
use super::runner::Runner;
use super::table::Style;
use gtc_core::ops::cache::{MissingArchive, PinnedBy, UnreadableEnvironment};

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

/// Number of hex digits of a digest that are shown.
const DIGITS: usize = 16;

fn missing(missing: &[MissingArchive]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    missing
        .iter()
        .map(|missing| {
            let digest = short(&missing.sha256);
            let by = pinned_by(&missing.pinned_by);
            format!("{sign} archive {digest} is pinned by {by} but is not in the cache\n")
        })
        .collect()
}

fn unreadable(environments: &[UnreadableEnvironment]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    environments
        .iter()
        .map(|environment| {
            let id = &environment.environment_id;
            let error = &environment.error;
            format!("{sign} could not read the pins of environment `{id}`: {error}\n")
        })
        .collect()
}

fn pinned_by(pins: &[PinnedBy]) -> String {
    join_or_none(pins.iter().map(|by| match &by.store_root {
        Some(root) => format!("`{}` of {root} ({})", by.environment_id, by.pack_ref),
        None => format!("`{}` ({})", by.environment_id, by.pack_ref),
    }))
}

/// Shortens a name that begins with a digest.
fn short(name: &str) -> String {
    let is_digest = name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
    if is_digest { format!("{}…", &name[..DIGITS]) } else { name.to_owned() }
}
