//! Whether something answers on the network: a connection opened and closed, without a byte sent.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::Permissions;

use super::Limits;

/// Why no connection came about.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("denied: {0}")]
    Denied(String),
    #[error("no such host")]
    NotFound,
    #[error("connection refused")]
    Refused,
    #[error("out of time")]
    TimedOut,
    #[error("{0}")]
    Io(String),
}

/// Opens a connection and closes it again.
pub(super) fn reach(
    grants: &Permissions,
    host: &str,
    port: u16,
    deadline: Instant,
    limits: &Limits,
) -> Result<(), Failure> {
    if !grants.allows_network(host, port) {
        let reason = format!("`{host}:{port}` is not declared by the pack, or not granted by the operator");
        return Err(Failure::Denied(reason));
    }
    let deadline = deadline.min(Instant::now() + limits.reach_time);
    let addresses = resolve(host.to_owned(), port, deadline)?;
    let mut last = Failure::NotFound;
    for address in addresses {
        match TcpStream::connect_timeout(&address, remaining(deadline).ok_or(Failure::TimedOut)?) {
            Ok(_) => return Ok(()),
            Err(error) => last = Failure::from(&error),
        }
    }
    Err(last)
}

/// Looks a name up. The system's resolver has no deadline of its own, so it runs on a thread that is left behind when it is late.
fn resolve(host: String, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>, Failure> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        // nobody listens any more when the answer is late
        let _ = sender.send(addresses);
    });
    match receiver.recv_timeout(remaining(deadline).ok_or(Failure::TimedOut)?) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) => Err(Failure::NotFound),
        Err(_) => Err(Failure::TimedOut),
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
