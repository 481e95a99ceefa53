//! Permissions to open connections: to an address, or to the address that the answers name.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidPermission;

/// Maximum length of a host name, in bytes.
pub(super) const MAX_HOST_BYTES: usize = 253;
/// The start of a permission that names an answer.
const ANSWERS: &str = "${answers.";
/// Maximum number of names in a path.
const MAX_NAMES: usize = 8;
/// Maximum length of one of them, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Permission to open TCP connections to one host and port.
///
/// ```
/// use env_pack_domain::NetworkPermission;
/// let address: NetworkPermission = "vault.example:8200".parse()?;
/// let answered: NetworkPermission = "${answers.server.address}".parse()?;
/// assert!(matches!(address, NetworkPermission::Address(_)));
/// assert!(matches!(answered, NetworkPermission::Answer(_)));
/// # Ok::<(), env_pack_domain::InvalidPermission>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NetworkPermission {
    /// This address.
    Address(NetworkAddress),
    /// The address that the operator's answers name. A pack declares it; what an operator grants
    /// is the address itself.
    Answer(AnswerPath),
}

impl FromStr for NetworkPermission {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        if text.starts_with("${") {
            text.parse().map(Self::Answer)
        } else {
            text.parse().map(Self::Address)
        }
    }
}

impl fmt::Display for NetworkPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Answer(path) => path.fmt(f),
        }
    }
}

/// An address of a TCP service, `<host>:<port>`. An IPv6 address is in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkAddress {
    host: String,
    port: u16,
}

impl NetworkAddress {
    /// Returns the host name or address, in lower case, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port; never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Parses an address as operators write it into answers: `<host>:<port>`, or a URL with the
    /// scheme `http` or `https`, of which host and port count. The default ports are 80 and 443.
    ///
    /// # Errors
    /// [`InvalidPermission`] for any other text, and for a URL with a user name.
    pub fn from_answer(text: &str) -> Result<Self, InvalidPermission> {
        let (default_port, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Some(443), rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Some(80), rest)
        } else {
            (None, text)
        };
        let Some(default_port) = default_port else { return rest.parse() };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        if has_port { authority.parse() } else { format!("{authority}:{default_port}").parse() }
    }
}

impl FromStr for NetworkAddress {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let fail = |reason| InvalidPermission::new(text, reason);
        let (host, port) = text.rsplit_once(':').ok_or_else(|| fail("expected `<host>:<port>`"))?;
        let is_canonical = port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
        let port = port.parse().ok().filter(|_| is_canonical);
        let port = port.ok_or_else(|| fail("expected a port from 1 to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) if address.parse::<std::net::Ipv6Addr>().is_ok() => address,
            Some(_) => return Err(fail("expected an IPv6 address in the brackets")),
            None if is_host(host) => host,
            None => {
                return Err(fail(
                    "expected a host name, an IPv4 address, or an IPv6 address in brackets",
                ));
            }
        };
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

fn is_host(text: &str) -> bool {
    (1..=MAX_HOST_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

impl fmt::Display for NetworkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_ipv6 = self.host.contains(':');
        if is_ipv6 {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A place in the operator's answers that holds an address: `${answers.<name>}`, or
/// `${answers.<name>.<name>}` for a member of an object.
///
/// There are at most 8 names. A name has 1 to 64 ASCII letters, digits, `_` and `-`, and does not
/// begin with a digit or `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerPath(Vec<String>);

impl AnswerPath {
    /// Returns the names of the members, outermost first; at least one.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for AnswerPath {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let fail = |reason| InvalidPermission::new(text, reason);
        let path = text.strip_prefix(ANSWERS).and_then(|rest| rest.strip_suffix('}'));
        let path = path.ok_or_else(|| fail("expected `${answers.<name>}`"))?;
        let names: Vec<String> = path.split('.').map(str::to_owned).collect();
        if names.len() > MAX_NAMES {
            return Err(fail("expected at most 8 names"));
        }
        if names.iter().all(|name| is_name(name)) {
            Ok(Self(names))
        } else {
            Err(fail(
                "expected names of 1 to 64 letters, digits, `_` and `-`, after a letter or `_`",
            ))
        }
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= MAX_NAME_BYTES
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

impl fmt::Display for AnswerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ANSWERS}{}}}", self.0.join("."))
    }
}
