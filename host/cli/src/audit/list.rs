//! `gtc op audit list`: list requested changes.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::OptionalEnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{RenderHuman, empty_cell, plural, shown};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::ops::audit_log::{self, AuditFilter, AuditReport, AuditedActor, AuditedEvent};

pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op audit list prod --since 2026-11-01 --verb update
  gtc op audit list prod --last 1000 --format json";

/// Events to list.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditListPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    /// Only changes from this time on: a date, or a time in RFC 3339, in UTC unless it says
    /// otherwise
    #[arg(long, value_name = "TIME")]
    #[schemars(description = "Only changes from this time on")]
    pub since: Option<String>,
    /// Only changes by commands with this noun, such as `env-packs`
    #[arg(long, value_name = "NOUN")]
    pub noun: Option<String>,
    /// Only changes by this verb, such as `update`
    #[arg(long, value_name = "VERB")]
    pub verb: Option<String>,
    /// At most this many changes, the latest
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[serde(default = "default_last")]
    pub last: usize,
}

fn default_last() -> usize {
    100
}

impl Payload for AuditListPayload {
    type Request = (EnvId, AuditFilter);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        let since = self.since.as_deref().map(|since| parse_time("since", since)).transpose()?;
        let Self { noun, verb, last, .. } = self;
        let filter = AuditFilter { since, noun, verb, last: Some(last) };
        Ok((self.environment_id.parse()?, filter))
    }
}

/// Parses a date, or a time in RFC 3339.
pub(super) fn parse_time(argument: &'static str, text: &str) -> Result<Timestamp, UsageError> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let date = text.parse::<Date>().ok();
    let midnight =
        date.and_then(|date| TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok());
    midnight.ok_or_else(|| {
        UsageError::new(
            argument,
            "expected a date such as `2026-11-30`, or a time such as `2026-11-30T12:00:00Z`",
        )
    })
}

pub(super) fn run(runner: &Runner, input: Input<AuditListPayload>) -> io::Result<u8> {
    runner.run("audit", "list", input, |(environment, filter)| {
        Ok(audit_log::list(&runner.host, &environment, &filter)?)
    })
}

impl RenderHuman for AuditReport {
    fn render_human(&self, _verb: &str) -> String {
        if self.events.is_empty() {
            return format!("environment `{}` has no such events\n", self.environment_id);
        }
        let mut table = Table::new(["EVENT", "TIME", "USER", "COMMAND", "OF", "RESULT"]);
        for event in self.parsed() {
            table.row([
                event.seq.map_or_else(empty_cell, |seq| Style::Bold.cell(seq)),
                Style::Plain.cell(&event.ts),
                Style::Plain.cell(user(&event.actor)),
                Style::Plain.cell(format!("{} {}", event.noun, event.verb)),
                Style::Plain.cell(target(&event)),
                result(&event),
            ]);
        }
        let mut text = table.render();
        if self.earlier > 0 {
            let earlier = plural(self.earlier, "earlier event");
            text.push_str(&format!("\n{earlier}; see more with `--last <N>`\n"));
        }
        if self.unreadable > 0 {
            let lines = plural(self.unreadable, "other line");
            let id = &self.environment_id;
            text.push_str(&format!("\n{lines}; see `gtc op audit verify {id}`\n"));
        }
        text
    }
}

pub(crate) fn user(actor: &AuditedActor) -> String {
    match (&actor.user, actor.uid) {
        (Some(user), _) => user.to_string(),
        (None, Some(uid)) => uid.to_string(),
        (None, None) => String::new(),
    }
}

/// Returns the values that say what an event was about.
fn target(event: &AuditedEvent) -> String {
    // a digest is too long for a table
    let values = event.target.iter().filter(|(name, _)| *name != "archive_sha256");
    let values = values.filter_map(|(_, value)| value.as_str());
    let text = values.map(shown).collect::<Vec<_>>().join(", ");
    match (event.previous_generation, event.new_generation) {
        (Some(before), Some(after)) if before != after => {
            format!("{text}, generation {before} to {after}")
        }
        _ => text,
    }
}

fn result(event: &AuditedEvent) -> Cell {
    match (event.result.outcome.as_exact(), &event.result.kind) {
        ("ok", _) => Style::Good.cell("ok"),
        (_, Some(kind)) => Style::Bad.cell(kind),
        (_, None) => Style::Bad.cell(&event.result.outcome),
    }
}
