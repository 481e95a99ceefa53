//! Shell patterns for the names of environments and packs.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::ForeignText;

/// Characters that make a text a pattern. An id of an environment has none of them.
const WILDCARDS: [char; 3] = ['*', '?', '['];

/// The longest pattern, in bytes. An id has at most 255.
const MAX_BYTES: usize = 1_024;

/// A shell pattern: `*` matches any text, `?` any character, `[a-z]` one of these characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(glob::Pattern);

impl Pattern {
    /// Returns whether a text has characters with a meaning in patterns.
    pub fn is_pattern(text: &str) -> bool {
        text.contains(WILDCARDS)
    }

    /// Returns the pattern that matches everything.
    pub fn any() -> Self {
        Self(glob::Pattern::new("*").expect("a pattern"))
    }

    /// Returns whether the whole text matches the pattern.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() {
            return Err(InvalidPattern::new(text, "it is empty".to_owned()));
        }
        if text.len() > MAX_BYTES {
            return Err(InvalidPattern::new(text, format!("it is longer than {MAX_BYTES} bytes")));
        }
        // to a library for paths, `**` means any number of folders
        if text.contains("**") {
            return Err(InvalidPattern::new(
                text,
                "one `*` matches any text, so `**` is not used".to_owned(),
            ));
        }
        glob::Pattern::new(text).map(Self).map_err(|error| {
            InvalidPattern::new(text, format!("{} at character {}", error.msg, error.pos + 1))
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ForeignText::new(self.0.as_str()).fmt(f)
    }
}

/// The error for a malformed pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid pattern: {reason}")]
pub struct InvalidPattern {
    text: ForeignText,
    reason: String,
}

impl InvalidPattern {
    fn new(text: &str, reason: String) -> Self {
        Self { text: ForeignText::excerpt(text), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("prod-*", "prod-eu", true),
            ("prod-*", "pre-prod-eu", false),
            ("prod-??", "prod-eu", true),
            ("prod-[ef]u", "prod-au", false),
            ("local", "local", true),
            ("local", "local2", false),
            ("*vault*", "oci://ghcr.io/acme/vault:1", true),
        ] {
            let parsed: Pattern = pattern.parse().expect("a pattern");
            assert_eq!(parsed.matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        let long = "a".repeat(MAX_BYTES + 1);
        for pattern in ["", "prod-**", "prod-[", "a***", &long] {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern}");
        }
        let message = "prod-[".parse::<Pattern>().expect_err("not closed").to_string();
        assert_eq!(
            message,
            "`prod-[` is not a valid pattern: invalid range pattern at character 6"
        );
    }

    #[test]
    fn many_wildcards_take_little_time() {
        let pattern: Pattern = ("*a".repeat(100) + "c").parse().expect("a pattern");
        assert!(!pattern.matches(&("a".repeat(200) + "b")));
    }
}
