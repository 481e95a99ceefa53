//! References to artifacts in OCI registries:
//! `oci://<registry>/<repository>[:<tag>][@<digest>]`.
//!
//! The grammar is that of the OCI distribution specification. Stored files may hold
//! references that are none, which other tools wrote; whoever is about to open a socket,
//! or to write a new reference, parses it first.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::digest::Sha256Digest;
use crate::serialize::impl_serialize_as_display;

const SCHEME: &str = "oci://";
/// Host and port.
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
    /// The registry: a host, and a port unless it is the usual one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository: a path of names.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if there is one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of the manifest, if there is one.
    pub fn digest(&self) -> Option<&Sha256Digest> {
        self.digest.as_ref()
    }

    /// The same reference to exactly this manifest, whatever its tag stands for.
    pub fn pinned(&self, digest: Sha256Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }
}

impl FromStr for OciRef {
    type Err = InvalidOciRef;

    fn from_str(text: &str) -> Result<Self, InvalidOciRef> {
        let fail = |reason| InvalidOciRef { text: ForeignText::excerpt(text), reason };
        let rest =
            text.strip_prefix(SCHEME).ok_or_else(|| fail("expected `oci://` at its beginning"))?;
        let (registry, rest) = rest
            .split_once('/')
            .ok_or_else(|| fail("expected `/<repository>` after the registry"))?;
        if !is_registry(registry) {
            return Err(fail(
                "expected a host name or an address, and perhaps `:<port>`, after `oci://`",
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
        if repository.len() > MAX_REPOSITORY_BYTES || !repository.split('/').all(is_name) {
            return Err(fail(
                "a repository is made of names between `/`: lowercase ASCII letters and digits, with `.`, `_`, `__` or `-` between",
            ));
        }
        if !tag.is_none_or(is_tag) {
            return Err(fail(
                "a tag has 1 to 128 ASCII letters, digits, `_`, `.` and `-`, the first of them none of the last two",
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
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
                (None, port.strip_prefix(':').or((!port.is_empty()).then_some("")))
            }
            _ => return false,
        },
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit())
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok()
    };
    text.len() <= MAX_REGISTRY_BYTES
        && host.is_none_or(|host| host.split('.').all(is_label))
        && port.is_none_or(is_port)
}

/// Runs of lowercase letters and digits, with one `.`, one or two `_`, or any number of
/// `-` between two of them.
fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separators = name
        .split(|c: char| c.is_ascii() && is_plain(c as u8))
        .filter(|separator| !separator.is_empty());
    let is_separator =
        |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    name.bytes().next().is_some_and(is_plain)
        && name.bytes().last().is_some_and(is_plain)
        && separators.all(is_separator)
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= MAX_TAG_BYTES
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

impl fmt::Display for OciRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

impl_serialize_as_display!(OciRef);

/// A text that refers to no artifact in a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no reference to a registry: {reason}")]
pub struct InvalidOciRef {
    text: ForeignText,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

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
            "`oci://x y` is no reference to a registry: expected `/<repository>` after the registry"
        );
    }
}
