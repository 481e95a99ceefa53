//! Renders a validation report as workflow commands of GitHub Actions: one line, and so
//! one annotation, for each finding.
//!
//! The runner executes each line that begins with `::`, so text from a pack must not begin a
//! line, end one, or end a parameter.

use super::location::{repository_path, subject_text};
use crate::render::shown;
use gtc_core::ops::validate::{FindingSeverity, PackReport, ValidateReport};

/// Renders the report as workflow commands.
pub(super) fn github(report: &ValidateReport) -> String {
    report.packs.iter().map(pack).collect()
}

fn pack(pack: &PackReport) -> String {
    let mut lines = String::new();
    for finding in &pack.findings {
        let command = match finding.severity {
            FindingSeverity::Error => "error",
            FindingSeverity::Warning => "warning",
            FindingSeverity::Note => "notice",
        };
        let place = subject_text(finding).map(|place| format!(" ({place})")).unwrap_or_default();
        let message = format!("{}{place}. {} See {}", finding.message, finding.hint, finding.help);
        lines.push_str(&line(command, &pack.pack_ref, finding.code.name(), &message));
    }
    if let Some(failure) = &pack.failure {
        let message = format!("{}; {}", failure.message, failure.hint);
        lines.push_str(&line("error", &pack.pack_ref, failure.kind, &message));
    }
    if pack.omitted > 0 {
        let message = format!("{} more findings are not listed", pack.omitted);
        lines.push_str(&line("notice", &pack.pack_ref, "omitted", &message));
    }
    lines
}

fn line(command: &str, pack_ref: &str, title: &str, message: &str) -> String {
    let pack_ref = shown(pack_ref);
    let parameters = if pack_ref.contains("://") {
        // a URL is not a file of the repository
        format!("title={}", parameter(&format!("{title}: {pack_ref}")))
    } else {
        format!("file={},title={}", parameter(repository_path(&pack_ref)), parameter(title))
    };
    format!("::{command} {parameters}::{}\n", data(message))
}

/// Escapes the text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a parameter.
fn parameter(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_relative_to_the_repository() {
        assert_eq!(
            line("error", "./packs/a.gtpack", "t", "m"),
            "::error file=packs/a.gtpack,title=t::m\n"
        );
    }

    #[test]
    fn workflow_commands_cannot_be_injected() {
        let line = line(
            "error",
            "a,title=b::c\n::stop-commands::x",
            "t",
            "50% \r\n::set-env name=PATH::x",
        );
        assert_eq!(
            line,
            "::error file=a%2Ctitle=b%3A%3Ac\\n%3A%3Astop-commands%3A%3Ax,title=t::50%25 %0D%0A::set-env name=PATH::x\n"
        );
        assert_eq!(line.lines().count(), 1);
    }
}
