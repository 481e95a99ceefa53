//! The process between the host and a program it runs: whatever the program starts ends
//! with it.
//!
//! A process group is left with one system call, and a program that goes to the
//! background leaves it as a matter of course. So the program is started by a process of
//! ours, which adopts what it abandons, and ends all of it when the program has ended or
//! the host no longer wants it. Its standard input is a line to the host: it says there
//! how the program ended, and when the host is gone, so is the other end. Output and
//! variables it passes on as it got them.
#![expect(clippy::disallowed_methods, reason = "it passes its own environment on, and reads /proc")]

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gtc_fs::process::{ProcessGroup, detached_exact};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, wait};

/// The task of a worker that keeps a program.
pub(in crate::engine) const TASK: &str = "keep";
/// How long a keeper tries to end what does not want to end. Processes that are killed
/// are gone in far less.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest message of a keeper, in bytes.
const MESSAGE_BYTES: u64 = 64;

/// How a program ended, as its keeper tells it.
pub(super) enum Told {
    Ended(ExitStatus),
    /// It could not be started.
    NotStarted(io::Error),
    /// The keeper ended without a word.
    Nothing,
}

/// Starts the program that is named by the arguments, and stays until it and everything
/// it started has ended.
pub(in crate::engine) fn keep(mut arguments: impl Iterator<Item = OsString>) -> io::Result<i32> {
    let mut line = UnixStream::from(rustix::io::dup(io::stdin())?);
    set_child_subreaper(Some(getpid()))?;
    let program = PathBuf::from(arguments.next().unwrap_or_default());
    let mut command = detached_exact(&program, arguments, std::env::vars_os())?;
    command.stdin(Stdio::null());
    let message = match ProcessGroup::spawn(&mut command) {
        Ok(group) => {
            wait_for_either(&group, &line)?;
            format!("ended {}", group.kill()?.into_raw())
        }
        Err(error) => format!("not-started {}", error.raw_os_error().unwrap_or_default()),
    };
    // the host may not listen any more
    let _ = line.write_all(message.as_bytes());
    end_the_rest();
    Ok(0)
}

/// Waits until the program has ended, or the host is gone or has had enough.
fn wait_for_either(group: &ProcessGroup, line: &UnixStream) -> io::Result<()> {
    loop {
        let handle = group.pidfd();
        match poll(
            &mut [
                PollFd::from_borrowed_fd(handle, PollFlags::IN),
                PollFd::new(line, PollFlags::RDHUP),
            ],
            None,
        ) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends every process that is left, and those that are left by them.
fn end_the_rest() {
    let patience = Instant::now() + PATIENCE;
    while Instant::now() < patience {
        for child in children() {
            // it may have ended by itself
            let _ = kill_process(child, Signal::KILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // nobody is left
            Err(_) => return,
        }
    }
}

/// The children of this process, which has one thread.
fn children() -> Vec<Pid> {
    let list = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    list.split_whitespace().filter_map(|number| Pid::from_raw(number.parse().ok()?)).collect()
}

/// What a keeper that has ended said.
pub(super) fn hear(line: &mut UnixStream) -> Told {
    let mut message = String::new();
    let heard = line
        .set_nonblocking(true)
        .and_then(|()| line.take(MESSAGE_BYTES).read_to_string(&mut message));
    let number = |text: &str| text.parse::<i32>().ok();
    match (heard, message.split_once(' ')) {
        (Ok(_), Some(("ended", status))) => match number(status) {
            Some(status) => Told::Ended(ExitStatus::from_raw(status)),
            None => Told::Nothing,
        },
        (Ok(_), Some(("not-started", error))) => match number(error) {
            Some(error) => Told::NotStarted(io::Error::from_raw_os_error(error)),
            None => Told::Nothing,
        },
        _ => Told::Nothing,
    }
}
