//! `gtc op env-packs list`: list bound packs.

use std::io;

use crate::cli::args::EnvironmentPayload;
use crate::cli::binding::list::{bound_row, listing};
use crate::cli::input::Input;
use crate::cli::render::RenderHuman;
use crate::cli::runner::Runner;
use crate::cli::table::Table;
use crate::ops::bindings::{self, EnvPacksReport};

pub fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("env-packs", "list", input, |environment| {
        Ok(bindings::list_env_packs(&runner.host, &environment)?)
    })
}

impl RenderHuman for EnvPacksReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "GENERATION", "PREVIOUS", "PACK"]);
        for bound in &self.bindings {
            table.row(bound_row(bound.slot.clone().unwrap_or_default(), bound));
        }
        listing(&self.environment_id.to_string(), "packs", &table)
    }
}
