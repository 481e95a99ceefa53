//! SemVer requirements, validated at compile time.
//!
//! The host parses a requirement with the crate `semver`. This module accepts exactly the same
//! requirements, which its tests verify.

/// A SemVer requirement such as `^0.4`, `>=1.2, <2` or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionReq(&'static str);

/// Number of comparators that `semver` accepts in one requirement.
const MAX_COMPARATORS: usize = 32;

impl VersionReq {
    /// Validates a requirement. In a constant, that happens at compile time.
    ///
    /// # Panics
    /// If `requirement` is not a SemVer requirement.
    pub const fn new(requirement: &'static str) -> Self {
        assert!(
            Self::accepts(requirement),
            "this is not a SemVer requirement; expected one such as `^0.4` or `>=1.2, <2`"
        );
        Self(requirement)
    }

    /// Returns true if a text is a SemVer requirement.
    pub const fn accepts(text: &str) -> bool {
        accepts(text.as_bytes())
    }

    /// The requirement as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn accepts(text: &[u8]) -> bool {
    let mut at = spaces(text, 0);
    if is_wildcard(text, at) {
        return spaces(text, at + 1) == text.len();
    }
    let mut comparators = 0;
    loop {
        comparators += 1;
        match comparator(text, at) {
            Some(end) if comparators <= MAX_COMPARATORS => at = end,
            _ => return false,
        }
        if at == text.len() {
            return true;
        }
        if text[at] != b',' {
            return false;
        }
        at = spaces(text, at + 1);
    }
}

/// Reads `[op] major[.minor[.patch[-pre][+build]]]` and the spaces after it. Like all readers
/// below, it returns the position after what it read, or `None` if that is malformed.
const fn comparator(text: &[u8], at: usize) -> Option<usize> {
    let Some(at) = number(text, spaces(text, operator(text, at))) else { return None };
    let Some((at, minor)) = part(text, at) else { return None };
    let Some((mut at, patch)) = part(text, at) else { return None };
    if let (Part::Wildcard, Part::Number) = (minor, patch) {
        return None;
    }
    if let Part::Number = patch {
        if byte(text, at) == b'-' {
            match identifiers(text, at + 1, true) {
                Some(end) => at = end,
                None => return None,
            }
        }
        if byte(text, at) == b'+' {
            match identifiers(text, at + 1, false) {
                Some(end) => at = end,
                None => return None,
            }
        }
    }
    Some(spaces(text, at))
}

#[derive(Clone, Copy)]
enum Part {
    Absent,
    Wildcard,
    Number,
}

/// Reads an optional `.` with a number or a wildcard.
const fn part(text: &[u8], at: usize) -> Option<(usize, Part)> {
    if byte(text, at) != b'.' {
        return Some((at, Part::Absent));
    }
    if is_wildcard(text, at + 1) {
        return Some((at + 2, Part::Wildcard));
    }
    match number(text, at + 1) {
        Some(end) => Some((end, Part::Number)),
        None => None,
    }
}

const fn operator(text: &[u8], at: usize) -> usize {
    match (byte(text, at), byte(text, at + 1)) {
        (b'<' | b'>', b'=') => at + 2,
        (b'<' | b'>' | b'=' | b'~' | b'^', _) => at + 1,
        _ => at,
    }
}

/// Reads a number without leading zeros that fits 64 bits.
const fn number(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut value: u64 = 0;
    while byte(text, at).is_ascii_digit() {
        if at > start && value == 0 {
            return None;
        }
        value = match value.checked_mul(10) {
            Some(value) => value,
            None => return None,
        };
        value = match value.checked_add((text[at] - b'0') as u64) {
            Some(value) => value,
            None => return None,
        };
        at += 1;
    }
    if at == start { None } else { Some(at) }
}

/// Reads identifiers joined by `.`, none of them empty. In a pre-release, a numeric identifier
/// has no leading zero.
const fn identifiers(text: &[u8], start: usize, pre_release: bool) -> Option<usize> {
    let mut at = start;
    let mut first = start;
    let mut is_numeric = true;
    loop {
        let found = byte(text, at);
        if found.is_ascii_alphanumeric() || found == b'-' {
            is_numeric = is_numeric && found.is_ascii_digit();
            at += 1;
            continue;
        }
        if at == first || (pre_release && is_numeric && at - first > 1 && text[first] == b'0') {
            return None;
        }
        if found != b'.' {
            return Some(at);
        }
        at += 1;
        first = at;
        is_numeric = true;
    }
}

const fn spaces(text: &[u8], mut at: usize) -> usize {
    while byte(text, at) == b' ' {
        at += 1;
    }
    at
}

const fn is_wildcard(text: &[u8], at: usize) -> bool {
    matches!(byte(text, at), b'*' | b'x' | b'X')
}

/// The byte at a position, or 0 after the end; a requirement never contains a NUL.
const fn byte(text: &[u8], at: usize) -> u8 {
    if at < text.len() { text[at] } else { 0 }
}

#[cfg(test)]
mod tests;
