//! This program and this machine.

use super::{BAD, GOOD, Human, NOTICE};
use crate::cli::table::{Table, Tone};
use crate::ops::limits::LimitsReport;
use crate::ops::protections::ProtectionsReport;

impl Human for ProtectionsReport {
    fn human(&self, _verb: &str) -> String {
        let mut deeds = Table::new(["WHAT A WORKER TRIED", "RESULT"]);
        for deed in &self.deeds {
            let result = match deed.prevented {
                true => (format!("{GOOD} prevented"), Tone::Good),
                false => (format!("{BAD} it could"), Tone::Bad),
            };
            deeds.row([(deed.what.to_string(), Tone::Plain), result]);
        }
        let mut layers = Table::new(["WHAT HOLDS IT", "STATE"]);
        for layer in &self.layers {
            let state = match layer.in_force {
                true => (format!("{GOOD} in force"), Tone::Good),
                false => (format!("{NOTICE} not on this machine"), Tone::Notice),
            };
            layers.row([(layer.name.to_string(), Tone::Plain), state]);
        }
        let verdict = match self.holds() {
            true => "foreign components are compiled where they can do no harm",
            false => {
                "this machine does not keep a hostile component from all of it; use a newer kernel for packs you do not trust"
            }
        };
        format!("gtc {}\n\n{}\n{}\n{verdict}\n", self.version, deeds.render(), layers.render())
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
