//! `gtc op extensions list`: list bound extensions.

use std::io;

use crate::args::EnvironmentPayload;
use crate::binding::list::{bound_row, listing};
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use crate::table::Table;
use gtc_core::ops::bindings::{self, ExtensionsReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("extensions", "list", input, |environment| {
        Ok(bindings::list_extensions(&runner.host, &environment)?)
    })
}

impl RenderHuman for ExtensionsReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table =
            Table::new(["INSTANCE", "KIND", "GENERATION", "PREVIOUS", "ANSWERS", "PACK"]);
        for bound in &self.extensions {
            table.row(bound_row(
                bound.instance_id.clone().unwrap_or_else(|| "(default)".to_owned()),
                bound,
            ));
        }
        listing(&self.environment_id.to_string(), "extensions", &table)
    }
}
