//! Where the archive of a pack is: a file, a registry, or a name that the host itself
//! knows.

use std::fmt;
use std::str::FromStr;

use crate::{ForeignText, PackDescriptor};

/// The longest reference, in characters; paths end at 4,096 bytes on every system we
/// know.
pub const MAX_PACK_REF_CHARS: usize = 4096;

/// A reference to a pack, kept exactly as it was written.
///
/// A reference is only classified here, not judged: environment files hold references
/// that other tools understand, and they must survive a rewrite.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PackRef {
    /// A name such as `greentic.secrets.dev-store@0.1.0`: one of the packs that the host
    /// brings along.
    Named(PackDescriptor),
    /// A local file: a path, or a `file://` URL.
    File(String),
    /// An OCI artifact, `oci://<registry>/<repository>[:tag][@digest]`.
    Oci(String),
    /// A scheme that this host cannot fetch from.
    OtherScheme(String),
}

impl PackRef {
    /// The reference as it was written.
    pub fn text(&self) -> String {
        match self {
            Self::Named(name) => name.to_string(),
            Self::File(text) | Self::Oci(text) | Self::OtherScheme(text) => text.clone(),
        }
    }

    /// The path of a local file.
    pub fn file_path(&self) -> Option<&str> {
        match self {
            Self::File(text) => Some(text.strip_prefix("file://").unwrap_or(text)),
            _ => None,
        }
    }
}

impl FromStr for PackRef {
    type Err = InvalidPackRef;

    fn from_str(text: &str) -> Result<Self, InvalidPackRef> {
        if text.is_empty() {
            return Err(InvalidPackRef::Empty);
        }
        let chars = text.chars().count();
        if chars > MAX_PACK_REF_CHARS {
            return Err(InvalidPackRef::TooLong { chars });
        }
        if let Some(at) = text.find('\0') {
            return Err(InvalidPackRef::Nul { at });
        }
        if let Some(path) = text.strip_prefix("file://") {
            return match path.starts_with('/') {
                true => Ok(Self::File(text.to_owned())),
                false => Err(InvalidPackRef::RemoteFile(ForeignText::excerpt(text))),
            };
        }
        Ok(match text.split_once("://") {
            Some(("oci", _)) => Self::Oci(text.to_owned()),
            Some((scheme, _)) if is_scheme(scheme) => Self::OtherScheme(text.to_owned()),
            _ => match text.parse() {
                Ok(name) => Self::Named(name),
                Err(_) => Self::File(text.to_owned()),
            },
        })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Shows the reference with everything escaped that a terminal would obey.
impl fmt::Display for PackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::File(text) | Self::Oci(text) | Self::OtherScheme(text) => {
                ForeignText::new(text.as_str()).fmt(f)
            }
        }
    }
}

impl serde::Serialize for PackRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// A text that cannot refer to a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPackRef {
    /// There is nothing.
    #[error(
        "the pack reference is empty; expected a path, `oci://…`, or the name of a built-in pack"
    )]
    Empty,
    /// It is longer than any path.
    #[error("the pack reference is {chars} characters long, more than {MAX_PACK_REF_CHARS}")]
    TooLong {
        /// Its length.
        chars: usize,
    },
    /// It holds a NUL byte, which no path may.
    #[error("the pack reference holds a NUL byte at offset {at}")]
    Nul {
        /// Where it stands.
        at: usize,
    },
    /// A `file://` URL names a host.
    #[error("`{0}` names a file on another host; expected `file:///<absolute path>`")]
    RemoteFile(ForeignText),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: fn(String) -> PackRef) {
        let parsed: PackRef = text.parse().expect(text);
        assert_eq!(parsed, expected(text.to_owned()));
        assert_eq!(parsed.text(), text);
    }

    #[test]
    fn references_are_classified() {
        check("oci://ghcr.io/acme/vault:0.4.2", PackRef::Oci);
        check("oci://ghcr.io/acme/vault@sha256:00", PackRef::Oci);
        check("/packs/vault.gtpack", PackRef::File);
        check("./vault@0.4.2.gtpack", PackRef::File);
        check("vault.gtpack", PackRef::File);
        check("odd dir/a://b", PackRef::File);
        check("file:///packs/vault.gtpack", PackRef::File);
        check("repo://acme/vault", PackRef::OtherScheme);
        check("https://acme.example/vault.gtpack", PackRef::OtherScheme);
        let name = "greentic.secrets.dev-store@0.1.0";
        assert_eq!(name.parse(), Ok(PackRef::Named(name.parse().expect("a descriptor"))));
    }

    #[test]
    fn impossible_references_are_refused() {
        assert_eq!("".parse::<PackRef>(), Err(InvalidPackRef::Empty));
        assert_eq!("a\0b".parse::<PackRef>(), Err(InvalidPackRef::Nul { at: 1 }));
        assert!("file://host/a".parse::<PackRef>().is_err());
        assert!("x".repeat(MAX_PACK_REF_CHARS + 1).parse::<PackRef>().is_err());
    }

    #[test]
    fn a_file_url_is_a_path() {
        let parsed: PackRef = "file:///packs/vault.gtpack".parse().expect("a URL");
        assert_eq!(parsed.file_path(), Some("/packs/vault.gtpack"));
    }
}
