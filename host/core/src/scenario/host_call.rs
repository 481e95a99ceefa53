//! The host calls that a scenario answers: to run a command, or to connect to an address.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::{ForeignText, ToolPermission};

/// A program and its arguments. As text, it is written as in a shell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandLine(pub Vec<String>);

/// A host in lower case, and a port. As text, it is `<host>:<port>`, with an IPv6 address
/// in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// A call of a handler to its host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostCall {
    /// `tools.probe`: run a command.
    Command(CommandLine),
    /// `network.reach`: connect to an address.
    Address(HostPort),
}

impl FromStr for CommandLine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match shell_words::split(text) {
            Ok(words) if !words.is_empty() => Ok(Self(words)),
            Ok(_) => {
                Err("an empty text, where a command such as `vault version` is expected".to_owned())
            }
            Err(error) => {
                Err(format!("`{}` is not a command: {error}", ForeignText::excerpt(text)))
            }
        }
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // spelled as the permission for it, if there can be one
        let permission = self
            .0
            .split_first()
            .and_then(|(tool, args)| ToolPermission::new(tool, args.to_vec()).ok());
        match permission {
            Some(permission) => permission.fmt(f),
            None => f.write_str(&shell_words::join(&self.0)),
        }
    }
}

impl HostPort {
    /// Creates an address; the case of the host is ignored.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_ascii_lowercase(), port }
    }
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.rsplit_once(':');
        let Some((host, Ok(port))) = split.map(|(host, port)| (host, port.parse())) else {
            let text = ForeignText::excerpt(text);
            return Err(format!("`{text}` is not an address: expected `<host>:<port>`"));
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Ok(Self::new(host, port))
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl HostCall {
    /// Returns true if a text spells this call.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Command(command) => {
                text.parse().is_ok_and(|other: CommandLine| other == *command)
            }
            Self::Address(address) => text.parse().is_ok_and(|other: HostPort| other == *address),
        }
    }
}

impl fmt::Display for HostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
