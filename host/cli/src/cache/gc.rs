//! `gtc cache gc`: remove cached files that no environment uses.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, RenderHuman, short, verdict_sign};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::cache;
use gtc_core::ops::cache::gc::CacheGcReport;

/// Options of `cache gc`.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheGcPayload {
    /// Report what would be removed without removing it
    #[arg(long)]
    #[serde(default)]
    pub dry_run: bool,
}

impl Payload for CacheGcPayload {
    type Request = bool;

    fn into_request(self) -> Result<bool, UsageError> {
        Ok(self.dry_run)
    }
}

pub(super) fn run(runner: &Runner, input: Input<CacheGcPayload>) -> io::Result<u8> {
    runner.check(
        "cache",
        "gc",
        input,
        |dry_run| Ok(cache::gc::gc(&runner.host, dry_run)?),
        |report| report.is_done(),
    )
}

impl RenderHuman for CacheGcReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["WHAT", "NAME", "BYTES", "WHY"]);
        for removed in &self.removed {
            table.row([
                Style::Bold.cell(removed.what.replace('-', " ")),
                Style::Plain.cell(short(&removed.name.to_string())),
                Style::Plain.cell(removed.size),
                Style::Plain.cell(removed.reason),
            ]);
        }
        let mut text = if table.is_empty() { String::new() } else { table.render() + "\n" };
        for failed in &self.failed {
            text.push_str(&format!(
                "{} {}: {}\n",
                Style::Bad.paint(BAD),
                failed.name,
                failed.reason
            ));
        }
        let (sign, style) = verdict_sign(self.is_done());
        let verb = if self.dry_run { "would free" } else { "freed" };
        text + &format!("{} {verb} {} bytes\n", style.paint(sign), self.freed_bytes)
    }
}
