//! Text of the reports of `op env`.

use env_pack_domain::diagnosis::DiagnosisSeverity;

use super::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, plural, shown};
use crate::cli::table::{Cell, Style, Table};
use crate::ops::doctor::{BindingHealth, DoctorFinding, DoctorReport, FindingSubject};
use crate::ops::env::{CreateReport, InitReport, ListReport, ShowReport};

impl RenderHuman for InitReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let what = match (self.created, self.bound.len()) {
            (true, _) => format!("created environment `{id}` with its default packs"),
            (false, 0) => format!("environment `{id}` is already set up; nothing changed"),
            (false, _) => {
                let bound: Vec<_> = self.bound.iter().map(|kind| format!("`{kind}`")).collect();
                format!("repaired environment `{id}`: bound {}", bound.join(", "))
            }
        };
        format!("{what}\n\n{}", self.doctor.render_human("doctor"))
    }
}

impl RenderHuman for CreateReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text = format!("created environment `{}`", self.environment_id);
        match self.bound.len() {
            0 => text.push_str(" without bindings\n"),
            count => text.push_str(&format!(" with {count} default packs\n")),
        }
        text + &format!("next: examine it with `gtc op env doctor {}`\n", self.environment_id)
    }
}

impl RenderHuman for ListReport {
    fn render_human(&self, _verb: &str) -> String {
        if self.environments.is_empty() {
            return format!(
                "no environments in {}\nnext: create one with `gtc op env init`\n",
                shown(&self.store_root)
            );
        }
        let mut table = Table::new(["ENVIRONMENT", "PACKS", "EXTENSIONS", "STATE"]);
        for environment in &self.environments {
            let state = match &environment.error {
                None => Style::Good.cell(format!("{GOOD} readable")),
                Some(error) => Style::Bad.cell(format!("{BAD} {error}")),
            };
            table.row([
                Style::Bold.cell(&environment.environment_id),
                Style::Plain.cell(environment.packs),
                Style::Plain.cell(environment.extensions),
                state,
            ]);
        }
        format!("environments in {}\n\n{}", shown(&self.store_root), table.render())
    }
}

impl RenderHuman for ShowReport {
    fn render_human(&self, _verb: &str) -> String {
        // JSON escapes control characters, but not all marks for the direction of text
        let runtime = self
            .runtime
            .as_ref()
            .map(|runtime| format!("\nruntime.json\n{}", escaped_lines(runtime.get())));
        format!(
            "environment.json\n{}{}",
            escaped_lines(self.environment.get()),
            runtime.unwrap_or_default()
        )
    }
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(|line| shown(line) + "\n").collect()
}

impl RenderHuman for DoctorReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "PACK", "STATE"]);
        for binding in &self.bindings {
            table.row(binding_row(binding));
        }
        for slot in &self.missing_slots {
            let subject = FindingSubject::Slot(*slot);
            let finding = self.findings.iter().find(|finding| finding.subject == subject);
            let (sign, style) = sign(finding.map(|finding| finding.severity));
            table.row([
                Style::Bold.cell(slot),
                empty_cell(),
                empty_cell(),
                style.cell(format!("{sign} not bound")),
            ]);
        }
        let mut text = format!("environment `{}`\n\n{}\n", self.environment_id, table.render());
        let signed = self
            .signatures
            .iter()
            .map(|signed| format!("pack `{}`: {}\n", signed.pack_ref, signed.signature));
        text.extend(signed);
        text.push_str(if self.signatures.is_empty() { "" } else { "\n" });
        for finding in &self.findings {
            text.push_str(&finding_text(finding));
        }
        let findings = self
            .findings
            .iter()
            .filter(|finding| finding.severity == DiagnosisSeverity::Finding)
            .count();
        let notices = self.findings.len() - findings;
        let summary = format!(
            "{} bound, {}, {}",
            self.bindings.len(),
            plural(findings, "finding"),
            plural(notices, "notice")
        );
        let (sign, word, style) = if self.healthy {
            (GOOD, "healthy", Style::Good)
        } else {
            (BAD, "not healthy", Style::Bad)
        };
        text + &format!("{}: {summary}\n", style.paint(&format!("{sign} {word}")))
    }
}

fn binding_row(binding: &BindingHealth) -> [Cell; 4] {
    let slot = match &binding.instance_id {
        Some(instance) => format!("{} ({instance})", binding.slot),
        None => binding.slot.to_string(),
    };
    let pack = match &binding.pack_ref {
        env_pack_domain::PackRef::Builtin(_) => "built-in".to_owned(),
        other => other.to_string(),
    };
    let (sign, style) = sign(binding.severity);
    let state = style.cell(format!("{sign} {}", binding.state.replace('-', " ")));
    [Style::Bold.cell(slot), Style::Plain.cell(&binding.kind), Style::Plain.cell(pack), state]
}

fn finding_text(finding: &DoctorFinding) -> String {
    let (sign, style) = sign(Some(finding.severity));
    let heading = style.paint(&format!("{sign} {}:", finding.code));
    format!("{heading} {}\n    {}\n    next: {}\n\n", finding.subject, finding.reason, finding.next)
}

/// The symbol and style of a severity; of health if there is none.
fn sign(severity: Option<DiagnosisSeverity>) -> (&'static str, Style) {
    match severity {
        Some(DiagnosisSeverity::Finding) => (BAD, Style::Bad),
        Some(DiagnosisSeverity::Information) => (NOTICE, Style::Notice),
        None => (GOOD, Style::Good),
    }
}
