//! The places that findings are reported at: a path in the repository, and a subject in the
//! pack.

use gtc_core::ops::validate::PackFinding;

/// Removes `./` from the start of a path, as paths in a repository do not have it.
pub(super) fn repository_path(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}

/// The subject of a finding; its message already has the offset.
pub(super) fn subject_text(finding: &PackFinding) -> Option<String> {
    finding.subject.as_ref().map(|subject| format!("`{subject}`"))
}
