//! Network addresses that must be reachable.

use alloc::format;
use alloc::string::{String, ToString};

use super::check::{Ask, Probe};
use super::command::{Meaning, probe_error};
use crate::network::{self, Failure};
use crate::{Outcome, ToolCheck};

/// A network address that is known at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    host: &'static str,
    port: u16,
    description: &'static str,
}

impl Address {
    /// Creates an address from a name or an IP address without brackets, and a TCP port.
    pub const fn new(host: &'static str, port: u16) -> Self {
        Self { host, port, description: "" }
    }

    /// Describes the service at the address, as a phrase for the operator.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The permission that the check needs.
    pub const fn ask(&self) -> Ask {
        Ask::Network { host: self.host, port: self.port }
    }

    /// Connects to the address.
    pub fn check(&self) -> ToolCheck {
        reachable(self.description, self.host, self.port)
    }
}

impl Probe for Address {
    fn run(&self) -> Option<ToolCheck> {
        Some(self.check())
    }
}

/// Checks that an address is reachable, such as one from the operator's answers.
///
/// `gtc pack build` does not derive the permission for an address that is not among the
/// handler's [`CHECKS`](crate::Handler::CHECKS). For an address in an answer, list an
/// [`AnsweredAddress`](super::AnsweredAddress) there, or declare `${answers.<name>}` under
/// `[permissions]` in `gtc-pack.toml`.
pub fn reachable(description: &str, host: &str, port: u16) -> ToolCheck {
    let name =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let description = match description {
        "" => "answers on the network".to_string(),
        description => description.to_string(),
    };
    ToolCheck { name, description, outcome: outcome(network::reach(host, port)) }
}

fn outcome(reached: Result<(), Failure>) -> Outcome {
    let failure = match reached {
        Ok(()) => return Outcome::Ok(None),
        Err(failure) => failure,
    };
    let (detail, next) = match &failure {
        Failure::Denied(reason) => {
            return probe_error(format!("not allowed to connect to it: {reason}"));
        }
        Failure::NotFound => {
            ("the name does not resolve", "check the name, and the DNS of this machine")
        }
        Failure::Refused => ("nothing listens there", "check the port, and start the service"),
        Failure::TimedOut => {
            ("nothing answered in time", "check the firewalls, VPN and proxies on the way")
        }
        Failure::Io(reason) => (reason.as_str(), "check the network of this machine"),
    };
    Meaning::Unreachable.outcome(detail, next)
}

/// Splits an address such as `https://vault.example:8200/v1`, `vault.example:8200` or
/// `[::1]:443` into host and port. The default port is 443 for `https://` and 80 for
/// `http://`; other addresses need one. Returns `None` for an invalid address.
pub fn split(address: &str) -> Option<(String, u16)> {
    let (default_port, rest) = if let Some(rest) = address.strip_prefix("https://") {
        (Some(443), rest)
    } else if let Some(rest) = address.strip_prefix("http://") {
        (Some(80), rest)
    } else {
        (None, address)
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if port.is_empty() => default_port?,
        None => return None,
    };
    (!host.is_empty() && !host.contains(['@', ' '])).then(|| (host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn addresses_are_split() {
        for (text, host, port) in [
            ("https://vault.example:8200/v1", "vault.example", 8200),
            ("https://vault.example", "vault.example", 443),
            ("http://vault.example?x", "vault.example", 80),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("https://[::1]", "::1", 443),
            ("[fe80::1]:65535", "fe80::1", 65535),
        ] {
            assert_eq!(split(text), Some((host.into(), port)), "{text}");
        }
        for odd in [
            "",
            "host",
            "host:",
            "host:0",
            "host:65536",
            ":80",
            "https://",
            "ftp://x",
            "[::1]",
            "[::1]x:1",
            "a:1:2",
            "u@h:1",
        ] {
            assert_eq!(split(odd), None, "{odd}");
        }
    }
}
