//! What a running program says, read while it runs and up to a cap, until it ends or its
//! time does.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{ChildStderr, ChildStdout};
use std::time::Instant;

use crate::process::{Group, Listened, Listener, never_wait};

/// How much more than what is passed on is read and looked at, in bytes: a credential
/// that begins before the cut is known as one only when its end is there too. The longest
/// private keys in use fit.
const MARGIN: usize = 16 << 10;

/// What a program said until it ended.
pub(super) struct Said {
    pub stdout: Capped<ChildStdout>,
    pub stderr: Capped<ChildStderr>,
}

/// How listening to a program came to its end.
pub(super) enum Heard {
    /// The program ended.
    All(Said),
    /// The deadline came first.
    Late,
    /// It said more than any program may.
    Flood,
}

/// Reads what a program says. What it started may hold its pipes open: nobody waits for
/// that.
pub(super) fn listen(
    group: &mut Group,
    deadline: Instant,
    cap: usize,
    most: u64,
) -> io::Result<Heard> {
    let mut stdout = Capped::new(group.child().stdout.take(), cap)?;
    let mut stderr = Capped::new(group.child().stderr.take(), cap)?;
    Ok(match group.listen(deadline, most, [&mut stdout, &mut stderr])? {
        Listened::ToTheEnd => Heard::All(Said { stdout, stderr }),
        Listened::Late => Heard::Late,
        Listened::Flood => Heard::Flood,
    })
}

/// One end of a pipe, read up to a cap.
pub(super) struct Capped<R> {
    pipe: Option<R>,
    bytes: Vec<u8>,
    cap: usize,
    /// All that came, whether it was kept or not.
    total: u64,
}

impl<R: Read + AsFd> Capped<R> {
    fn new(pipe: Option<R>, cap: usize) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            never_wait(pipe)?;
        }
        Ok(Self { pipe, bytes: Vec::new(), cap, total: 0 })
    }

    /// The text up to the cap, cleaned first, and whether it was cut off.
    pub fn into_text(self, clean: impl FnOnce(String) -> String) -> (String, bool) {
        let is_cut = self.total > self.bytes.len() as u64;
        let mut text = clean(String::from_utf8_lossy(&self.bytes).into_owned());
        // half a credential would not be known for one, so what stands near the cut is not shown
        let known = text.len() - if is_cut { MARGIN.min(text.len()) } else { 0 };
        let shown = text.floor_char_boundary(known.min(self.cap));
        let truncated = shown < text.len();
        text.truncate(shown);
        (text, truncated)
    }
}

impl<R: Read + AsFd> Listener for Capped<R> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there now; what is beyond the cap is read too, so that the program
    /// does not block, and forgotten.
    fn drain(&mut self) -> io::Result<()> {
        let mut chunk = [0; 8 << 10];
        // bounded, so that a program that never stops writing does not keep us from looking at
        // the clock
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let kept = count.min(self.cap + MARGIN - self.bytes.len());
                    self.bytes.extend_from_slice(&chunk[..kept]);
                    self.total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn total(&self) -> u64 {
        self.total
    }
}
