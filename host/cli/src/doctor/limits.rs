//! `gtc doctor limits`: list the limits on archives, handlers and registries.

use std::io;

use crate::args::NoPayload;
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::limits::{self, LimitsReport};

pub(super) fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use gtc_core::ops::limits::ReportedLimit;

    #[test]
    fn a_changed_limit_stands_out() {
        let limit = |name, value: u64| ReportedLimit {
            name,
            value,
            shown: format!("{value} bytes"),
            default: 1,
        };
        let report = LimitsReport { limits: vec![limit("as-built", 1), limit("changed", 2)] };
        let lines = report.render_human("limits");
        let plain = Style::Plain.paint("1 bytes");
        let notice = Style::Notice.paint("2 bytes");
        assert!(lines.contains(&plain) && lines.contains(&notice), "{lines}");
    }
}
