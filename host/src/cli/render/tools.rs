//! What handlers found on this machine.

use env_pack_domain::{CheckOutcome, ToolCheck};

use super::{BAD, GOOD, Human, NOTICE, counted, dash};
use crate::cli::table::{Table, Tone};
use crate::ops::tool_check::{PreflightReport, ToolCheckReport};

impl Human for ToolCheckReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "CHECK", "RESULT"]);
        let mut next = Vec::new();
        for checks in &self.bindings {
            preflight_rows(
                &mut table,
                &mut next,
                checks.slot.to_string(),
                checks.kind.to_string(),
                &checks.preflight,
            );
        }
        for checks in &self.extension_bindings {
            let slot = extension(checks.instance_id.as_deref());
            preflight_rows(&mut table, &mut next, slot, checks.kind.to_string(), &checks.preflight);
        }
        for unresolved in &self.unresolved_bindings {
            let state = (format!("{BAD} not asked: {}", unresolved.error), Tone::Bad);
            table.row([
                (unresolved.slot.to_string(), Tone::Bold),
                (unresolved.kind.to_string(), Tone::Plain),
                dash(),
                state,
            ]);
        }
        for unresolved in &self.extension_unresolved_bindings {
            let slot = extension(unresolved.instance_id.as_deref());
            let state = (format!("{NOTICE} not asked: {}", unresolved.error), Tone::Notice);
            table.row([
                (slot, Tone::Bold),
                (unresolved.kind.to_string(), Tone::Plain),
                dash(),
                state,
            ]);
        }
        if table.is_empty() {
            return format!(
                "environment `{}` binds nothing, so there is nothing to check\n",
                self.environment_id
            );
        }
        let mut text = format!("environment `{}`\n\n{}\n", self.environment_id, table.render());
        for (name, hint) in next {
            text.push_str(&format!("next: `{name}`: {hint}\n"));
        }
        let mut summary =
            format!("{}, {} failed", counted(self.total_checks, "check"), self.failed_checks);
        match self.unresolved_bindings.len() + self.failed_preflights {
            0 => {}
            count => {
                summary.push_str(&format!(", {} without an answer", counted(count, "handler")))
            }
        }
        let (sign, word, tone) = match self.passed() {
            true => (GOOD, "ready", Tone::Good),
            false => (BAD, "not ready", Tone::Bad),
        };
        text + &format!("{}: {summary}\n", tone.paint(&format!("{sign} {word}")))
    }
}

fn preflight_rows(
    table: &mut Table,
    next: &mut Vec<(String, String)>,
    slot: String,
    kind: String,
    preflight: &PreflightReport,
) {
    let bold = |text: &String| (text.clone(), Tone::Bold);
    let plain = |text: &String| (text.clone(), Tone::Plain);
    if let Some(fault) = &preflight.fault {
        table.row([
            bold(&slot),
            plain(&kind),
            dash(),
            (format!("{BAD} {}", fault.message), Tone::Bad),
        ]);
    } else if preflight.checks.is_empty() {
        table.row([
            bold(&slot),
            plain(&kind),
            dash(),
            (format!("{GOOD} nothing to check"), Tone::Good),
        ]);
    }
    for check in &preflight.checks {
        let (state, hint) = outcome(check);
        table.row([bold(&slot), plain(&kind), (check.name.to_string(), Tone::Plain), state]);
        next.extend(hint.map(|hint| (check.name.to_string(), hint)));
    }
}

fn outcome(check: &ToolCheck) -> ((String, Tone), Option<String>) {
    let bad = |text: String, hint: Option<String>| ((format!("{BAD} {text}"), Tone::Bad), hint);
    match &check.outcome {
        CheckOutcome::Ok { detail: None } => ((format!("{GOOD} ok"), Tone::Good), None),
        CheckOutcome::Ok { detail: Some(detail) } => {
            ((format!("{GOOD} ok: {detail}"), Tone::Good), None)
        }
        CheckOutcome::Missing { install_hint } => {
            bad("missing".to_owned(), Some(install_hint.to_string()))
        }
        CheckOutcome::VersionMismatch { found, required, install_hint } => bad(
            format!("version {found} does not match {required}"),
            Some(install_hint.to_string()),
        ),
        CheckOutcome::AuthFailed { detail, recovery_hint } => {
            bad(format!("not allowed in: {detail}"), Some(recovery_hint.to_string()))
        }
        CheckOutcome::Unreachable { detail, recovery_hint } => {
            bad(format!("does not answer: {detail}"), Some(recovery_hint.to_string()))
        }
        CheckOutcome::ProbeError { detail } => bad(format!("could not be checked: {detail}"), None),
    }
}

fn extension(instance: Option<&str>) -> String {
    instance.map_or_else(|| "extension".to_owned(), |instance| format!("extension ({instance})"))
}
