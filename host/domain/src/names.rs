//! Identifiers that are also file names (environments, extension instances, packs), and
//! display names.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};

/// Maximum length of a name, in characters. File systems allow 255 bytes, and names that
/// become file names are ASCII.
const MAX_NAME_CHARS: usize = 128;

/// The id of an environment: ASCII letters, digits, `.`, `_` and `-`, but neither `.` nor
/// `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvId(String);

/// The id of one of several bindings of an extension: lowercase ASCII letters, digits and
/// `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(String);

/// The id of a pack, as the pack format defines it: ASCII letters, digits, `.`, `_` and
/// `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackId(String);

impl PackId {
    /// Maximum length of an id, in bytes.
    pub const MAX_BYTES: usize = MAX_NAME_CHARS;

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name of an environment for people: one line of any characters, not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

/// A region, or the id of a tenant: printable characters without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(String);

impl Label {
    /// Returns the label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DisplayName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EnvId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InstanceId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_plain("environment id", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for PackId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_plain("pack id", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for InstanceId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check(
            "instance id",
            text,
            "lowercase ASCII letters, digits and `-`",
            |c| matches!(c, 'a'..='z' | '0'..='9' | '-'),
        )?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for DisplayName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_line("name", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Label {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check("label", text, "printable characters without spaces", |c| {
            !c.is_control() && !c.is_whitespace()
        })?;
        Ok(Self(text.to_owned()))
    }
}

/// Checks a name that is one line of any characters, not blank.
pub(crate) fn check_line(what: &'static str, text: &str) -> Result<(), InvalidName> {
    if text.trim().is_empty() {
        return Err(InvalidName::new(what, text, "it is blank"));
    }
    check(what, text, "printable characters", |c| !c.is_control())
}

fn check_plain(what: &'static str, text: &str) -> Result<(), InvalidName> {
    if matches!(text, "." | "..") {
        return Err(InvalidName::new(what, text, "it has a special meaning in paths"));
    }
    check(what, text, "ASCII letters, digits, `.`, `_` and `-`", |c| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
    })
}

fn check(
    what: &'static str,
    text: &str,
    allowed: &str,
    is_allowed: fn(char) -> bool,
) -> Result<(), InvalidName> {
    if text.is_empty() {
        return Err(InvalidName::new(what, text, "it is empty"));
    }
    let chars = text.chars().count();
    if chars > MAX_NAME_CHARS {
        let reason = format!("it is {chars} characters long, more than {MAX_NAME_CHARS}");
        return Err(InvalidName::new(what, text, reason));
    }
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        let c = c.escape_default();
        let reason = format!("character `{c}` at offset {at}; only {allowed} are allowed");
        return Err(InvalidName::new(what, text, reason));
    }
    Ok(())
}

impl fmt::Display for EnvId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl_serialize_as_display!(EnvId, InstanceId);
impl_deserialize_from_str!(EnvId);

/// The error for a malformed name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}: {reason}")]
pub struct InvalidName {
    what: &'static str,
    text: ForeignText,
    reason: String,
}

impl InvalidName {
    fn new(what: &'static str, text: &str, reason: impl Into<String>) -> Self {
        Self { what, text: ForeignText::excerpt(text), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_limited_exactly() {
        let longest = "a".repeat(MAX_NAME_CHARS);
        assert_eq!(longest.parse::<PackId>().expect("the longest id").as_str(), longest);
        format!("{longest}a").parse::<PackId>().expect_err("too long");
    }

    #[test]
    fn labels() {
        for good in ["eu-west-1", "org_01H8", "urn:tenant:ü/1"] {
            assert_eq!(good.parse::<Label>().expect(good).as_str(), good);
        }
        for bad in ["", " ", "a b", "a\n", "a\u{85}b", &"x".repeat(129)] {
            bad.parse::<Label>().expect_err(bad);
        }
    }

    #[test]
    fn environment_ids() {
        for good in ["local", "prod-eu.1", "A_b", "...", "0"] {
            assert_eq!(good.parse::<EnvId>().expect(good).as_str(), good);
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "a\0", "ü", "a b", &"x".repeat(129)] {
            assert!(bad.parse::<EnvId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn instance_ids() {
        for good in ["primary", "eu-1", "0"] {
            assert_eq!(good.parse::<InstanceId>().expect(good).as_str(), good);
        }
        for bad in ["", "Primary", "a.b", "a_b", "a/b", "../x", "\u{202e}"] {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn display_names() {
        for good in ["local", "Production (EU)", "東京"] {
            assert_eq!(good.parse::<DisplayName>().expect(good).as_str(), good);
        }
        for bad in ["", "  ", "two\nlines", "\u{1b}[2J", &"x".repeat(129)] {
            assert!(bad.parse::<DisplayName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_error_says_what_and_where() {
        let error = "a/b".parse::<EnvId>().expect_err("separator").to_string();
        assert_eq!(
            error,
            "`a/b` is not a valid environment id: character `/` at offset 1; only ASCII letters, digits, `.`, `_` and `-` are allowed"
        );
    }
}
