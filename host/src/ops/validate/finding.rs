//! One thing that was found, and all that was.

use env_pack_domain::ForeignText;
use serde::Serialize;

use super::{Code, FindingSeverity};

/// The most findings that one pack gets: whoever has read these does not need the rest,
/// and a hostile bill could have thousands.
const MAX_FINDINGS: usize = 200;

/// Something that was found about a pack.
#[derive(Clone, Debug, Serialize)]
pub struct PackFinding {
    /// What it is.
    pub code: Code,
    /// How much it matters.
    pub severity: FindingSeverity,
    /// The entry or field that it is about; the whole pack, if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ForeignText>,
    /// Where in the archive, in bytes from its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// What is the case here. Foreign text in it is escaped.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Where the code is explained.
    pub help: String,
}

impl PackFinding {
    /// A finding about a pack as a whole.
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

    /// The same finding, about an entry or a field.
    pub(super) fn on(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(ForeignText::new(subject)), ..self }
    }
}

/// All that was found about one pack.
#[derive(Debug, Default)]
pub(super) struct PackFindings {
    pub list: Vec<PackFinding>,
    /// How many more there were.
    pub omitted: usize,
    /// Whether something took too long, so that more of the same would too.
    pub is_slow: bool,
}

impl PackFindings {
    /// Takes a finding in. When there are too many, those that matter least are left out:
    /// a pack cannot hide an error behind warnings.
    pub fn push(&mut self, finding: PackFinding) {
        self.is_slow |= finding.code.is_resource_limit();
        self.list.push(finding);
        if self.list.len() > MAX_FINDINGS {
            self.omitted += 1;
            let least = self.list.iter().map(|finding| finding.severity).min();
            let last = self.list.iter().rposition(|finding| Some(finding.severity) == least);
            if let Some(at) = last {
                self.list.remove(at);
            }
        }
    }
}
