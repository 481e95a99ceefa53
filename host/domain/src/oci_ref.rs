//! References to artifacts in OCI registries:
//! `oci://<registry>/<repository>[:<tag>][@<digest>]`.
//!
//! The grammar is that of the [OCI distribution specification][spec].
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::digest::Sha256Digest;
use crate::serialize::impl_serialize_as_display;

const SCHEME: &str = "oci://";
/// Maximum length of host and port, in bytes.
const MAX_REGISTRY_BYTES: usize = 260;
const MAX_REPOSITORY_BYTES: usize = 255;
const MAX_TAG_BYTES: usize = 128;

/// A reference to an artifact in a registry.
///
/// ```
/// use env_pack_domain::OciRef;
/// let vault: OciRef = "oci://ghcr.io/acme/vault:0.4.2".parse()?;
/// assert_eq!((vault.registry(), vault.repository(), vault.tag()), ("ghcr.io", "acme/vault", Some("0.4.2")));
/// # Ok::<(), env_pack_domain::InvalidOciRef>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OciRef {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Sha256Digest>,
}

impl OciRef {
    /// Returns the registry: a host, with a port unless it is the default one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository, such as `acme/vault`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the digest of the manifest.
    pub fn digest(&self) -> Option<&Sha256Digest> {
        self.digest.as_ref()
    }

    /// Returns the reference with this digest of the manifest, which overrides its tag.
    pub fn pinned(&self, digest: Sha256Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }
}

impl FromStr for OciRef {
    type Err = InvalidOciRef;

    fn from_str(text: &str) -> Result<Self, InvalidOciRef> {
        let fail = |reason| InvalidOciRef { text: ForeignText::excerpt(text), reason };
        let rest =
            text.strip_prefix(SCHEME).ok_or_else(|| fail("expected it to begin with `oci://`"))?;
        let (registry, rest) = rest
            .split_once('/')
            .ok_or_else(|| fail("expected `/<repository>` after the registry"))?;
        if !is_registry(registry) {
            return Err(fail(
                "expected a host name or address, with an optional `:<port>`, after `oci://`",
            ));
        }
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest
                    .parse()
                    .map_err(|_| fail("expected `sha256:` and 64 hexadecimal digits after `@`"))?;
                (rest, Some(digest))
            }
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if repository.len() > MAX_REPOSITORY_BYTES || !repository.split('/').all(is_repository_name)
        {
            return Err(fail(
                "expected repository names separated by `/`: lowercase ASCII letters and digits, \
                 with `.`, `_`, `__` or `-` between them",
            ));
        }
        if !tag.is_none_or(is_tag) {
            return Err(fail(
                "a tag has 1 to 128 ASCII letters, digits, `_`, `.` and `-`, \
                 and does not begin with `.` or `-`",
            ));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return false };
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return false;
        }
        match (rest, rest.strip_prefix(':')) {
            ("", _) => (None, None),
            (_, Some(port)) => (None, Some(port)),
            (_, None) => return false,
        }
    } else {
        match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        }
    };
    text.len() <= MAX_REGISTRY_BYTES
        && host.is_none_or(|host| host.split('.').all(is_host_label))
        && port.is_none_or(is_port)
}

/// A part of a host name between dots.
fn is_host_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit())
        && !port.starts_with('0')
        && port.parse::<u16>().is_ok()
}

/// Runs of lowercase letters and digits, with one `.`, one or two `_`, or any number of
/// `-` between two of them.
fn is_repository_name(name: &str) -> bool {
    let is_letter_or_digit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = name.split(is_letter_or_digit).filter(|separator| !separator.is_empty());
    name.starts_with(is_letter_or_digit)
        && name.ends_with(is_letter_or_digit)
        && separators.all(|separator| {
            matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_TAG_BYTES
        && tag.starts_with(is_word)
        && tag.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

impl fmt::Display for OciRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl_serialize_as_display!(OciRef);

/// The error for a text that is not a valid reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid OCI reference: {reason}")]
pub struct InvalidOciRef {
    text: ForeignText,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn repositories_are_limited_exactly() {
        let reference = |bytes: usize| format!("oci://localhost/{}", "a".repeat(bytes));
        reference(MAX_REPOSITORY_BYTES).parse::<OciRef>().expect("the longest repository");
        reference(MAX_REPOSITORY_BYTES + 1).parse::<OciRef>().expect_err("too long");
    }

    #[test]
    fn a_pinned_reference_has_the_digest_and_keeps_the_tag() {
        let reference: OciRef = "oci://registry.example/team/vault:0.4".parse().expect("valid");
        let digest: Sha256Digest = DIGEST.parse().expect("a digest");
        let pinned = reference.pinned(digest);
        assert_eq!(pinned.digest(), Some(&digest));
        assert_eq!(pinned.to_string(), format!("{reference}@{DIGEST}"));
    }

    #[test]
    fn a_reference_has_up_to_four_parts() {
        let text =
            format!("oci://registry.example:5000/team/a_b.c--d/vault__x:0.4.2-rc.1@{DIGEST}");
        let parsed: OciRef = text.parse().expect("a reference");
        assert_eq!(
            (parsed.registry(), parsed.repository()),
            ("registry.example:5000", "team/a_b.c--d/vault__x")
        );
        assert_eq!(
            (parsed.tag(), parsed.digest().map(ToString::to_string)),
            (Some("0.4.2-rc.1"), Some(DIGEST.to_owned()))
        );
        assert_eq!(parsed.to_string(), text);
        for text in [
            "oci://localhost/a",
            "oci://[::1]/a:1",
            "oci://[::1]:443/a",
            "oci://127.0.0.1:5000/a/b",
            "oci://GHCR.io/a",
        ] {
            assert_eq!(text.parse::<OciRef>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn malformed_references_are_refused() {
        let repository = format!("oci://r/{}", "a".repeat(256));
        let tag = format!("oci://r/a:{}", "1".repeat(129));
        for text in [
            "",
            "oci://",
            "oci:///a",
            "oci://r",
            "oci://r/",
            "oci://x y",
            "oci://r/A",
            "oci://r/a//b",
            "oci://r/a/",
            "oci://r/-a",
            "oci://r/a-",
            "oci://r/a..b",
            "oci://r/a___b",
            "oci://r/a._b",
            "oci://r/../a",
            "oci://r/é",
            "oci://r/a:",
            "oci://r/a:-1",
            "oci://r/a:.1",
            "oci://r/a:1:2",
            "oci://r/a:b/c",
            "oci://r/a@",
            "oci://r/a@sha256:00",
            "oci://r/a@md5:00",
            "oci://user@r/a",
            "oci://r:0/a",
            "oci://r:05000/a",
            "oci://r:65536/a",
            "oci://r:/a",
            "oci://r:+1/a",
            "oci://[::1/a",
            "oci://[::1]x/a",
            "oci://[r]/a",
            "oci://-r/a",
            "oci://r-/a",
            "oci://r..s/a",
            "oci://r/a?x",
            "oci://r/a#x",
            "oci://r/a b",
            "oci://r/a:1\n",
            "OCI://r/a",
            "docker://r/a",
            &repository,
            &tag,
        ] {
            assert!(text.parse::<OciRef>().is_err(), "{text}");
        }
        let error = "oci://x y".parse::<OciRef>().expect_err("none").to_string();
        assert_eq!(
            error,
            "`oci://x y` is not a valid OCI reference: expected `/<repository>` after the registry"
        );
    }
}
