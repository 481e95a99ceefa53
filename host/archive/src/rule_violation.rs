//! The error for a broken rule of the canonical zip profile.

use env_pack_domain::ForeignText;

use super::error::ArchiveError;
use super::rules::ZipRule;

/// The error for a rule that is broken at byte `offset`.
pub(super) fn violation(rule: ZipRule, offset: usize) -> ArchiveError {
    ArchiveError::Profile { rule, offset, entry: None }
}

/// Adds the name of the entry to an error that has none.
pub(super) fn with_entry(error: ArchiveError, name: &[u8]) -> ArchiveError {
    match error {
        ArchiveError::Profile { rule, offset, entry: None } => {
            let entry = Some(ForeignText::excerpt(&String::from_utf8_lossy(name)));
            ArchiveError::Profile { rule, offset, entry }
        }
        other => other,
    }
}
