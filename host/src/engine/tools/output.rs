//! What a running program says, read while it runs and up to a cap, until it ends or its time does.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{ChildStderr, ChildStdout, ExitStatus};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;

use crate::engine::process::{Group, timespec};

/// What a program said until it ended.
pub(super) struct Said {
    pub status: ExitStatus,
    pub stdout: Capped<ChildStdout>,
    pub stderr: Capped<ChildStderr>,
}

/// Reads what a program says; nothing when it is late. What it started may hold its pipes open: nobody waits for that.
pub(super) fn listen(mut group: Group, deadline: Instant, cap: usize) -> io::Result<Option<Said>> {
    let mut stdout = Capped::new(group.child.stdout.take(), cap)?;
    let mut stderr = Capped::new(group.child.stderr.take(), cap)?;
    let handle = group.handle()?;
    loop {
        let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
            return Ok(None);
        };
        let fds = [Some(handle.as_fd()), stdout.fd(), stderr.fd()].into_iter().flatten();
        let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        match poll(&mut fds, Some(&timespec(left))) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // asked before reading, so that what it wrote before it ended is read after
        let status = group.child.try_wait()?;
        stdout.drain()?;
        stderr.drain()?;
        if let Some(status) = status {
            return Ok(Some(Said { status, stdout, stderr }));
        }
    }
}

/// One end of a pipe, read up to a cap.
pub(super) struct Capped<R> {
    pipe: Option<R>,
    text: Vec<u8>,
    cap: usize,
    pub truncated: bool,
}

impl<R: Read + AsFd> Capped<R> {
    fn new(pipe: Option<R>, cap: usize) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            let flags = rustix::fs::fcntl_getfl(pipe)?;
            rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
        }
        Ok(Self { pipe, text: Vec::new(), cap, truncated: false })
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there now; what is beyond the cap is read too, so that the program does not block, and forgotten.
    fn drain(&mut self) -> io::Result<()> {
        let mut chunk = [0; 8 << 10];
        // bounded, so that a program that never stops writing does not keep us from looking at the clock
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let kept = count.min(self.cap - self.text.len());
                    self.text.extend_from_slice(&chunk[..kept]);
                    self.truncated |= kept < count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The text. Where it was cut off, the last word goes too: half a secret would not be known for one.
    pub fn into_text(self) -> String {
        let text = String::from_utf8_lossy(&self.text);
        match text.rfind(char::is_whitespace).filter(|_| self.truncated) {
            Some(end) => text[..end].to_owned(),
            None => text.into_owned(),
        }
    }
}
