//! The line between the host and a worker that runs a guest: messages in JSON, each after
//! its length.
//!
//! The host believes nothing that comes over it: there is a cap on all of it together,
//! and a deadline for each message.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use gtc_fs::pipes::set_nonblocking;
use gtc_fs::process::timespec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How much is read at a time, in bytes.
const CHUNK: usize = 64 << 10;

/// One end of the line.
#[derive(Debug)]
pub(in crate::engine) struct Line {
    end: OwnedFd,
    /// How much may still come over it, in bytes.
    left: u64,
}

impl Line {
    /// The end of the host, over which so many bytes may come: it waits no longer than
    /// until a deadline.
    pub fn of_host(end: OwnedFd, most: u64) -> io::Result<Self> {
        set_nonblocking(&end)?;
        Ok(Self { end, left: most })
    }

    /// The end of a worker: it waits for as long as there is a host.
    pub fn of_worker(end: OwnedFd) -> Self {
        Self { end, left: u64::MAX }
    }

    /// Sends a message; `deadline` is none for a worker.
    pub fn send(&self, message: &impl Serialize, deadline: Option<Instant>) -> io::Result<()> {
        let mut frame = vec![0; LENGTH];
        serde_json::to_writer(&mut frame, message)?;
        let length = u32::try_from(frame.len() - LENGTH).map_err(io::Error::other)?;
        frame[..LENGTH].copy_from_slice(&length.to_le_bytes());
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

    /// Waits for a message.
    ///
    /// # Errors
    /// `UnexpectedEof` when the other end is closed, `TimedOut` at the deadline,
    /// `FileTooLarge` when more came than may, and `InvalidData` when it is no
    /// message.
    pub fn receive<T: DeserializeOwned>(&mut self, deadline: Option<Instant>) -> io::Result<T> {
        let mut length = [0; LENGTH];
        self.fill(&mut length, deadline)?;
        let length = u32::from_le_bytes(length);
        self.left = self.left.checked_sub(length.into()).ok_or(io::ErrorKind::FileTooLarge)?;
        let (mut message, length) = (Vec::new(), length as usize);
        while message.len() < length {
            // room for what comes, not for what somebody says will come
            let begin = message.len();
            message.resize(length.min(begin + CHUNK), 0);
            self.fill(&mut message[begin..], deadline)?;
        }
        Ok(serde_json::from_slice(&message)?)
    }

    fn fill(&self, mut room: &mut [u8], deadline: Option<Instant>) -> io::Result<()> {
        while !room.is_empty() {
            self.wait_for(PollFlags::IN, deadline)?;
            match rustix::io::read(&self.end, &mut *room) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => room = &mut room[read..],
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wait_for(&self, what: PollFlags, deadline: Option<Instant>) -> io::Result<()> {
        let Some(deadline) = deadline else { return Ok(()) };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll(
                &mut [PollFd::from_borrowed_fd(self.end.as_fd(), what)],
                Some(&timespec(left)),
            ) {
                Ok(0) if left.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How long the length of a message is, in bytes.
const LENGTH: usize = size_of::<u32>();

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    fn pair(most: u64) -> (Line, Line) {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        (Line::of_host(ours.into(), most).expect("a line"), Line::of_worker(theirs.into()))
    }

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_millis(50))
    }

    #[test]
    fn messages_arrive_whole_in_both_directions() {
        let (mut host, mut worker) = pair(1 << 20);
        // more than a socket takes at a time
        let long = "é".repeat(200_000);
        std::thread::scope(|scope| {
            scope.spawn(|| worker.send(&long, None).expect("sent"));
            assert_eq!(
                host.receive::<String>(Some(Instant::now() + Duration::from_secs(60)))
                    .expect("a message"),
                long
            );
        });
        host.send(&("a", 1), soon()).expect("sent");
        assert_eq!(worker.receive::<(String, u8)>(None).expect("a message"), ("a".to_owned(), 1));
    }

    #[test]
    fn a_host_waits_for_no_worker_and_believes_none() {
        let kind = |result: io::Result<String>| result.expect_err("no message").kind();
        let (mut host, worker) = pair(8);
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::TimedOut);
        worker.send(&"seven b", None).expect("sent");
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::FileTooLarge);

        let (mut host, worker) = pair(8);
        worker.send(&"six", None).expect("sent");
        worker.send(&"six", None).expect("sent");
        assert_eq!(host.receive::<String>(soon()).expect("within the cap"), "six");
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::FileTooLarge);

        let (mut host, worker) = pair(8);
        worker.send(&1, None).expect("sent");
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::InvalidData);
        drop(worker);
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::UnexpectedEof);

        // a length without a message
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut host = Line::of_host(ours.into(), u64::MAX).expect("a line");
        rustix::io::write(&theirs, &u32::MAX.to_le_bytes()).expect("sent");
        assert_eq!(kind(host.receive(soon())), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_worker_that_does_not_listen_holds_nobody_up() {
        let (host, _worker) = pair(8);
        let error = host.send(&"x".repeat(8 << 20), soon()).expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
