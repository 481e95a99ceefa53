//! References to packs: a built-in pack, a file, or an artifact in a registry.

use std::fmt;
use std::str::FromStr;

use crate::serialize::impl_deserialize_from_str;
use crate::{ForeignText, OciRef, PackDescriptor, Sha256Digest};

/// Maximum length of a reference, in characters. Paths have at most 4,096 bytes on common
/// systems.
pub const MAX_PACK_REF_CHARS: usize = 4096;

/// A reference to a pack. Its text is kept exactly as it was written.
///
/// ```
/// use env_pack_domain::PackRef;
/// let vault: PackRef = "oci://ghcr.io/acme/vault:0.4.2".parse()?;
/// assert!(matches!(&vault, PackRef::Oci(artifact) if artifact.tag() == Some("0.4.2")));
/// assert_eq!(vault.text(), "oci://ghcr.io/acme/vault:0.4.2");
/// # Ok::<(), env_pack_domain::InvalidPackRef>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PackRef {
    /// The name of a built-in pack, such as `greentic.secrets.dev-store@0.1.0`.
    Builtin(PackDescriptor),
    /// A local file: a path, or a `file://` URL.
    File(String),
    /// An artifact in an OCI registry, `oci://<registry>/<repository>[:tag][@digest]`.
    Oci(OciRef),
    /// A reference that this host cannot fetch: a URL with an unsupported scheme, or a
    /// malformed `oci://` reference. Environment files can have one, written by another
    /// tool, and it must survive a rewrite.
    Opaque(String),
}

impl PackRef {
    /// Returns the reference as it was written.
    pub fn text(&self) -> String {
        match self {
            Self::Builtin(name) => name.to_string(),
            Self::Oci(reference) => reference.to_string(),
            Self::File(text) | Self::Opaque(text) => text.clone(),
        }
    }

    /// Returns true if it leads to the same bytes for ever: it names an OCI manifest by its
    /// digest.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Oci(reference) if reference.digest().is_some())
    }

    /// Returns the reference to an OCI manifest by its digest; none if it is not a reference to a
    /// registry.
    pub fn exact(&self, manifest: Sha256Digest) -> Option<Self> {
        match self {
            Self::Oci(reference) => Some(Self::Oci(reference.pinned(manifest))),
            Self::Builtin(_) | Self::File(_) | Self::Opaque(_) => None,
        }
    }

    /// Returns the path of a local file.
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
            if !path.starts_with('/') {
                return Err(InvalidPackRef::RemoteFile(ForeignText::excerpt(text)));
            }
            return Ok(Self::File(text.to_owned()));
        }
        if let Ok(reference) = text.parse() {
            return Ok(Self::Oci(reference));
        }
        if text.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme)) {
            return Ok(Self::Opaque(text.to_owned()));
        }
        match text.parse() {
            Ok(name) => Ok(Self::Builtin(name)),
            Err(_) => Ok(Self::File(text.to_owned())),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Displays the reference with control characters escaped.
impl fmt::Display for PackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(name) => name.fmt(f),
            Self::Oci(reference) => reference.fmt(f),
            Self::File(text) | Self::Opaque(text) => ForeignText::new(text.as_str()).fmt(f),
        }
    }
}

impl_deserialize_from_str!(PackRef);

impl serde::Serialize for PackRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// The error for a text that cannot be a pack reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPackRef {
    /// The reference is empty.
    #[error(
        "the pack reference is empty; expected a path, `oci://…`, or the name of a built-in pack"
    )]
    Empty,
    /// The reference is longer than [`MAX_PACK_REF_CHARS`].
    #[error("the pack reference is {chars} characters long, more than {MAX_PACK_REF_CHARS}")]
    TooLong {
        /// Length of the reference, in characters.
        chars: usize,
    },
    /// The reference has a NUL byte.
    #[error("the pack reference has a NUL byte at offset {at}")]
    Nul {
        /// Offset of the byte.
        at: usize,
    },
    /// A `file://` URL has a host.
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
        check("/packs/vault.gtpack", PackRef::File);
        check("./vault@0.4.2.gtpack", PackRef::File);
        check("vault.gtpack", PackRef::File);
        check("odd dir/a://b", PackRef::File);
        check("file:///packs/vault.gtpack", PackRef::File);
        check("repo://acme/vault", PackRef::Opaque);
        check("https://acme.example/vault.gtpack", PackRef::Opaque);
        check("oci://ghcr.io/acme/vault@sha256:00", PackRef::Opaque);
        check("oci://x y", PackRef::Opaque);
        let name = "greentic.secrets.dev-store@0.1.0";
        assert_eq!(name.parse(), Ok(PackRef::Builtin(name.parse().expect("a descriptor"))));
        for text in ["oci://ghcr.io/acme/vault:0.4.2", "oci://GHCR.io/acme/vault"] {
            let parsed: PackRef = text.parse().expect(text);
            assert_eq!(parsed, PackRef::Oci(text.parse().expect("a reference")));
            assert_eq!(parsed.text(), text);
        }
    }

    #[test]
    fn impossible_references_are_refused() {
        assert_eq!("".parse::<PackRef>(), Err(InvalidPackRef::Empty));
        assert_eq!("a\0b".parse::<PackRef>(), Err(InvalidPackRef::Nul { at: 1 }));
        assert!("file://host/a".parse::<PackRef>().is_err());
        let longest = "é".repeat(MAX_PACK_REF_CHARS);
        assert_eq!(longest.parse(), Ok(PackRef::File(longest.clone())));
        let chars = MAX_PACK_REF_CHARS + 1;
        assert_eq!("é".repeat(chars).parse::<PackRef>(), Err(InvalidPackRef::TooLong { chars }));
    }

    #[test]
    fn only_a_digest_makes_a_reference_exact() {
        let digest = Sha256Digest::compute(b"manifest");
        let tag: PackRef = "oci://ghcr.io/acme/vault:0.4.2".parse().expect("a reference");
        assert!(!tag.is_exact());
        let exact = tag.exact(digest).expect("a reference to a registry");
        assert!(exact.is_exact());
        assert_eq!(exact.text(), format!("oci://ghcr.io/acme/vault:0.4.2@{digest}"));
        for other in ["vault.gtpack", "greentic.secrets.dev-store@0.1.0", "repo://acme/vault"] {
            let other: PackRef = other.parse().expect(other);
            assert!(!other.is_exact(), "{other}");
            assert_eq!(other.exact(digest), None, "{other}");
        }
    }

    #[test]
    fn a_file_url_is_a_path() {
        let parsed: PackRef = "file:///packs/vault.gtpack".parse().expect("a URL");
        assert_eq!(parsed.file_path(), Some("/packs/vault.gtpack"));
    }
}
