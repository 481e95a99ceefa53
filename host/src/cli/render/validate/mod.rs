//! PackFindings about packs, in the forms that people and CIs read.

mod github;
mod junit;
mod sarif;

pub use github::github;
pub use junit::junit;
pub use sarif::sarif;

use super::{BAD, GOOD, NOTICE, RenderHuman, plural, shown};
use crate::cli::table::Style;
use crate::ops::validate::{
    FindingSeverity, PackFinding, PackReport, ValidateReport, ValidationVerdict,
};

impl RenderHuman for ValidateReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text: String =
            self.packs.iter().map(|pack| human_pack(pack, self.strict) + "\n").collect();
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let counts: Vec<_> = counts.into_iter().map(|(count, what)| plural(count, what)).collect();
        let packs = plural(self.packs.len(), "pack");
        text.push_str(&match self.verdict() {
            ValidationVerdict::Passed => {
                format!("{} {packs} passed: {}\n", Style::Good.paint(GOOD), counts.join(", "))
            }
            ValidationVerdict::Failed => {
                format!("{} {packs}: {}\n", Style::Bad.paint(BAD), counts.join(", "))
            }
            ValidationVerdict::Unknown => {
                format!(
                    "{} {packs}, some could not be examined: {}\n",
                    Style::Bad.paint(BAD),
                    counts.join(", ")
                )
            }
        });
        text
    }
}

fn human_pack(pack: &PackReport, strict: bool) -> String {
    let sign = match pack.verdict(strict) {
        ValidationVerdict::Passed => Style::Good.paint(GOOD),
        ValidationVerdict::Failed | ValidationVerdict::Unknown => Style::Bad.paint(BAD),
    };
    let name = match (&pack.id, &pack.version) {
        (Some(id), Some(version)) => format!(" (`{id}` {version})"),
        _ => String::new(),
    };
    let mut text = format!("{sign} {}{name}\n", shown(&pack.pack_ref));
    for handler in &pack.handlers {
        let (path, slot, supported) =
            (&handler.descriptor_path, handler.slot, &handler.supported_versions);
        text.push_str(&format!("    `{path}` serves {slot}, supports `{supported}`\n"));
    }
    pack.findings.iter().for_each(|finding| text.push_str(&human_finding(finding)));
    if pack.omitted > 0 {
        text.push_str(&format!("    and {} more\n", pack.omitted));
    }
    if let Some(stopped) = pack.stopped {
        text.push_str(&format!("    {stopped}\n"));
    }
    if let Some(failure) = &pack.failure {
        text.push_str(&format!(
            "  {} could not be examined: {}\n",
            Style::Bad.paint(BAD),
            failure.message
        ));
        text.push_str(&format!("    next: {}\n", failure.hint));
    }
    text
}

fn human_finding(finding: &PackFinding) -> String {
    let (style, sign) = match finding.severity {
        FindingSeverity::Error => (Style::Bad, BAD),
        FindingSeverity::Warning => (Style::Notice, NOTICE),
        FindingSeverity::Note => (Style::Faint, "·"),
    };
    let place = subject_text(finding).map(|place| format!("    at {place}\n")).unwrap_or_default();
    format!(
        "  {} {}: {}\n{place}    next: {}\n",
        style.paint(sign),
        Style::Bold.paint(finding.code.name()),
        finding.message,
        finding.hint
    )
}

/// A path without the `./` in front of it, which a repository does not know.
fn repository_path(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}

/// What a finding is about; the byte stands in its message already.
fn subject_text(finding: &PackFinding) -> Option<String> {
    finding.subject.as_ref().map(|subject| format!("`{subject}`"))
}
