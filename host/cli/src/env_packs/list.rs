//! `gtc op env-packs list`: list bound packs.

use std::io;

use crate::args::EnvironmentPayload;
use crate::binding::list::{bound_row, listing};
use crate::input::Input;
use crate::render::{RenderHuman, empty_cell};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::bindings::{self, EnvPacksReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("env-packs", "list", input, |environment| {
        Ok(bindings::list_env_packs(&runner.host, &environment)?)
    })
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
