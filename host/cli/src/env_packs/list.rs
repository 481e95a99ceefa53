//! `gtc op env-packs list`: list bound packs.

use std::io;

use crate::args::fleet::Selection;
use crate::binding::list::{bound_row, listing};
use crate::fleet::{ListPayload, OneOrMany};
use crate::input::Input;
use crate::render::{RenderHuman, empty_cell};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::bindings::{self, EnvPacksReport};
use gtc_core::ops::fleet;

pub(super) fn run(runner: &Runner, input: Input<ListPayload>) -> io::Result<u8> {
    let host = &runner.host;
    runner.check(
        "env-packs",
        "list",
        input,
        |selection| {
            Ok(match selection {
                Selection::One(id) => OneOrMany::One(bindings::list_env_packs(host, &id)?),
                Selection::Many(selector) => {
                    OneOrMany::Many(fleet::list_env_packs(host, &selector)?)
                }
            })
        },
        |report| match report {
            OneOrMany::One(_) => true,
            OneOrMany::Many(report) => report.unreadable.is_empty(),
        },
    )
}

impl RenderHuman for EnvPacksReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "GENERATION", "PREVIOUS", "ANSWERS", "PACK"]);
        for bound in &self.bindings {
            table.row(bound_row(bound.slot.clone().unwrap_or_default(), bound));
        }
        for slot in &self.unknown_slots {
            let slot = Style::Bold.cell(slot);
            table.row([
                slot,
                Style::Notice.cell("unknown slot"),
                empty_cell(),
                empty_cell(),
                empty_cell(),
                empty_cell(),
            ]);
        }
        listing(&self.environment_id.to_string(), "packs", &table)
    }
}
