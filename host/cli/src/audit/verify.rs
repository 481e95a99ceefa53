//! `gtc op audit verify`: verify the audit log.

use std::io;

use crate::args::EnvironmentPayload;
use crate::input::Input;
use crate::render::{BAD, RenderHuman, plural, verdict_sign};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::audit_log::{self, AuditVerdict};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.check(
        "audit",
        "verify",
        input,
        |environment| Ok(audit_log::verify(&runner.host, &environment)?),
        |verdict| verdict.intact,
    )
}

impl RenderHuman for AuditVerdict {
    fn render_human(&self, _verb: &str) -> String {
        let (sign, style) = verdict_sign(self.intact);
        let id = &self.environment_id;
        let verdict = if self.intact { "is intact" } else { "was changed" };
        let events = plural(usize::try_from(self.last).unwrap_or(usize::MAX), "event");
        let mut text = format!(
            "{} the audit log of environment `{id}` {verdict}: {events}\n",
            style.paint(sign)
        );
        if let Some(through) = self.pruned_through {
            text.push_str(&format!(
                "  it begins with event {}; earlier ones were pruned\n",
                through.saturating_add(1)
            ));
        }
        for fault in &self.faults {
            text.push_str(&format!("  {} {fault}\n", Style::Bad.paint(BAD)));
        }
        if self.unnumbered > 0 {
            let unnumbered = usize::try_from(self.unnumbered).unwrap_or(usize::MAX);
            let lines = plural(unnumbered, "line");
            text.push_str(&format!(
                "  {lines} of earlier versions have no number; only the last of them is verified\n"
            ));
        }
        text
    }
}
