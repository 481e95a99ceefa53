//! `gtc op trust-root`: the keys whose signatures an environment trusts.

mod add;
mod list;
mod remove;

use std::io;

use clap::Subcommand;

use add::TrustPayload;
use remove::DistrustPayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::render::{GOOD, NOTICE, RenderHuman, plural};
use super::runner::Runner;
use super::table::Style;
use gtc_core::ops::trust_root::TrustChangeReport;

#[derive(Debug, Subcommand)]
pub(crate) enum TrustRootVerb {
    /// Trust a key; once one is trusted, only packs with a trusted signature are bound or
    /// loaded
    Add(Input<TrustPayload>),
    /// Stop trusting a key
    Remove(Input<DistrustPayload>),
    /// List trusted keys
    List(Input<EnvironmentPayload>),
}

pub(crate) fn run(runner: &Runner, verb: TrustRootVerb) -> io::Result<u8> {
    match verb {
        TrustRootVerb::Add(input) => add::run(runner, input),
        TrustRootVerb::Remove(input) => remove::run(runner, input),
        TrustRootVerb::List(input) => list::run(runner, input),
    }
}

impl RenderHuman for TrustChangeReport {
    fn render_human(&self, verb: &str) -> String {
        let id = &self.environment_id;
        let key = &self.key_id;
        let what = match (verb, self.changed) {
            ("remove", _) => format!("environment `{id}` no longer trusts key `{key}`"),
            (_, true) => format!("environment `{id}` trusts key `{key}`"),
            (_, false) => format!("environment `{id}` already trusts key `{key}`; nothing changed"),
        };
        let text = format!("{} {what}\n", Style::Good.paint(GOOD));
        match self.keys {
            0 => {
                text + &format!(
                    "  {} it trusts no key now, so signatures are not checked\n",
                    Style::Notice.paint(NOTICE)
                )
            }
            keys => {
                text + &format!("  it accepts only packs signed by {}\n", one_of(keys))
                    + &format!("next: check its packs with `gtc op env doctor {id}`\n")
            }
        }
    }
}

fn one_of(keys: usize) -> String {
    match keys {
        1 => "this key".to_owned(),
        keys => format!("one of {}", plural(keys, "key")),
    }
}
