//! The channel between the host and a worker that runs a guest: JSON messages, each
//! preceded by its length.
//!
//! The host does not trust the worker: it limits the total size of all messages, and
//! waits for each message only until a deadline.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use gtc_fs::pipes::set_nonblocking;
use gtc_fs::process::timespec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most that one read asks for, in bytes.
const CHUNK_BYTES: usize = 64 << 10;
/// The size of the length before each message, in bytes.
const LENGTH_BYTES: usize = size_of::<u32>();

/// One end of the channel.
#[derive(Debug)]
pub(crate) struct Channel {
    end: OwnedFd,
    /// The number of bytes that are still accepted.
    remaining: u64,
}

impl Channel {
    /// Creates the host's end, which accepts `max_bytes` in all and can wait with a
    /// deadline.
    pub(crate) fn for_host(end: OwnedFd, max_bytes: u64) -> io::Result<Self> {
        set_nonblocking(&end)?;
        Ok(Self { end, remaining: max_bytes })
    }

    /// Creates the worker's end, which waits for as long as the host lives.
    pub(crate) fn for_worker(end: OwnedFd) -> Self {
        Self { end, remaining: u64::MAX }
    }

    /// Sends a message. A worker passes no deadline.
    ///
    /// # Errors
    /// `TimedOut` at the deadline, and the errors of the operating system.
    pub(crate) fn send(
        &self,
        message: &impl Serialize,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let mut frame = vec![0; LENGTH_BYTES];
        serde_json::to_writer(&mut frame, message)?;
        let length = u32::try_from(frame.len() - LENGTH_BYTES).map_err(io::Error::other)?;
        frame[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        let mut rest = frame.as_slice();
        while !rest.is_empty() {
            self.wait_for(PollFlags::OUT, deadline)?;
            match rustix::io::write(&self.end, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits for a message. A worker passes no deadline.
    ///
    /// # Errors
    /// `UnexpectedEof` when the other end is closed, `TimedOut` at the deadline,
    /// `FileTooLarge` when the messages exceed their total limit, and `InvalidData` when
    /// the message cannot be parsed.
    pub(crate) fn receive<T: DeserializeOwned>(
        &mut self,
        deadline: Option<Instant>,
    ) -> io::Result<T> {
        let mut prefix = [0; LENGTH_BYTES];
        self.read_exact(&mut prefix, deadline)?;
        let length = u32::from_le_bytes(prefix);
        self.remaining =
            self.remaining.checked_sub(length.into()).ok_or(io::ErrorKind::FileTooLarge)?;
        let length = length as usize;
        let mut message = Vec::new();
        while message.len() < length {
            // allocate for the bytes that arrive, not for those that were announced
            let begin = message.len();
            message.resize(length.min(begin + CHUNK_BYTES), 0);
            self.read_exact(&mut message[begin..], deadline)?;
        }
        // the conversion of the crate would report an incomplete text as `UnexpectedEof`, like a
        // closed channel
        serde_json::from_slice(&message)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn read_exact(&self, mut buffer: &mut [u8], deadline: Option<Instant>) -> io::Result<()> {
        while !buffer.is_empty() {
            self.wait_for(PollFlags::IN, deadline)?;
            match rustix::io::read(&self.end, &mut *buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => buffer = &mut buffer[read..],
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wait_for(&self, event: PollFlags, deadline: Option<Instant>) -> io::Result<()> {
        let Some(deadline) = deadline else { return Ok(()) };
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now());
            let mut polled = [PollFd::from_borrowed_fd(self.end.as_fd(), event)];
            match poll(&mut polled, Some(&timespec(remaining))) {
                Ok(0) if remaining.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    fn pair(max_bytes: u64) -> (Channel, Channel) {
        let (host, worker) = UnixStream::pair().expect("a pair");
        let host = Channel::for_host(host.into(), max_bytes).expect("a channel");
        (host, Channel::for_worker(worker.into()))
    }

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_millis(50))
    }

    fn error_kind(result: io::Result<String>) -> io::ErrorKind {
        result.expect_err("no message").kind()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may panic without threads")]
    fn messages_arrive_complete_in_both_directions() {
        let (mut host, mut worker) = pair(1 << 20);
        // more than the buffer of a socket
        let long = "é".repeat(200_000);
        let later = Instant::now() + Duration::from_secs(60);
        std::thread::scope(|scope| {
            scope.spawn(|| worker.send(&long, None).expect("sent"));
            assert_eq!(host.receive::<String>(Some(later)).expect("a message"), long);
        });
        host.send(&("a", 1), soon()).expect("sent");
        assert_eq!(worker.receive::<(String, u8)>(None).expect("a message"), ("a".to_owned(), 1));
    }

    #[test]
    fn the_host_limits_time_and_size_of_messages() {
        let (mut host, worker) = pair(8);
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::TimedOut);
        worker.send(&"seven b", None).expect("sent");
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::FileTooLarge);

        let (mut host, worker) = pair(8);
        worker.send(&"six", None).expect("sent");
        worker.send(&"six", None).expect("sent");
        assert_eq!(host.receive::<String>(soon()).expect("within the limit"), "six");
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::FileTooLarge);

        let (mut host, worker) = pair(8);
        worker.send(&1, None).expect("sent");
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::InvalidData);
        drop(worker);
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::UnexpectedEof);

        // half a JSON text is not a closed channel
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut host = Channel::for_host(ours.into(), 8).expect("a channel");
        rustix::io::write(&theirs, &[&2u32.to_le_bytes()[..], b"\"a"].concat()).expect("sent");
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::InvalidData);

        // a length without a message
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut host = Channel::for_host(ours.into(), u64::MAX).expect("a channel");
        rustix::io::write(&theirs, &u32::MAX.to_le_bytes()).expect("sent");
        assert_eq!(error_kind(host.receive(soon())), io::ErrorKind::TimedOut);
    }

    #[test]
    fn sending_to_a_worker_that_does_not_read_times_out() {
        let (host, _worker) = pair(8);
        let error = host.send(&"x".repeat(8 << 20), soon()).expect_err("the worker does not read");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
