//! The report of `gtc pack validate`.

use env_pack_domain::{CapabilitySlot, DescriptorPath, ForeignText, PackRef};
use serde::Serialize;

use super::code::FindingSeverity;
use super::finding::PackFinding;

/// The findings about all packs.
#[derive(Debug, Serialize)]
pub struct ValidateReport {
    /// One report per pack, in the order of the request.
    pub packs: Vec<PackReport>,
    /// Number of errors in all packs.
    pub errors: usize,
    /// Number of warnings in all packs; 0 with `strict`.
    pub warnings: usize,
    /// Number of notes in all packs.
    pub notes: usize,
    /// Warnings were treated as errors.
    pub strict: bool,
    /// True if all packs passed.
    pub passed: bool,
}

/// The findings about one pack.
#[derive(Debug, Default, Serialize)]
pub struct PackReport {
    /// The reference of the pack, as written in the request.
    pub pack_ref: String,
    /// The id in the manifest, if the manifest could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ForeignText>,
    /// The version in the manifest, if the manifest could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The size of the archive in bytes; 0 if it could not be read.
    pub size: usize,
    /// The SHA-256 digest of the archive in hexadecimal; `None` if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The handlers that reported their metadata.
    pub handlers: Vec<ValidatedHandler>,
    /// The findings by severity, errors first; at most 200.
    pub findings: Vec<PackFinding>,
    /// Number of findings that were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// The part that was not examined, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<&'static str>,
    /// The reason why the pack could not be examined to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ValidationFailure>,
}

/// A handler that reported its metadata.
#[derive(Debug, Serialize)]
pub struct ValidatedHandler {
    /// The id of the component.
    pub component: ForeignText,
    /// The slot it serves.
    pub slot: CapabilitySlot,
    /// Its descriptor path, such as `acme.secrets.vault`.
    pub descriptor_path: DescriptorPath,
    /// The requirement on the version of its descriptor, such as `^0.4`.
    pub supported_versions: String,
    /// The interfaces that the component imports.
    pub imports: Vec<ForeignText>,
}

/// The reason why a pack could not be examined.
#[derive(Clone, Debug, Serialize)]
pub struct ValidationFailure {
    /// A stable name of the kind of error.
    pub kind: &'static str,
    /// The error and its causes.
    pub message: String,
    /// The next step for the user; may be empty.
    pub hint: String,
}

/// The result for one pack or for all packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationVerdict {
    /// No finding counts against a pack.
    Passed,
    /// A finding counts against a pack.
    Failed,
    /// A pack could not be examined.
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
        let errors = count(FindingSeverity::Error);
        let warnings = count(FindingSeverity::Warning);
        let notes = count(FindingSeverity::Note);
        let passed = packs.iter().all(|pack| pack.verdict(strict) == ValidationVerdict::Passed);
        Self { packs, errors, warnings, notes, strict, passed }
    }

    /// The verdict on all packs: unknown if one could not be examined.
    pub fn verdict(&self) -> ValidationVerdict {
        if self.passed {
            ValidationVerdict::Passed
        } else if self.packs.iter().any(|pack| pack.failure.is_some()) {
            ValidationVerdict::Unknown
        } else {
            ValidationVerdict::Failed
        }
    }
}

impl PackReport {
    pub(super) fn new(pack_ref: &PackRef) -> Self {
        Self { pack_ref: pack_ref.text(), ..Self::default() }
    }

    /// The verdict on this pack.
    pub fn verdict(&self, strict: bool) -> ValidationVerdict {
        if self.failure.is_some() {
            ValidationVerdict::Unknown
        } else if self.findings.iter().any(|finding| finding.counts_against_pack(strict)) {
            ValidationVerdict::Failed
        } else {
            ValidationVerdict::Passed
        }
    }
}

impl PackFinding {
    /// Returns true if the finding counts against the pack.
    pub fn counts_against_pack(&self, strict: bool) -> bool {
        self.severity == FindingSeverity::Error
            || strict && self.severity == FindingSeverity::Warning
    }
}
