//! `gtc doctor limits`: list the limits on archives, handlers and registries.

use std::io;

use crate::cli::args::NoPayload;
use crate::cli::input::Input;
use crate::cli::render::RenderHuman;
use crate::cli::runner::Runner;
use crate::cli::table::{Style, Table};
use crate::ops::limits::{self, LimitsReport};

pub fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.run("doctor", "limits", input, |()| Ok(limits::limits(&runner.host)))
}

impl RenderHuman for LimitsReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["LIMIT", "VALUE"]);
        for limit in &self.limits {
            let style = if limit.value == limit.default { Style::Plain } else { Style::Notice };
            table.row([Style::Bold.cell(limit.name), style.cell(&limit.shown)]);
        }
        format!(
            "{}\nnext: change one with `--limit <name>=<value>` or in GTC_LIMITS\n",
            table.render()
        )
    }
}
