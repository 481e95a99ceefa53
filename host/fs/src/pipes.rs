//! The output of a process group: read while it runs, up to a limit and a deadline.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::process::{ProcessGroup, timespec};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 8 << 10;
/// Chunks read from one pipe before the clock is looked at again.
const CHUNKS_PER_TURN: usize = 64;

/// The end of reading the output of a process group.
#[derive(Debug)]
pub enum ReadOutcome {
    /// The leader exited.
    Exited {
        /// Standard output of the group.
        stdout: Captured,
        /// Standard error of the group.
        stderr: Captured,
    },
    /// The deadline passed first.
    TimedOut,
    /// The group printed more than the limit.
    OutputLimit,
}

/// The start of what came through a pipe. The bytes are wiped from memory when this is dropped,
/// because they may hold secrets.
#[derive(Debug)]
pub struct Captured {
    /// The bytes that were kept.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Number of bytes that came, kept or not.
    pub total: u64,
}

impl Captured {
    /// Whether more bytes came than were kept.
    pub fn is_cut(&self) -> bool {
        self.total > self.bytes.len() as u64
    }
}

/// Bounds on the output of a process group.
#[derive(Clone, Copy, Debug)]
pub struct OutputLimits {
    /// Bytes kept of each pipe. More are read, so that the writer does not block, and dropped.
    pub kept_bytes: usize,
    /// Bytes that both pipes may carry together.
    pub total_bytes: u64,
}

impl ProcessGroup {
    /// Reads standard output and standard error, which must be pipes, until the leader exits.
    /// Processes that it leaves running may hold the pipes open; they are not waited for.
    ///
    /// # Errors
    /// `poll(2)` or `read(2)` fails.
    pub fn read_output(
        &mut self,
        deadline: Instant,
        limits: OutputLimits,
    ) -> io::Result<ReadOutcome> {
        let mut stdout = PipeReader::new(self.child().stdout.take(), limits.kept_bytes)?;
        let mut stderr = PipeReader::new(self.child().stderr.take(), limits.kept_bytes)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(ReadOutcome::TimedOut);
            }
            let descriptors = [Some(self.pidfd()), stdout.descriptor(), stderr.descriptor()];
            let mut descriptors: Vec<PollFd<'_>> = descriptors
                .into_iter()
                .flatten()
                .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
                .collect();
            match poll(&mut descriptors, Some(&timespec(left))) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            // looked at before reading, so that what it printed before it exited is read
            let has_exited = descriptors.first().is_some_and(|pidfd| !pidfd.revents().is_empty());
            stdout.read_available()?;
            stderr.read_available()?;
            if stdout.captured.total + stderr.captured.total > limits.total_bytes {
                return Ok(ReadOutcome::OutputLimit);
            }
            if has_exited {
                return Ok(ReadOutcome::Exited {
                    stdout: stdout.captured,
                    stderr: stderr.captured,
                });
            }
        }
    }
}

/// One pipe, read without blocking.
struct PipeReader<R> {
    /// None once the other end is closed.
    pipe: Option<R>,
    captured: Captured,
    kept_bytes: usize,
}

impl<R: Read + AsFd> PipeReader<R> {
    fn new(pipe: Option<R>, kept_bytes: usize) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            set_nonblocking(pipe)?;
        }
        // a buffer that grows leaves a copy of what it held, so it starts at a usual size
        let bytes = Zeroizing::new(Vec::with_capacity(kept_bytes.min(CHUNK_BYTES)));
        Ok(Self { pipe, captured: Captured { bytes, total: 0 }, kept_bytes })
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    fn read_available(&mut self) -> io::Result<()> {
        let mut chunk = Zeroizing::new([0; CHUNK_BYTES]);
        for _ in 0..CHUNKS_PER_TURN {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut *chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let kept = count.min(self.kept_bytes - self.captured.bytes.len());
                    self.captured.bytes.extend_from_slice(&chunk[..kept]);
                    self.captured.total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Makes reads and writes of this end of a pipe or socket return `WouldBlock` instead of
/// waiting. The other end is not affected.
///
/// # Errors
/// `fcntl(2)` fails.
pub fn set_nonblocking(pipe: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(pipe)?;
    Ok(rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::detached_exact;
    use std::ffi::OsString;
    use std::path::Path;
    use std::process::Stdio;
    use std::time::Duration;

    const A_MINUTE: Duration = Duration::from_secs(60);

    fn read(script: &str, timeout: Duration, limits: OutputLimits) -> ReadOutcome {
        let args = ["-c", script].map(OsString::from);
        let mut command = detached_exact(Path::new("/bin/sh"), args, []).expect("no NUL");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = ProcessGroup::spawn(&mut command).expect("started");
        group.read_output(Instant::now() + timeout, limits).expect("read")
    }

    #[test]
    fn both_pipes_are_read_until_the_leader_exits() {
        let limits = OutputLimits { kept_bytes: 3, total_bytes: 100 };
        // the background process keeps both pipes open
        let outcome = read("echo one; echo two >&2; sleep 1000 &", A_MINUTE, limits);
        let ReadOutcome::Exited { stdout, stderr } = outcome else { panic!("{outcome:?}") };
        assert_eq!((stdout.bytes.as_slice(), stderr.bytes.as_slice()), (&b"one"[..], &b"two"[..]));
        assert!(stdout.is_cut());
        assert_eq!(stdout.total, 4);
    }

    #[test]
    fn a_silent_program_is_given_up_at_the_deadline() {
        let limits = OutputLimits { kept_bytes: 3, total_bytes: 100 };
        let outcome = read("sleep 1000", Duration::from_millis(10), limits);
        assert!(matches!(outcome, ReadOutcome::TimedOut), "{outcome:?}");
    }

    #[test]
    fn the_limit_counts_both_pipes_and_dropped_bytes() {
        let limits = OutputLimits { kept_bytes: 1, total_bytes: 7 };
        let outcome = read("printf 1234; printf 567 >&2", A_MINUTE, limits);
        assert!(matches!(outcome, ReadOutcome::Exited { .. }), "{outcome:?}");
        let outcome = read("printf 1234; printf 5678 >&2", A_MINUTE, limits);
        assert!(matches!(outcome, ReadOutcome::OutputLimit), "{outcome:?}");
        let outcome = read("yes", A_MINUTE, limits);
        assert!(matches!(outcome, ReadOutcome::OutputLimit), "{outcome:?}");
    }
}
