//! Reports on one environment or many, and the lists of bindings of many.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::fleet::{AllArg, EnvironmentsArg, KindPattern, PackRefPattern, Selection};
use crate::binding::list::pack_cell;
use crate::error::UsageError;
use crate::parse::Payload;
use crate::render::{BAD, NOTICE, RenderHuman, empty_cell, plural, short, shown};
use crate::table::{Cell, Style, Table};
use gtc_core::ops::bindings::ListedBinding;
use gtc_core::ops::fleet::{FleetEnvPacksReport, FleetExtensionsReport, UnreadableEnvironment};

/// The environments whose bindings are listed.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentsArg,
    #[command(flatten)]
    #[serde(default)]
    pub all: AllArg,
    #[command(flatten)]
    #[serde(default)]
    pub kind: KindPattern,
    #[command(flatten)]
    #[serde(default)]
    pub pack_ref: PackRefPattern,
}

impl Payload for ListPayload {
    type Request = Selection;

    fn into_request(self) -> Result<Selection, UsageError> {
        Selection::parse(&self.environment_id, &self.all, &self.kind, &self.pack_ref)
    }
}

/// A report on one environment, or on many.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<One, Many> {
    One(One),
    Many(Many),
}

impl<One: RenderHuman, Many: RenderHuman> RenderHuman for OneOrMany<One, Many> {
    fn render_human(&self, verb: &str) -> String {
        match self {
            Self::One(report) => report.render_human(verb),
            Self::Many(report) => report.render_human(verb),
        }
    }
}

impl RenderHuman for FleetEnvPacksReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = table("SLOT");
        for bound in &self.bindings {
            add_row(&mut table, bound.slot.as_deref().unwrap_or_default(), bound);
        }
        for unknown in &self.unknown_slots {
            let state = Style::Notice.cell(format!("{NOTICE} unknown slot"));
            let slot = Style::Bold.cell(&unknown.slot);
            add_note(&mut table, &unknown.environment_id.to_string(), slot, state);
        }
        listing(table, "pack", self.bindings.len(), self.environments, &self.unreadable)
    }
}

impl RenderHuman for FleetExtensionsReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = table("INSTANCE");
        for bound in &self.extensions {
            add_row(&mut table, bound.instance_id.as_deref().unwrap_or("(default)"), bound);
        }
        listing(table, "extension", self.extensions.len(), self.environments, &self.unreadable)
    }
}

fn table(place: &str) -> Table {
    Table::new(["ENVIRONMENT", place, "KIND", "GENERATION", "VERSION", "DIGEST", "PACK"])
}

fn add_row(table: &mut Table, place: &str, bound: &ListedBinding) {
    let version = bound.pack_version.as_deref();
    let digest = bound.archive_sha256.as_deref();
    table.row([
        Style::Bold.cell(&bound.environment_id),
        Style::Bold.cell(place),
        Style::Plain.cell(&bound.kind),
        Style::Plain.cell(bound.generation),
        version.map_or_else(empty_cell, |version| Style::Plain.cell(shown(version))),
        digest.map_or_else(empty_cell, |digest| Style::Plain.cell(short(digest))),
        pack_cell(bound),
    ]);
}

/// Adds a row about something that is not a binding.
fn add_note(table: &mut Table, environment: &str, place: Cell, note: Cell) {
    let [kind, generation, version, digest] = std::array::from_fn(|_| empty_cell());
    let environment = Style::Bold.cell(environment);
    table.row([environment, place, kind, generation, version, digest, note]);
}

fn listing(
    mut table: Table,
    what: &str,
    count: usize,
    environments: usize,
    unreadable: &[UnreadableEnvironment],
) -> String {
    for environment in unreadable {
        let state = Style::Bad.cell(format!("{BAD} {}", environment.error));
        add_note(&mut table, &environment.environment_id.to_string(), empty_cell(), state);
    }
    let mut text = if table.is_empty() { String::new() } else { table.render() + "\n" };
    let environments = plural(environments, "environment");
    text.push_str(&format!("{} in {environments}\n", plural(count, what)));
    if let Some(first) = unreadable.first() {
        let sign = Style::Bad.paint(BAD);
        let count = plural(unreadable.len(), "environment");
        let id = &first.environment_id;
        text.push_str(&format!("{sign} {count} could not be read, or not completely\n"));
        text.push_str(&format!("next: see what to correct with `gtc op env doctor {id}`\n"));
    }
    text
}
