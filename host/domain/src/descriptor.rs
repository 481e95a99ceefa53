//! Pack descriptors, `<namespace>.<slot>.<implementation>@<semver>`, and their paths, under
//! which handlers are registered.

use std::fmt;
use std::str::FromStr;

use semver::Version;

use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};
use crate::{CapabilitySlot, ForeignText};

/// Maximum length of a descriptor or path, in bytes. It is far longer than any known one,
/// and short enough to print in a table.
pub const MAX_DESCRIPTOR_BYTES: usize = 200;

/// The part of a descriptor before the `@`, such as `acme.secrets.vault`.
///
/// Two or more segments of lowercase ASCII letters, digits and `-`, joined by `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DescriptorPath(String);

/// The handler that a binding requests: its path and the version it must implement.
///
/// ```
/// use env_pack_domain::PackDescriptor;
/// let vault: PackDescriptor = "acme.secrets.vault@0.4.2".parse()?;
/// assert_eq!(vault.path().as_str(), "acme.secrets.vault");
/// assert_eq!(vault.version().minor, 4);
/// # Ok::<(), env_pack_domain::InvalidDescriptor>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackDescriptor {
    path: DescriptorPath,
    version: Version,
}

impl DescriptorPath {
    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the slot named by the second segment, if that is a slot.
    pub fn slot(&self) -> Option<CapabilitySlot> {
        self.0.split('.').nth(1)?.parse().ok()
    }

    /// Makes a descriptor with this path and a version.
    pub fn at(&self, version: Version) -> PackDescriptor {
        PackDescriptor { path: self.clone(), version }
    }
}

impl PackDescriptor {
    /// Returns the part before the `@`.
    pub fn path(&self) -> &DescriptorPath {
        &self.path
    }

    /// Returns the part after the `@`.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl FromStr for DescriptorPath {
    type Err = InvalidDescriptor;

