//! Addresses that must answer.

use alloc::format;
use alloc::string::{String, ToString};

use super::check::{Ask, Probe};
use super::command::{Meaning, probe_error};
use crate::network::{self, Failure};
use crate::{Outcome, ToolCheck};

/// An address that is known when the handler is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    host: &'static str,
    port: u16,
    description: &'static str,
}

impl Address {
    /// A name or an IP address without brackets, and a port.
    pub const fn new(host: &'static str, port: u16) -> Self {
        Self { host, port, description: "" }
    }

    /// What is there, as a phrase for people.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// What it asks of the operator's machine.
    pub const fn ask(&self) -> Ask {
        Ask::Network { host: self.host, port: self.port }
    }

    /// Tries to connect.
    pub fn check(&self) -> ToolCheck {
        reachable(self.description, self.host, self.port)
    }
}

impl Probe for Address {
    fn run(&self) -> ToolCheck {
        self.check()
    }
}

/// Checks that something answers at an address, such as one from the operator's answers.
///
/// An address that is not among the checks of the handler is not derived for the pack: it
/// is declared under `[permissions]` in `gtc-pack.toml`.
pub fn reachable(description: &str, host: &str, port: u16) -> ToolCheck {
    let name = match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let description = match description {
        "" => "answers on the network".to_string(),
        description => description.to_string(),
    };
    let outcome = outcome(network::reach(host, port));
    ToolCheck { name, description, outcome }
}

fn outcome(reached: Result<(), Failure>) -> Outcome {
    let away = |detail: &str, next: &str| Meaning::Unreachable.outcome(detail, next);
    match reached {
        Ok(()) => Outcome::Ok(None),
        Err(Failure::Denied(reason)) => {
            probe_error(format!("not allowed to connect to it: {reason}"))
        }
        Err(Failure::NotFound) => {
            away("the name does not resolve", "check the name, and whether DNS knows it here")
        }
        Err(Failure::Refused) => {
            away("nothing listens there", "check the port, and start what should listen there")
        }
        Err(Failure::TimedOut) => {
            away("nothing answered in time", "check firewalls, VPN and proxies on the way there")
        }
        Err(Failure::Io(reason)) => away(&reason, "check the network of this machine"),
    }
}

/// The host and the port of an address such as `https://vault.example:8200/v1`, `vault.example:8200` or `[::1]:443`; without a
/// port, the one of `https` or `http`. Nothing when there is no host, or a port that is
/// none.
pub fn split(address: &str) -> Option<(String, u16)> {
    let (default, rest) = match (address.strip_prefix("https://"), address.strip_prefix("http://"))
    {
        (Some(rest), _) => (Some(443), rest),
        (_, Some(rest)) => (Some(80), rest),
        _ => (None, address),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if port.is_empty() => default?,
        None => return None,
    };
    (!host.is_empty() && !host.contains(['@', ' '])).then(|| (host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn addresses_as_people_write_them() {
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
