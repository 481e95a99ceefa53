//! What a handler asks: a command, or an address.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::{ForeignText, ToolPermission};

/// A command, word by word; as a text, as a shell takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Command(pub Vec<String>);

/// An address: a host in lower case, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A question of a handler.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// It wanted a program run.
    Command(Command),
    /// It wanted a connection opened.
    Address(Address),
}

impl FromStr for Command {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shown = ForeignText::excerpt(text);
        match shell_words::split(text) {
            Ok(words) if !words.is_empty() => Ok(Self(words)),
            Ok(_) => {
                Err("an empty text, where a command such as `vault version` is expected".to_owned())
            }
            Err(error) => Err(format!("`{shown}` is no command: {error}")),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // as a permission for it is written, wherever there is one
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

impl Address {
    /// The address of a port on a host.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_ascii_lowercase(), port }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{}` is no address: expected `<host>:<port>`", ForeignText::excerpt(text));
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Ok(Self::new(host, port.parse().map_err(|_| wrong())?))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl Question {
    /// Whether a text means this question.
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Command(command) => text.parse().is_ok_and(|other: Command| other == *command),
            Self::Address(address) => text.parse().is_ok_and(|other: Address| other == *address),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
