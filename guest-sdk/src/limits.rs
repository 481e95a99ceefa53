//! What the host takes of a preflight. One text that is too long, or two checks of one
//! name, and it would refuse the whole answer: so the SDK shortens and renames, and says
//! in the place itself that it did.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Missing, Outcome, ProbeError, Recoverable, ToolCheck, VersionMismatch};

/// The checks of one preflight.
pub const MAX_CHECKS: usize = 256;
/// One text of a check, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 10;
/// All texts together, in bytes: half of what the host copies, which counts more than
/// texts.
pub const MAX_TOTAL_BYTES: usize = 4 << 20;
/// One text of a check where all together are too much; as many as there may be come to
/// less than [`MAX_TOTAL_BYTES`] then.
const REDUCED_TEXT_BYTES: usize = 2 << 10;
/// A name, in bytes: it is a column of a table.
const MAX_NAME_BYTES: usize = 256;
/// What a check repeats of what a program printed, in bytes: a person reads it.
const MAX_EXCERPT_BYTES: usize = 1 << 10;

/// An answer that the host takes.
pub fn enforce_limits(mut checks: Vec<ToolCheck>) -> Vec<ToolCheck> {
    if checks.len() > MAX_CHECKS {
        let more = checks.split_off(MAX_CHECKS - 1).len();
        let detail = format!(
            "the handler made {more} more checks than the host takes; what they found is left out"
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
    let most = if total > MAX_TOTAL_BYTES { REDUCED_TEXT_BYTES } else { MAX_TEXT_BYTES };
    for text in checks.iter_mut().flat_map(texts) {
        if text.len() > most {
            *text = shorten(text, most);
        }
    }
    checks
}

/// A name that no check before has: the second `vault` is `vault (2)`.
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

/// As much of what a program printed as a check repeats.
pub(crate) fn excerpt(text: &str) -> String {
    shorten(text, MAX_EXCERPT_BYTES)
}

/// A text of at most so many bytes, which says how many were left out.
fn shorten(text: &str, most: usize) -> String {
    /// Room for the note.
    const NOTE: usize = 48;
    if text.len() <= most {
        return text.to_string();
    }
    let kept = text.get(..text.floor_char_boundary(most - NOTE)).unwrap_or_default();
    format!("{kept}… ({} more bytes)", text.len() - kept.len())
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
