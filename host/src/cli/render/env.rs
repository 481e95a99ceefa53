//! Environments as a whole.

use env_pack_domain::diagnosis::DiagnosisSeverity;

use super::{BAD, GOOD, Human, NOTICE, counted, shown};
use crate::cli::table::{Table, Tone};
use crate::ops::doctor::{BindingHealth, DoctorFinding, DoctorReport, FindingSubject};
use crate::ops::env::{CreateReport, InitReport, ListReport, ShowReport};

impl Human for InitReport {
    fn human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let what = match (self.created, self.bound.len()) {
            (true, _) => format!("created environment `{id}` with its default packs"),
            (false, 0) => format!("environment `{id}` is already set up; nothing changed"),
            (false, _) => {
                let bound: Vec<_> = self.bound.iter().map(|kind| format!("`{kind}`")).collect();
                format!("healed environment `{id}`: bound {}", bound.join(", "))
            }
        };
        format!("{what}\n\n{}", self.doctor.human("doctor"))
    }
}

impl Human for CreateReport {
    fn human(&self, _verb: &str) -> String {
        let mut text = format!("created environment `{}`", self.environment_id);
        match self.bound.len() {
            0 => text.push_str(" without bindings\n"),
            count => text.push_str(&format!(" with {count} default packs\n")),
        }
        text + &format!("next: examine it with `gtc op env doctor {}`\n", self.environment_id)
    }
}

impl Human for ListReport {
    fn human(&self, _verb: &str) -> String {
        if self.environments.is_empty() {
            return format!(
                "no environments in {}\nnext: create one with `gtc op env init`\n",
                shown(&self.store_root)
            );
        }
        let mut table = Table::new(["ENVIRONMENT", "PACKS", "EXTENSIONS", "STATE"]);
        for environment in &self.environments {
            let (state, tone) = match &environment.error {
                None => (format!("{GOOD} readable"), Tone::Good),
                Some(error) => (format!("{BAD} {error}"), Tone::Bad),
            };
            table.row([
                (environment.environment_id.to_string(), Tone::Bold),
                (environment.packs.to_string(), Tone::Plain),
                (environment.extensions.to_string(), Tone::Plain),
                (state, tone),
            ]);
        }
        format!("environments in {}\n\n{}", shown(&self.store_root), table.render())
    }
}

impl Human for ShowReport {
    fn human(&self, _verb: &str) -> String {
        // JSON escapes what a terminal would obey, but not every mark that turns the reading
        // direction
        let document = |text: &str| text.lines().map(|line| shown(line) + "\n").collect::<String>();
        let runtime = self
            .runtime
            .as_ref()
            .map(|runtime| format!("\nruntime.json\n{}", document(runtime.get())));
        format!(
            "environment.json\n{}{}",
            document(self.environment.get()),
            runtime.unwrap_or_default()
        )
    }
}

impl Human for DoctorReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "PACK", "STATE"]);
        for binding in &self.bindings {
            table.row(binding_row(binding));
        }
        for slot in &self.missing_slots {
            let is_about =
                |finding: &&DoctorFinding| finding.subject == FindingSubject::Slot(*slot);
            let (sign, tone) =
                sign(self.findings.iter().find(is_about).map(|finding| finding.severity));
            let empty = ("–".to_owned(), Tone::Faint);
            table.row([
                (slot.to_string(), Tone::Bold),
                empty.clone(),
                empty,
                (format!("{sign} not bound"), tone),
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
        let is_finding = |finding: &&DoctorFinding| finding.severity == DiagnosisSeverity::Finding;
        let findings = self.findings.iter().filter(is_finding).count();
        let notices = self.findings.len() - findings;
        let summary = format!(
            "{} bound, {}, {}",
            self.bindings.len(),
            counted(findings, "finding"),
            counted(notices, "notice")
        );
        let (sign, word, tone) = match self.healthy {
            true => (GOOD, "healthy", Tone::Good),
            false => (BAD, "not healthy", Tone::Bad),
        };
        text + &format!("{}: {summary}\n", tone.paint(&format!("{sign} {word}")))
    }
}

fn binding_row(binding: &BindingHealth) -> [(String, Tone); 4] {
    let slot = match &binding.instance_id {
        Some(instance) => format!("{} ({instance})", binding.slot),
        None => binding.slot.to_string(),
    };
    let pack = match &binding.pack_ref {
        env_pack_domain::PackRef::Builtin(_) => "built-in".to_owned(),
        other => other.to_string(),
    };
    let (sign, tone) = sign(binding.severity);
    let state = (format!("{sign} {}", binding.state.replace('-', " ")), tone);
    [(slot, Tone::Bold), (binding.kind.to_string(), Tone::Plain), (pack, Tone::Plain), state]
}

fn finding_text(finding: &DoctorFinding) -> String {
    let (sign, tone) = sign(Some(finding.severity));
    let heading = tone.paint(&format!("{sign} {}:", finding.code));
    format!("{heading} {}\n    {}\n    next: {}\n\n", finding.subject, finding.reason, finding.next)
}

/// The sign of something that is wrong, worth knowing, or well.
fn sign(severity: Option<DiagnosisSeverity>) -> (&'static str, Tone) {
    match severity {
        Some(DiagnosisSeverity::Finding) => (BAD, Tone::Bad),
        Some(DiagnosisSeverity::Information) => (NOTICE, Tone::Notice),
        None => (GOOD, Tone::Good),
    }
}
