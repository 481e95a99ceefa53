//! `gtc op extensions list`: list bound extensions.

use std::io;

use crate::args::fleet::Selection;
use crate::binding::list::{bound_row, listing};
use crate::fleet::{ListPayload, OneOrMany};
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use crate::table::Table;
use gtc_core::ops::bindings::{self, ExtensionsReport};
use gtc_core::ops::fleet;

pub(super) fn run(runner: &Runner, input: Input<ListPayload>) -> io::Result<u8> {
    let host = &runner.host;
    runner.check(
        "extensions",
        "list",
        input,
        |selection| {
            Ok(match selection {
                Selection::One(id) => OneOrMany::One(bindings::list_extensions(host, &id)?),
                Selection::Many(selector) => {
                    OneOrMany::Many(fleet::list_extensions(host, &selector)?)
                }
            })
        },
        |report| match report {
            OneOrMany::One(_) => true,
            OneOrMany::Many(report) => report.unreadable.is_empty(),
        },
    )
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
