//! A process that ends, with everything in its group, when nobody wants it any more.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// The leader of a process group of its own.
pub(crate) struct Group {
    child: Child,
    /// Readable once the leader has ended.
    handle: OwnedFd,
    is_reaped: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        // there is nobody to tell
        let _ = self.kill_and_reap();
    }
}

impl Group {
    /// Takes over a process that was started as the leader of a group.
    pub fn new(mut child: Child) -> io::Result<Self> {
        match pid(&child).and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?)) {
            Ok(handle) => Ok(Self { child, handle, is_reaped: false }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Our ends of its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// A handle that can be waited for: readable once the leader has ended.
    pub fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Waits for the end of the leader, or for the deadline; whether it has ended.
    pub fn wait_until(&self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll(&mut [PollFd::new(&self.handle, PollFlags::IN)], Some(&timespec(left))) {
                Ok(0) if left.is_zero() => return Ok(false),
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends whatever is left of the group: the leader itself when it is late, or what it
    /// left running.
    pub fn end(mut self) -> io::Result<ExitStatus> {
        self.kill_and_reap()
    }

    fn kill_and_reap(&mut self) -> io::Result<ExitStatus> {
        // only before the leader is reaped: afterwards its number may be that of somebody else
        if let (false, Ok(group)) = (self.is_reaped, pid(&self.child)) {
            let _ = kill_process_group(group, Signal::KILL);
            // it may not have got to lead a group yet
            let _ = self.child.kill();
        }
        self.is_reaped = true;
        self.child.wait()
    }
}

fn pid(child: &Child) -> io::Result<Pid> {
    Ok(Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::InvalidInput)?)
}

/// Has a program begin as if nobody had started it: a session of its own, without a
/// terminal; standard input, output and error and no other file, whatever we were handed
/// ourselves; no signal ignored; nothing it writes readable by others.
pub(crate) fn detach(command: &mut Command) {
    // SAFETY: between fork and exec the closure does nothing but system calls, and calls that
    // may be made in a signal handler.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            // marked, not closed: the handle by which our side learns of an exec that fails is
            // among them
            const ON_EXEC: libc::c_uint = libc::CLOSE_RANGE_CLOEXEC;
            if libc::syscall(libc::SYS_close_range, 3 as libc::c_uint, libc::c_uint::MAX, ON_EXEC)
                != 0
            {
                return Err(io::Error::last_os_error());
            }
            for signal in 1..=LAST_SIGNAL {
                // some cannot be changed, and need not be
                libc::signal(signal, libc::SIG_DFL);
            }
            libc::umask(0o077);
            Ok(())
        });
    }
}

/// Has a command run exactly this file, whatever program it was made for. Left to itself,
/// a command has a shell make what it can of a file that the system cannot run.
///
/// # Errors
/// When a text holds a NUL.
pub(crate) fn exec_without_shell(
    command: &mut Command,
    program: &Path,
    args: impl Iterator<Item = OsString>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> io::Result<()> {
    let text = |text: OsString| CString::new(text.into_encoded_bytes()).map_err(io::Error::from);
    let program = text(program.into())?;
    let args = std::iter::once(Ok(program.clone()))
        .chain(args.map(text))
        .collect::<io::Result<Vec<_>>>()?;
    let variable = |(name, value): (OsString, OsString)| text([name, value].join(OsStr::new("=")));
    let variables = variables.map(variable).collect::<io::Result<Vec<_>>>()?;
    // numbers instead of pointers, because the closure has to be one that threads may share
    let addresses = |texts: &[CString]| -> Vec<usize> {
        texts.iter().map(|text| text.as_ptr().expose_provenance()).chain([0]).collect()
    };
    let (argv, envp) = (addresses(&args), addresses(&variables));
    // SAFETY: between fork and exec the closure does nothing but one system call. Both lists
    // end with a null pointer, and the texts they point to move into the closure with
    // them, which leaves them where they are.
    unsafe {
        command.pre_exec(move || {
            let _texts = (&args, &variables);
            libc::execve(program.as_ptr(), argv.as_ptr().cast(), envp.as_ptr().cast());
            Err(io::Error::last_os_error())
        });
    }
    Ok(())
}

/// The highest number a signal has.
const LAST_SIGNAL: libc::c_int = 64;

/// One end of a pipe that a process writes into, as whoever listens keeps what comes.
pub(crate) trait Listener {
    /// Where it comes from, until that is closed.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Takes what is there now, and does not wait for more.
    fn drain(&mut self) -> io::Result<()>;

    /// How much came, in bytes.
    fn total(&self) -> u64;
}

/// How listening came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listened {
    /// The process ended.
    ToTheEnd,
    /// The deadline came first.
    Late,
    /// It said more than it may.
    Flood,
}

impl Group {
    /// Listens until the leader ends, its time does, or it has said more than `most`
    /// bytes on both pipes together. What it started may hold the pipes open: nobody
    /// waits for that.
    pub fn listen(
        &self,
        deadline: Instant,
        most: u64,
        pipes: [&mut dyn Listener; 2],
    ) -> io::Result<Listened> {
        let [one, other] = pipes;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Listened::Late);
            }
            let fds = [Some(self.handle()), one.fd(), other.fd()].into_iter().flatten();
            let mut fds: Vec<PollFd<'_>> =
                fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
            match poll(&mut fds, Some(&timespec(left))) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            // known before reading, so that what it wrote before it ended is read after
            let has_ended = fds.first().is_some_and(|handle| !handle.revents().is_empty());
            one.drain()?;
            other.drain()?;
            if one.total() + other.total() > most {
                return Ok(Listened::Flood);
            }
            if has_ended {
                return Ok(Listened::ToTheEnd);
            }
        }
    }
}

/// Has reading from a pipe never wait. It is our end only: that of the process is a
/// description of its own.
pub(crate) fn never_wait(pipe: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(pipe)?;
    Ok(rustix::fs::fcntl_setfl(pipe, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// A length of time as the kernel takes it.
pub(crate) fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}
