//! Tests whether a network address accepts connections: opens one and closes it, without
//! sending a byte.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gtc_fs::shortage::is_shortage;

use crate::limits::EngineLimits;
use crate::probes::permissions::ProbePermissions;
use crate::probes::reply::{MissingPermission, NetworkFailure};
use crate::semaphore::Semaphore;

/// Resolves a host name. It may block for a long time.
type Lookup = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Opens connections for all preflights of an engine.
#[derive(Debug)]
pub(crate) struct Network {
    lookup: Lookup,
    lookups: Semaphore,
    offline: bool,
}

/// A request to open a connection.
pub(crate) struct ConnectionAttempt<'a> {
    pub permissions: &'a ProbePermissions,
    pub host: &'a str,
    pub port: u16,
    pub deadline: Instant,
    pub limits: &'a EngineLimits,
}

impl ConnectionAttempt<'_> {
    /// Fails unless the operator granted the address.
    pub(crate) fn check_granted(&self) -> Result<(), NetworkFailure> {
        let ProbePermissions { granted, declared } = self.permissions;
        if granted.allows_network(self.host, self.port) {
            return Ok(());
        }
        let missing = MissingPermission::of(declared.allows_network(self.host, self.port));
        Err(NetworkFailure::not_permitted(self.host, self.port, missing))
    }
}

impl Network {
    pub(crate) fn new(concurrent_lookups: usize, offline: bool) -> Self {
        Self { lookup: resolve_with_system, lookups: Semaphore::new(concurrent_lookups), offline }
    }

    /// Opens a connection if the operator granted it, and closes it.
    pub(crate) fn reach(&self, attempt: &ConnectionAttempt<'_>) -> Result<(), NetworkFailure> {
        let ConnectionAttempt { host, port, limits, .. } = *attempt;
        attempt.check_granted()?;
        if self.offline {
            return Err(NetworkFailure::Denied(
                "the host is offline and opens no connection".to_owned(),
            ));
        }
        let deadline = attempt.deadline.min(Instant::now() + limits.connect_time);
        let addresses = self.resolve(host, port, deadline)?;
        let mut last = NetworkFailure::NotFound;
        for (at, address) in addresses.iter().enumerate() {
            // so that an address that does not answer leaves time for the others
            let share = (addresses.len() - at).try_into().unwrap_or(u32::MAX);
            let time = remaining(deadline).ok_or(NetworkFailure::TimedOut)? / share;
            match TcpStream::connect_timeout(address, time.max(Duration::from_millis(1))) {
                Ok(_) => return Ok(()),
                Err(error) => last = failure(&error),
            }
        }
        Err(last)
    }

    /// Resolves a host name. The system resolver has no deadline, so it runs on a thread
    /// that is abandoned at the deadline. The semaphore limits the number of threads.
    fn resolve(
        &self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, NetworkFailure> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let permit = self.lookups.acquire(deadline).ok_or(NetworkFailure::TimedOut)?;
        let (sender, receiver) = mpsc::channel();
        let lookup = self.lookup;
        let host = host.to_owned();
        let thread = thread::Builder::new().spawn(move || {
            let addresses = lookup(&host, port);
            drop(permit);
            // fails after the deadline, when the receiver is gone
            let _ = sender.send(addresses);
        });
        // a thread does not start only for lack of memory or threads
        thread.map_err(|error| NetworkFailure::Shortage(error.to_string()))?;
        match receiver.recv_timeout(remaining(deadline).ok_or(NetworkFailure::TimedOut)?) {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(_)) => Err(NetworkFailure::NotFound),
            Err(_) => Err(NetworkFailure::TimedOut),
        }
    }
}

fn resolve_with_system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

fn remaining(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

fn failure(error: &io::Error) -> NetworkFailure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => NetworkFailure::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => NetworkFailure::TimedOut,
        _ if is_shortage(error) => NetworkFailure::Shortage(error.to_string()),
        _ => NetworkFailure::Io(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
