//! Text of the report of a changed trust root.

use crate::render::{GOOD, NOTICE, RenderHuman, plural};
use crate::table::Style;
use gtc_core::ops::trust_root::TrustChangeReport;

impl RenderHuman for TrustChangeReport {
    fn render_human(&self, verb: &str) -> String {
        let id = &self.environment_id;
        let key = &self.key_id;
        let what = match (verb, self.changed) {
            ("remove", _) => format!("environment `{id}` no longer trusts key `{key}`"),
            (_, true) => format!("environment `{id}` trusts key `{key}`"),
            (_, false) => format!("environment `{id}` already trusts key `{key}`; nothing changed"),
        };
        let text = format!("{} {what}\n", Style::Good.paint(GOOD));
        match self.keys {
            0 => {
                text + &format!(
                    "  {} it trusts no key now, so signatures are not checked\n",
                    Style::Notice.paint(NOTICE)
                )
            }
            keys => {
                text + &format!("  it accepts only packs signed by {}\n", one_of(keys))
                    + &format!("next: check its packs with `gtc op env doctor {id}`\n")
            }
        }
    }
}

pub(super) fn one_of(keys: usize) -> String {
    match keys {
        1 => "this key".to_owned(),
        keys => format!("one of {}", plural(keys, "key")),
    }
}