    fn from_str(text: &str) -> Result<Self, InvalidDescriptor> {
        check_path(text).map_err(|fault| InvalidDescriptor::new(text, fault))?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for PackDescriptor {
    type Err = InvalidDescriptor;

    fn from_str(text: &str) -> Result<Self, InvalidDescriptor> {
        let fail = |fault| InvalidDescriptor::new(text, fault);
        if text.is_empty() {
            return Err(fail(DescriptorFault::Empty));
        }
        if text.len() > MAX_DESCRIPTOR_BYTES {
            return Err(fail(DescriptorFault::TooLong { bytes: text.len() }));
        }
        let (path, version) =
            text.split_once('@').ok_or_else(|| fail(DescriptorFault::NoVersion))?;
        if let Some(second) = version.find('@') {
            return Err(fail(DescriptorFault::SecondAt { at: path.len() + 1 + second }));
        }
        check_path(path).map_err(fail)?;
        let version =
            version.parse().map_err(|reason| fail(DescriptorFault::BadVersion { reason }))?;
        Ok(Self { path: DescriptorPath(path.to_owned()), version })
    }
}

fn check_path(path: &str) -> Result<(), DescriptorFault> {
    if path.is_empty() {
        return Err(DescriptorFault::Empty);
    }
    if path.len() > MAX_DESCRIPTOR_BYTES {
        return Err(DescriptorFault::TooLong { bytes: path.len() });
    }
    for (at, found) in path.char_indices() {
        if !matches!(found, 'a'..='z' | '0'..='9' | '-' | '.') {
            return Err(DescriptorFault::IllegalCharacter { found, at });
        }
    }
    if !path.contains('.') {
        return Err(DescriptorFault::NoDot);
    }
    let mut at = 0;
    for segment in path.split('.') {
        if segment.is_empty() {
            return Err(DescriptorFault::EmptySegment { at });
        }
        at += segment.len() + 1;
    }
    Ok(())
}

impl fmt::Display for DescriptorPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for PackDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

impl_serialize_as_display!(DescriptorPath, PackDescriptor);
impl_deserialize_from_str!(PackDescriptor);

/// The error for a text that is not a descriptor or not a descriptor path.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a valid descriptor: {fault}")]
pub struct InvalidDescriptor {
    /// The text, or its beginning.
    pub text: ForeignText,
    /// The problem and its place.
    pub fault: DescriptorFault,
}

impl InvalidDescriptor {
    fn new(text: &str, fault: DescriptorFault) -> Self {
        Self { text: ForeignText::excerpt(text), fault }
    }
}

/// The problem of a malformed descriptor. Positions are byte offsets from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorFault {
    /// The text, or the path in it, is empty.
    #[error("it is empty; expected `<namespace>.<slot>.<implementation>@<version>`")]
    Empty,
    /// The text is longer than [`MAX_DESCRIPTOR_BYTES`].
    #[error("it is {bytes} bytes long, more than {MAX_DESCRIPTOR_BYTES}")]
    TooLong {
        /// Length of the text, in bytes.
        bytes: usize,
    },
    /// The path has a character other than lowercase ASCII letters, digits, `-` and `.`.
    #[error(
        "character `{}` at offset {at}; only lowercase ASCII letters, digits, `-` and `.` are \
         allowed in a path",
        found.escape_default()
    )]
    IllegalCharacter {
        /// The character.
        found: char,
        /// Its offset.
        at: usize,
    },
    /// The path is a single segment.
    #[error("the path has no `.`; expected at least `<namespace>.<name>`")]
    NoDot,
    /// The path has two dots in a row, or one at an end.
    #[error("empty path segment at offset {at}")]
    EmptySegment {
        /// Offset of the empty segment.
        at: usize,
    },
    /// The text has no `@`.
    #[error("it has no `@<version>`")]
    NoVersion,
    /// The text has more than one `@`.
    #[error("second `@` at offset {at}")]
    SecondAt {
        /// Its offset.
        at: usize,
    },
    /// The text after the `@` is not a SemVer version.
    #[error("no valid SemVer version after the `@`: {reason}")]
    BadVersion {
        /// The error of the SemVer parser.
        reason: semver::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str, what_and_where: &str) {
        let error = text.parse::<PackDescriptor>().expect_err(text).to_string();
        assert!(error.contains(what_and_where), "{error}");
        assert!(error.len() < 600, "an error quotes an excerpt only: {} bytes", error.len());
    }

    #[test]
    fn lengths_are_limited_exactly() {
        let path = |bytes: usize| format!("a.{}", "b".repeat(bytes - 2));
        path(MAX_DESCRIPTOR_BYTES).parse::<DescriptorPath>().expect("the longest path");
        path(MAX_DESCRIPTOR_BYTES + 1).parse::<DescriptorPath>().expect_err("too long");
        let descriptor = |bytes: usize| format!("{}@1.0.0", path(bytes - "@1.0.0".len()));
        descriptor(MAX_DESCRIPTOR_BYTES).parse::<PackDescriptor>().expect("the longest one");
        descriptor(MAX_DESCRIPTOR_BYTES + 1).parse::<PackDescriptor>().expect_err("too long");
    }

    #[test]
    fn a_descriptor_is_a_path_and_a_version() {
        let vault: PackDescriptor = "acme.secrets.vault@0.4.2".parse().expect("a descriptor");
        assert_eq!(vault.path().as_str(), "acme.secrets.vault");
        assert_eq!(vault.version(), &Version::new(0, 4, 2));
        assert_eq!(vault.path().at(Version::new(0, 4, 2)), vault);
    }

    #[test]
    fn the_second_segment_may_name_a_slot() {
        for (path, slot) in [("acme.secrets.vault", Some(CapabilitySlot::Secrets)), ("a.b", None)] {
            assert_eq!(path.parse::<DescriptorPath>().expect(path).slot(), slot);
        }
    }

    #[test]
    fn descriptors_round_trip() {
        for text in [
            "greentic.secrets.aws-sm@1.0.0",
            "acme.secrets.vault@0.4.2",
            "a.b@0.0.0",
            "0.1@1.2.3-rc.1+build.5",
            "-.-@1.0.0",
        ] {
            assert_eq!(text.parse::<PackDescriptor>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn errors_say_what_is_wrong_and_where() {
        refuses("", "it is empty");
        refuses("@1.0.0", "it is empty");
        refuses("A.b@1.0.0", "character `A` at offset 0");
        refuses("a.b c@1.0.0", "character ` ` at offset 3");
        refuses("a.b/c@1.0.0", "character `/` at offset 3");
        refuses("a.é@1.0.0", "character `\\u{e9}` at offset 2");
        refuses("a.b\u{1b}[2J@1.0.0", "character `\\u{1b}` at offset 3");
        refuses("nodot@1.0.0", "the path has no `.`");
        refuses("a.b", "it has no `@<version>`");
        refuses("a.b@1.0.0@2", "second `@` at offset 9");
        refuses("a..b@1.0.0", "empty path segment at offset 2");
        refuses(".a@1.0.0", "empty path segment at offset 0");
        refuses("a.@1.0.0", "empty path segment at offset 2");
        refuses("a.b@", "no valid SemVer version after the `@`");
        refuses("a.b@1", "no valid SemVer version after the `@`");
        refuses("a.b@^1.0.0", "no valid SemVer version after the `@`");
        refuses(
            &format!("a.{}@1.0.0", "b".repeat(10_000)),
            "it is 10008 bytes long, more than 200",
        );
    }

    #[test]
    fn a_path_has_no_version() {
        let error = "acme.secrets.vault@0.4.2".parse::<DescriptorPath>().expect_err("a version");
        assert!(error.to_string().contains("character `@` at offset 18"), "{error}");
    }
}
