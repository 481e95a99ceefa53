//! Texts that only arguments of the command line have: their parsers and patterns.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use env_pack_domain::grammar::Grammar;
use env_pack_domain::{
    DescriptorPath, ForeignText, MAX_DESCRIPTOR_BYTES, MAX_PACK_REF_CHARS, OciRef, PackDescriptor,
    PackRef, Sha256Digest,
};

/// The reason why a text is invalid.
#[derive(Debug)]
pub(crate) struct InvalidText(String);

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidText {}

fn invalid_text(error: &dyn std::error::Error) -> InvalidText {
    InvalidText(error.to_string())
}

/// A pack reference in an argument, which is checked more strictly than one in a stored file.
pub(crate) struct NewPackRef(pub PackRef);

impl FromStr for NewPackRef {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let pack_ref: PackRef = text.parse().map_err(|error| invalid_text(&error))?;
        match &pack_ref {
            // stored files may contain references that registries do not accept
            PackRef::Opaque(text) if text.starts_with("oci://") => {
                text.parse::<OciRef>().map(drop).map_err(|error| invalid_text(&error))?
            }
            PackRef::File(path) if looks_like_registry(path) => {
                let path = ForeignText::excerpt(path);
                return Err(InvalidText(format!(
                    "write `oci://{path}` for a pack in a registry, or `./{path}` for a file of that name"
                )));
            }
            _ => {}
        }
        Ok(Self(pack_ref))
    }
}

/// Returns true if a path looks like a registry, a repository and a tag or digest.
fn looks_like_registry(path: &str) -> bool {
    let host = path.split_once('/').map_or("", |(host, _)| host);
    let reference = format!("oci://{path}").parse::<OciRef>();
    host.contains(['.', ':'])
        && reference
            .is_ok_and(|reference| reference.tag().or(reference.digest().map(|_| "")).is_some())
}

impl Grammar for NewPackRef {
    const PATTERN: &'static str = r"^[^\u0000]+$";
    const MAX_CHARS: Option<usize> = Some(MAX_PACK_REF_CHARS);
}

/// A descriptor or a descriptor path, where the version does not matter.
pub(crate) struct DescriptorOrPath(pub DescriptorPath);

impl FromStr for DescriptorOrPath {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let path = if text.contains('@') {
            text.parse::<PackDescriptor>().map(|descriptor| descriptor.path().clone())
        } else {
            text.parse()
        };
        path.map(Self).map_err(|error| invalid_text(&error))
    }
}

impl Grammar for DescriptorOrPath {
    const PATTERN: &'static str = r"^[a-z0-9-]+(\.[a-z0-9-]+)+(@[0-9A-Za-z.+-]+)?$";
    const MAX_CHARS: Option<usize> = Some(MAX_DESCRIPTOR_BYTES);
}

/// A digest with or without the prefix `sha256:`.
pub(crate) struct ExpectedDigest(pub Sha256Digest);

impl FromStr for ExpectedDigest {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let digest =
            if text.contains(':') { text.parse() } else { format!("sha256:{text}").parse() };
        digest.map(Self).map_err(|error| invalid_text(&error))
    }
}

impl Grammar for ExpectedDigest {
    const PATTERN: &'static str = "^(sha256:)?[0-9a-f]{64}$";
}

/// An IP address and port without names, as the existing tools expect it.
pub(crate) struct ListenAddr(pub SocketAddr);

impl FromStr for ListenAddr {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let fail = || {
            let text = ForeignText::excerpt(text);
            InvalidText(format!("`{text}` is not `<IP>:<port>`, such as `127.0.0.1:8080`"))
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(fail)?;
        let is_canonical =
            port == "0" || port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
        let port = port.parse().ok().filter(|_| is_canonical).ok_or_else(fail)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.parse::<Ipv6Addr>().map_err(|_| fail())?.into(),
            None => host.parse::<Ipv4Addr>().map_err(|_| fail())?.into(),
        };
        Ok(Self(SocketAddr::new(host, port)))
    }
}

impl Grammar for ListenAddr {
    const PATTERN: &'static str = r"^(\[[0-9a-fA-F:.]+\]|[0-9.]+):[0-9]{1,5}$";
}

/// A time in the format of RFC 3339, without fractions of seconds, between 1900 and 2199.
pub(crate) struct CreationTime(pub jiff::Timestamp);

impl FromStr for CreationTime {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let shape: String =
            text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let is_shaped =
            ["0000-00-00T00:00:00Z", "0000-00-00T00:00:00+00:00", "0000-00-00T00:00:00-00:00"];
        let is_written = is_shaped.contains(&shape.as_str())
            && ["19", "20", "21"].iter().any(|century| text.starts_with(century));
        // jiff also accepts leap seconds, and offsets of more than a day
        let has_hours =
            text.get(17..19) != Some("60") && text.get(20..).is_none_or(|offset| offset < "24:00");
        let time = text.parse().ok().filter(|_| is_written && has_hours);
        let fail = || {
            InvalidText(format!(
                "`{}` is not a time such as `2026-11-25T12:00:00Z`",
                ForeignText::excerpt(text)
            ))
        };
        time.map(Self).ok_or_else(fail)
    }
}

impl Grammar for CreationTime {
    const PATTERN: &'static str = "^[0-9]{4}-";
    const FORMAT: Option<&'static str> = Some("date-time");
}

/// The target of a push: a reference without a digest, which is only known afterwards.
pub(crate) struct Destination(pub OciRef);

impl FromStr for Destination {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let reference: OciRef = text.parse().map_err(|error| invalid_text(&error))?;
        if reference.digest().is_some() {
            return Err(InvalidText("name a tag, not a digest, to push a pack to".to_owned()));
        }
        Ok(Self(reference))
    }
}

impl Grammar for Destination {
    const PATTERN: &'static str = "^oci://[^/]+/[a-z0-9._/-]+(:[A-Za-z0-9_.-]{1,128})?$";
}

/// The name of a scenario.
pub(crate) struct ScenarioName(pub String);

/// The longest name of a scenario, in bytes.
const MAX_NAME_BYTES: usize = 100;

impl FromStr for ScenarioName {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        if (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(is_legal) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidText(format!(
            "`{}` is not a name of a scenario, which has 1 to {MAX_NAME_BYTES} letters, digits, `-` and `_`; name the pack before `--record`",
            ForeignText::excerpt(text)
        )))
    }
}

impl Grammar for ScenarioName {
    const PATTERN: &'static str = "^[A-Za-z0-9_-]{1,100}$";
}
