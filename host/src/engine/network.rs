//! Whether something answers on the network: a connection opened and closed, without a
//! byte sent.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::{ForeignText, Permissions};
use serde::{Deserialize, Serialize};

use super::Limits;
use super::turnstile::Turnstile;

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Failure {
    /// It was not allowed, for this reason.
    #[error("denied: {0}")]
    Denied(String),
    /// The host has no address.
    #[error("no such host")]
    NotFound,
    /// Nobody listens at the port.
    #[error("connection refused")]
    Refused,
    /// No answer came in time.
    #[error("out of time")]
    TimedOut,
    /// Something else failed.
    #[error("{0}")]
    Io(String),
}

impl Failure {
    /// What a handler hears when nobody granted this address.
    pub fn not_granted(host: &str, port: u16) -> Self {
        let host = ForeignText::excerpt(host);
        let reason = format!(
            "`{}:{port}` is not declared by the pack, or not granted by the operator",
            host.as_exact()
        );
        Self::Denied(reason)
    }
}

/// Asks a resolver; it may take its time.
type Lookup = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Opens connections for every preflight of an engine.
#[derive(Debug)]
pub(super) struct Network {
    lookup: Lookup,
    lookups: Turnstile,
    offline: bool,
}

/// An address to try, and until when.
pub(super) struct Attempt<'a> {
    pub grants: &'a Permissions,
    pub host: &'a str,
    pub port: u16,
    pub deadline: Instant,
    pub limits: &'a Limits,
}

impl Attempt<'_> {
    /// Whether the operator granted it.
    pub fn allowed(&self) -> Result<(), Failure> {
        let Self { host, port, .. } = *self;
        if self.grants.allows_network(host, port) {
            return Ok(());
        }
        Err(Failure::not_granted(host, port))
    }
}

impl Network {
    pub fn new(lookups_at_a_time: usize, offline: bool) -> Self {
        let lookup = |host: &str, port| Ok((host, port).to_socket_addrs()?.collect());
        Self { lookup, lookups: Turnstile::new(lookups_at_a_time), offline }
    }

    /// Opens a connection, if the operator granted it, and closes it again.
    pub fn reach(&self, attempt: &Attempt<'_>) -> Result<(), Failure> {
        let Attempt { host, port, limits, .. } = *attempt;
        attempt.allowed()?;
        if self.offline {
            return Err(Failure::Denied("the host is offline, and opens no connection".to_owned()));
        }
        let deadline = attempt.deadline.min(Instant::now() + limits.reach_time);
        let addresses = self.resolve(host, port, deadline)?;
        let mut last = Failure::NotFound;
        for (at, address) in addresses.iter().enumerate() {
            // an address that never answers leaves the others their share of the time
            let share = (addresses.len() - at).try_into().unwrap_or(u32::MAX);
            let time = remaining(deadline).ok_or(Failure::TimedOut)? / share;
            match TcpStream::connect_timeout(address, time.max(Duration::from_millis(1))) {
                Ok(_) => return Ok(()),
                Err(error) => last = Failure::from(&error),
            }
        }
        Err(last)
    }

    /// Looks a name up. The system's resolver has no deadline of its own, so it runs on a
    /// thread that is left behind when it is late; there are never more of them than
    /// places.
    fn resolve(
        &self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, Failure> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let turn = self.lookups.turn(deadline).ok_or(Failure::TimedOut)?;
        let (sender, receiver) = mpsc::channel();
        let (lookup, host) = (self.lookup, host.to_owned());
        let thread = thread::Builder::new().spawn(move || {
            let addresses = lookup(&host, port);
            drop(turn);
            // nobody listens any more when the answer is late
            let _ = sender.send(addresses);
        });
        thread.map_err(|error| Failure::Io(error.to_string()))?;
        match receiver.recv_timeout(remaining(deadline).ok_or(Failure::TimedOut)?) {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) => Err(Failure::NotFound),
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

fn remaining(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

impl From<&io::Error> for Failure {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Io(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
