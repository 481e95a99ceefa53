//! What validation has to say.

use env_pack_domain::{CapabilitySlot, DescriptorPath, ForeignText, PackRef};
use serde::Serialize;

use super::{FindingSeverity, PackFinding};

/// What was found about packs.
#[derive(Debug, Serialize)]
pub struct ValidateReport {
    /// The packs, in the order in which they were named.
    pub packs: Vec<PackReport>,
    /// How many errors there are.
    pub errors: usize,
    /// How many warnings there are.
    pub warnings: usize,
    /// How many notes there are.
    pub notes: usize,
    /// Whether warnings count as errors do.
    pub strict: bool,
    /// Whether nothing counts against any of the packs.
    pub passed: bool,
}

/// What was found about one pack.
#[derive(Debug, Default, Serialize)]
pub struct PackReport {
    /// Where it is, as it was named.
    pub pack_ref: String,
    /// Its id, as far as it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ForeignText>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its size, in bytes.
    pub size: usize,
    /// Its digest; none when it could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The handlers that said who they are.
    pub handlers: Vec<ValidatedHandler>,
    /// What was found.
    pub findings: Vec<PackFinding>,
    /// How many more findings there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// What was not looked at, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<&'static str>,
    /// Why it could not be examined, or not to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ValidationFailure>,
}

/// A handler that said who it is.
#[derive(Debug, Serialize)]
pub struct ValidatedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The slot it fills.
    pub slot: CapabilitySlot,
    /// The path it answers for.
    pub descriptor_path: DescriptorPath,
    /// The versions it supports.
    pub supported_versions: String,
    /// What its component imports.
    pub imports: Vec<ForeignText>,
}

/// Why nobody knows.
#[derive(Clone, Debug, Serialize)]
pub struct ValidationFailure {
    /// A stable name of the kind of error.
    pub kind: &'static str,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What is to be said of packs in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationVerdict {
    /// Nothing counts against them.
    Passed,
    /// Something does.
    Failed,
    /// One of them could not be examined.
    Unknown,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl ValidateReport {
    pub(super) fn new(packs: Vec<PackReport>, strict: bool) -> Self {
        let count = |severity| {
            let findings = packs.iter().flat_map(|pack| &pack.findings);
            findings.filter(|finding| finding.severity == severity).count()
        };
        let (errors, warnings, notes) = (
            count(FindingSeverity::Error),
            count(FindingSeverity::Warning),
            count(FindingSeverity::Note),
        );
        let passed = packs.iter().all(|pack| pack.verdict(strict) == ValidationVerdict::Passed);
        Self { packs, errors, warnings, notes, strict, passed }
    }

    /// The verdict on all packs: what is not known comes first.
    pub fn verdict(&self) -> ValidationVerdict {
        match (self.passed, self.packs.iter().any(|pack| pack.failure.is_some())) {
            (true, _) => ValidationVerdict::Passed,
            (false, true) => ValidationVerdict::Unknown,
            (false, false) => ValidationVerdict::Failed,
        }
    }
}

impl PackReport {
    pub(super) fn new(pack_ref: &PackRef) -> Self {
        Self { pack_ref: pack_ref.text(), ..Self::default() }
    }

    /// The verdict on this pack.
    pub fn verdict(&self, strict: bool) -> ValidationVerdict {
        match (
            self.failure.is_some(),
            self.findings.iter().any(|finding| finding.counts_against_pack(strict)),
        ) {
            (true, _) => ValidationVerdict::Unknown,
            (false, true) => ValidationVerdict::Failed,
            (false, false) => ValidationVerdict::Passed,
        }
    }
}

impl PackFinding {
    /// Whether it counts against the pack.
    pub fn counts_against_pack(&self, strict: bool) -> bool {
        self.severity == FindingSeverity::Error
            || strict && self.severity == FindingSeverity::Warning
    }
}
