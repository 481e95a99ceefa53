//! `gtc op env list`: list environments.

use std::io;

use crate::args::NoPayload;
use crate::input::Input;
use crate::render::{BAD, GOOD, RenderHuman, empty_cell, shown};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::env::{self, ListReport};

pub(super) fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.run("env", "list", input, |()| Ok(env::list(&runner.host)?))
}

impl RenderHuman for ListReport {
    fn render_human(&self, _verb: &str) -> String {
        if self.environments.is_empty() {
            return format!(
                "no environments in {}\nnext: create one with `gtc op env init`\n",
                shown(&self.store_root)
            );
        }
        let mut table = Table::new(["ENVIRONMENT", "REVISION", "PACKS", "EXTENSIONS", "STATE"]);
        for environment in &self.environments {
            let state = match &environment.error {
                None => Style::Good.cell(format!("{GOOD} readable")),
                Some(error) => Style::Bad.cell(format!("{BAD} {error}")),
            };
            table.row([
                Style::Bold.cell(&environment.environment_id),
                environment.revision.map_or_else(empty_cell, |number| Style::Plain.cell(number)),
                Style::Plain.cell(environment.packs),
                Style::Plain.cell(environment.extensions),
                state,
            ]);
        }
        format!("environments in {}\n\n{}", shown(&self.store_root), table.render())
    }
}
