//! `gtc op extensions list`: list bound extensions.

use std::io;

use crate::cli::args::EnvironmentPayload;
use crate::cli::binding::list::{bound_row, listing};
use crate::cli::input::Input;
use crate::cli::render::RenderHuman;
use crate::cli::runner::Runner;
use crate::cli::table::Table;
use crate::ops::bindings::{self, ExtensionsReport};

pub fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("extensions", "list", input, |environment| {
        Ok(bindings::list_extensions(&runner.host, &environment)?)
    })
}

impl RenderHuman for ExtensionsReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["INSTANCE", "KIND", "GENERATION", "PREVIOUS", "PACK"]);
        for bound in &self.extensions {
            table.row(bound_row(
                bound.instance_id.clone().unwrap_or_else(|| "(default)".to_owned()),
                bound,
            ));
        }
        listing(&self.environment_id.to_string(), "extensions", &table)
    }
}
