//! Text of the reports of `gtc doctor`.

use super::{BAD, GOOD, NOTICE, RenderHuman};
use crate::cli::table::{Style, Table};
use crate::ops::limits::LimitsReport;
use crate::ops::sandbox_check::SandboxCheckReport;

impl RenderHuman for SandboxCheckReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut actions = Table::new(["OPERATION", "RESULT"]);
        for action in &self.forbidden_actions {
            let result = if action.prevented {
                Style::Good.cell(format!("{GOOD} prevented"))
            } else {
                Style::Bad.cell(format!("{BAD} not prevented"))
            };
            actions.row([Style::Plain.cell(&action.what), result]);
        }
        let mut layers = Table::new(["PROTECTION", "STATE"]);
        for layer in &self.layers {
            let state = if layer.in_force {
                Style::Good.cell(format!("{GOOD} in force"))
            } else {
                Style::Notice.cell(format!("{NOTICE} not available"))
            };
            layers.row([Style::Plain.cell(&layer.name), state]);
        }
        let verdict = if self.is_confined() {
            "external components are compiled in an effective sandbox"
        } else {
            "the sandbox is incomplete on this machine; use a newer kernel for packs you do not trust"
        };
        format!("gtc {}\n\n{}\n{}\n{verdict}\n", self.version, actions.render(), layers.render())
    }
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
