//! This program and this machine.

use super::{BAD, GOOD, Human, NOTICE};
use crate::cli::table::{Table, Tone};
use crate::ops::limits::LimitsReport;
use crate::ops::sandbox_check::SandboxCheckReport;

impl Human for SandboxCheckReport {
    fn human(&self, _verb: &str) -> String {
        let mut actions = Table::new(["WHAT A WORKER TRIED", "RESULT"]);
        for action in &self.forbidden_actions {
            let result = match action.prevented {
                true => (format!("{GOOD} prevented"), Tone::Good),
                false => (format!("{BAD} it could"), Tone::Bad),
            };
            actions.row([(action.what.to_string(), Tone::Plain), result]);
        }
        let mut layers = Table::new(["WHAT HOLDS IT", "STATE"]);
        for layer in &self.layers {
            let state = match layer.in_force {
                true => (format!("{GOOD} in force"), Tone::Good),
                false => (format!("{NOTICE} not on this machine"), Tone::Notice),
            };
            layers.row([(layer.name.to_string(), Tone::Plain), state]);
        }
        let verdict = match self.is_confined() {
            true => "foreign components are compiled where they can do no harm",
            false => {
                "this machine does not keep a hostile component from all of it; use a newer kernel for packs you do not trust"
            }
        };
        format!("gtc {}\n\n{}\n{}\n{verdict}\n", self.version, actions.render(), layers.render())
    }
}

impl Human for LimitsReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["LIMIT", "VALUE"]);
        for limit in &self.limits {
            let tone = if limit.value == limit.default { Tone::Plain } else { Tone::Notice };
            table.row([(limit.name.to_owned(), Tone::Bold), (limit.shown.clone(), tone)]);
        }
        format!(
            "{}\nnext: change one with `--limit <name>=<value>` or in GTC_LIMITS\n",
            table.render()
        )
    }
}
