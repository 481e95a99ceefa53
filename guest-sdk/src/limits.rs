//! The host's limits on the result of a preflight. The host refuses the complete result if
//! one text is too long or two checks have the same name, so the SDK shortens texts and
//! renames checks, and marks where it did.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Missing, Outcome, ProbeError, Recoverable, ToolCheck, VersionMismatch};

/// Number of checks in one preflight.
pub const MAX_CHECKS: usize = 256;
/// Size of one text of a check, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 10;
/// Size of all texts together, in bytes: half of the host's limit, which counts more than
/// texts.
pub const MAX_TOTAL_BYTES: usize = 4 << 20;
/// Size of one text if all texts together exceed [`MAX_TOTAL_BYTES`]; the maximum number of
/// texts of this size does not.
const REDUCED_TEXT_BYTES: usize = 2 << 10;
/// Size of a check's name, in bytes; it is a column of a table.
const MAX_NAME_BYTES: usize = 256;
/// Size of an excerpt of a program's output, in bytes; a person reads it.
const MAX_EXCERPT_BYTES: usize = 1 << 10;

/// Shortens and renames checks so that the host accepts them.
pub fn enforce_limits(mut checks: Vec<ToolCheck>) -> Vec<ToolCheck> {
    if checks.len() > MAX_CHECKS {
        let more = checks.split_off(MAX_CHECKS - 1).len();
        let detail = format!(
            "{more} more checks are left out, because the host accepts at most {MAX_CHECKS}"
        );
        let outcome = Outcome::ProbeError(ProbeError { detail });
        checks.push(ToolCheck {
            name: "more".to_string(),
            description: "checks left out".to_string(),
            outcome,
        });
    }
    let mut names = BTreeSet::new();
    for check in &mut checks {
        check.name = make_distinct(core::mem::take(&mut check.name), &mut names);
    }
    let total: usize = checks
        .iter_mut()
        .map(|check| texts(check).iter().map(|text| text.len()).sum::<usize>())
        .sum();
    let limit = if total > MAX_TOTAL_BYTES { REDUCED_TEXT_BYTES } else { MAX_TEXT_BYTES };
    for text in checks.iter_mut().flat_map(texts) {
        if text.len() > limit {
            *text = shorten(text, limit);
        }
    }
    checks
}

/// Makes a name different from those of earlier checks: the second `vault` becomes
/// `vault (2)`.
fn make_distinct(name: String, names: &mut BTreeSet<String>) -> String {
    let name = match name.trim() {
        "" => "check".to_string(),
        _ => shorten(&name, MAX_NAME_BYTES),
    };
    let mut candidate = name.clone();
    for number in 2.. {
        if names.insert(candidate.clone()) {
            break;
        }
        candidate = format!("{name} ({number})");
    }
    candidate
}

fn texts(check: &mut ToolCheck) -> Vec<&mut String> {
    let mut texts = Vec::from([&mut check.name, &mut check.description]);
    match &mut check.outcome {
        Outcome::Ok(detail) => texts.extend(detail),
        Outcome::Missing(Missing { install_hint }) => texts.push(install_hint),
        Outcome::VersionMismatch(VersionMismatch { found, required, install_hint }) => {
            texts.extend([found, required, install_hint]);
        }
        Outcome::AuthFailed(Recoverable { detail, recovery_hint })
        | Outcome::Unreachable(Recoverable { detail, recovery_hint }) => {
            texts.extend([detail, recovery_hint])
        }
        Outcome::ProbeError(ProbeError { detail }) => texts.push(detail),
    }
    texts
}

/// The beginning of a program's output, short enough to be part of a check.
pub(crate) fn excerpt(text: &str) -> String {
    shorten(text, MAX_EXCERPT_BYTES)
}

/// Shortens a text to at most `limit` bytes, with a note of how many were removed.
fn shorten(text: &str, limit: usize) -> String {
    /// Bytes that are reserved for the note.
    const NOTE: usize = 48;
    if text.len() <= limit {
        return text.to_string();
    }
    let start = text.get(..text.floor_char_boundary(limit - NOTE)).unwrap_or_default();
    format!("{start}… ({} more bytes)", text.len() - start.len())
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::{MAX_CHECKS, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, enforce_limits, excerpt, texts};
    use crate::{Outcome, ToolCheck, VersionMismatch};

    fn check(name: &str, detail: &str) -> ToolCheck {
        let outcome = Outcome::Ok(Some(detail.to_string()));
        ToolCheck { name: name.to_string(), description: String::new(), outcome }
    }

    fn names(checks: Vec<ToolCheck>) -> Vec<String> {
        enforce_limits(checks).into_iter().map(|check| check.name).collect()
    }

    #[test]
    fn checks_within_the_limits_are_unchanged() {
        let checks: Vec<_> = (0..MAX_CHECKS)
            .map(|at| check(&at.to_string(), &"x".repeat(MAX_TOTAL_BYTES / 300)))
            .collect();
        assert_eq!(enforce_limits(checks.clone()), checks);
        assert_eq!(enforce_limits(Vec::new()), []);
    }

    #[test]
    fn names_are_distinct_and_not_empty() {
        let twins = ["a", "a", "a (2)", "a", " ", ""].map(|name| check(name, ""));
        assert_eq!(names(twins.into()), ["a", "a (2)", "a (2) (2)", "a (3)", "check", "check (2)"]);
        let [long, twin] =
            &names([&"ä".repeat(1_000), &"ä".repeat(1_000)].map(|name| check(name, "")).into())[..]
        else {
            panic!("two checks")
        };
        assert!(
            long.len() <= 256 && long.ends_with(" more bytes)") && long != twin,
            "{long} {twin}"
        );
    }

    #[test]
    fn excess_is_dropped_and_reported() {
        let checks =
            enforce_limits((0..MAX_CHECKS + 10).map(|at| check(&at.to_string(), "")).collect());
        assert_eq!(checks.len(), MAX_CHECKS);
        let Outcome::ProbeError(error) = &checks[MAX_CHECKS - 1].outcome else {
            panic!("the last says so")
        };
        assert!(error.detail.contains("11 more checks"), "{}", error.detail);

        let [long] = &enforce_limits([check("a", &"ä".repeat(MAX_TEXT_BYTES))].into())[..] else {
            panic!("one check")
        };
        let Outcome::Ok(Some(detail)) = &long.outcome else { panic!("a detail") };
        assert!(
            detail.len() <= MAX_TEXT_BYTES && detail.ends_with(" more bytes)"),
            "{} bytes",
            detail.len()
        );

        let text = || "x".repeat(MAX_TEXT_BYTES);
        let mismatch = || VersionMismatch { found: text(), required: text(), install_hint: text() };
        let all = (0..MAX_CHECKS).map(|_| ToolCheck {
            name: text(),
            description: text(),
            outcome: Outcome::VersionMismatch(mismatch()),
        });
        let mut settled = enforce_limits(all.collect());
        let total: usize = settled.iter_mut().flat_map(texts).map(|text| text.len()).sum();
        assert!(settled.len() == MAX_CHECKS && total <= MAX_TOTAL_BYTES, "{total} bytes");
    }

    #[test]
    fn long_output_is_excerpted() {
        assert_eq!(excerpt("short"), "short");
        let long = excerpt(&"é".repeat(1 << 20));
        assert!(long.len() <= 1 << 10 && long.ends_with("… (2096176 more bytes)"), "{long}");
    }
}
