//! One problem of a pack, and the list of all of them.

use env_pack_domain::ForeignText;
use serde::Serialize;

use super::code::FindingSeverity;
use super::table::Code;

/// The maximum number of findings about one pack: a hostile bill of materials could have
/// thousands of problems.
const MAX_FINDINGS: usize = 200;

/// A problem of a pack, or a note about it.
#[derive(Clone, Debug, Serialize)]
pub struct PackFinding {
    /// The stable code of the problem, explained in `docs/validate.md`.
    pub code: Code,
    /// The severity of the code, unless the request raised it.
    pub severity: FindingSeverity,
    /// The entry of the archive or the field of the manifest; `None` for the pack itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ForeignText>,
    /// The offset in the archive, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// A sentence about this pack. Text from the pack is escaped.
    pub message: String,
    /// A sentence that tells the author what to change.
    pub hint: String,
    /// The page and anchor that explain the code.
    pub help: String,
}

impl PackFinding {
    /// A finding about the pack itself.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        let description = code.description();
        Self {
            code,
            severity: description.severity,
            subject: None,
            byte: None,
            message: message.into(),
            hint: description.fix.to_owned(),
            help: code.help(),
        }
    }

    /// Sets the entry or field that the finding is about.
    pub(super) fn on(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(ForeignText::new(subject)), ..self }
    }
}

/// The findings about one pack.
#[derive(Debug, Default)]
pub(super) struct PackFindings {
    pub list: Vec<PackFinding>,
    /// Number of findings that were dropped because there were too many.
    pub omitted: usize,
    /// Set when a handler reached a limit of time or memory.
    pub has_reached_limit: bool,
}

impl PackFindings {
    /// Adds a finding. If there are too many, one of the lowest severity is dropped, so that
    /// a pack cannot hide an error behind warnings.
    pub(super) fn push(&mut self, finding: PackFinding) {
        self.has_reached_limit |= finding.code.is_resource_limit();
        self.list.push(finding);
        if self.list.len() > MAX_FINDINGS {
            self.omitted += 1;
            let lowest = self.list.iter().map(|finding| finding.severity).min();
            let last = self.list.iter().rposition(|finding| Some(finding.severity) == lowest);
            if let Some(at) = last {
                self.list.remove(at);
            }
        }
    }

    /// Makes an error of each warning.
    pub(super) fn raise_warnings(&mut self) {
        for finding in &mut self.list {
            if finding.severity == FindingSeverity::Warning {
                finding.severity = FindingSeverity::Error;
            }
        }
    }

    /// The findings by severity, errors first, and the number of dropped ones. Findings of
    /// one severity stay in the order in which the pack was read.
    pub(super) fn into_sorted(mut self) -> (Vec<PackFinding>, usize) {
        self.list.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        (self.list, self.omitted)
    }
}
