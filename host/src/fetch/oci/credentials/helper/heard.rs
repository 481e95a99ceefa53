//! What a helper says, until it ends or its time does, and never more than a cap.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use zeroize::Zeroizing;

use crate::process::{Group, Listened, Listener, never_wait};

/// How listening came to its end.
pub(super) enum Heard {
    /// It ended.
    All { stdout: Zeroizing<Vec<u8>>, stderr: Zeroizing<Vec<u8>> },
    /// The deadline came first.
    Late,
    /// It said more than the cap, on both pipes together.
    Flood,
}

/// Reads what a helper says. What it started may hold its pipes open: nobody waits for
/// that.
pub(super) fn listen(group: &mut Group, deadline: Instant, cap: u64) -> io::Result<Heard> {
    let mut stdout = Pipe::new(group.child().stdout.take(), cap)?;
    let mut stderr = Pipe::new(group.child().stderr.take(), cap)?;
    Ok(match group.listen(deadline, cap, [&mut stdout, &mut stderr])? {
        Listened::ToTheEnd => Heard::All { stdout: stdout.bytes, stderr: stderr.bytes },
        Listened::Late => Heard::Late,
        Listened::Flood => Heard::Flood,
    })
}

/// One end of a pipe.
struct Pipe<R> {
    pipe: Option<R>,
    bytes: Zeroizing<Vec<u8>>,
    /// One byte more than the cap, to tell what is too much.
    room: usize,
}

impl<R: Read + AsFd> Pipe<R> {
    fn new(pipe: Option<R>, cap: u64) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            never_wait(pipe)?;
        }
        let room = usize::try_from(cap).unwrap_or(usize::MAX).saturating_add(1);
        // enough for every honest answer: what grows is copied, and a copy of a secret stays
        // behind
        let bytes = Zeroizing::new(Vec::with_capacity(room.min(8 << 10)));
        Ok(Self { pipe, bytes, room })
    }
}

impl<R: Read + AsFd> Listener for Pipe<R> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    fn total(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Reads what is there now, as far as there is room.
    fn drain(&mut self) -> io::Result<()> {
        let mut chunk = Zeroizing::new([0; 4 << 10]);
        while let Some(pipe) = self.pipe.as_mut().filter(|_| self.bytes.len() < self.room) {
            let most = chunk.len().min(self.room - self.bytes.len());
            match pipe.read(&mut chunk[..most]) {
                Ok(0) => self.pipe = None,
                Ok(count) => self.bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
