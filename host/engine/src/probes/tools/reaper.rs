//! A process between the host and a tool that kills the tool's descendants.
//!
//! A process leaves its group with one system call, and daemons do so regularly. The
//! reaper is a subreaper: orphaned descendants become its children, and it kills them when
//! the tool has ended or the host closes the channel, which is the reaper's standard
//! input. Over the channel it reports how the tool ended. Output and environment
//! variables pass through unchanged.
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
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper,
    set_parent_process_death_signal, wait,
};

/// The argument that makes a worker process a reaper.
pub(crate) const ARGUMENT: &str = "reap";
/// Time to kill all descendants. Killed processes normally end much faster.
const KILL_TIME: Duration = Duration::from_secs(1);
/// The longest report of a reaper, in bytes.
const REPORT_BYTES: u64 = 64;

/// The end of a tool, as its reaper reports it.
pub(super) enum ExitReport {
    Exited(ExitStatus),
    /// The tool could not be started.
    NotStarted(io::Error),
    /// The reaper ended without a report.
    Missing,
}

/// Runs the program that the arguments name, until it and all its descendants have ended.
pub(crate) fn run_reaper(mut arguments: impl Iterator<Item = OsString>) -> io::Result<i32> {
    // it outlives its parent to kill the descendants of the tool; a parent that has ended already
    // has closed the channel
    set_parent_process_death_signal(None)?;
    let mut channel = UnixStream::from(rustix::io::dup(io::stdin())?);
    set_child_subreaper(Some(getpid()))?;
    let program = PathBuf::from(arguments.next().unwrap_or_default());
    let mut command = detached_exact(&program, arguments, std::env::vars_os())?;
    command.stdin(Stdio::null());
    let report = match ProcessGroup::spawn(&mut command) {
        Ok(group) => {
            wait_for_exit_or_hangup(&group, &channel)?;
            format!("ended {}", group.kill()?.into_raw())
        }
        Err(error) => format!("not-started {}", error.raw_os_error().unwrap_or_default()),
    };
    // the host may have closed the channel
    let _ = channel.write_all(report.as_bytes());
    kill_descendants();
    Ok(0)
}

/// Waits until the tool has ended, or the host has closed the channel.
fn wait_for_exit_or_hangup(group: &ProcessGroup, channel: &UnixStream) -> io::Result<()> {
    loop {
        let mut events = [
            PollFd::from_borrowed_fd(group.pidfd(), PollFlags::IN),
            PollFd::new(channel, PollFlags::RDHUP),
        ];
        match poll(&mut events, None) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Kills all children, and the children that become orphans by that.
fn kill_descendants() {
    let deadline = Instant::now() + KILL_TIME;
    while Instant::now() < deadline {
        for child in children() {
            // it may have ended meanwhile
            let _ = kill_process(child, Signal::KILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // there are no children
            Err(_) => return,
        }
    }
}

/// Returns the children of this process, which has a single thread.
fn children() -> Vec<Pid> {
    let list = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    list.split_whitespace().filter_map(|number| Pid::from_raw(number.parse().ok()?)).collect()
}

/// Reads the report of a reaper that has ended.
///
/// The channel need not be at its end: until it executes its program, a process that another
/// thread has just forked holds a copy of the reaper's end.
pub(super) fn read_report(channel: &mut UnixStream) -> ExitReport {
    let mut report = Vec::new();
    // fails instead of waiting for the end; what was read until then is kept
    let _ = channel
        .set_nonblocking(true)
        .and_then(|()| channel.take(REPORT_BYTES).read_to_end(&mut report));
    str::from_utf8(&report).ok().and_then(parse_report).unwrap_or(ExitReport::Missing)
}

fn parse_report(text: &str) -> Option<ExitReport> {
    let (kind, number) = text.split_once(' ')?;
    let number = number.parse().ok()?;
    match kind {
        "ended" => Some(ExitReport::Exited(ExitStatus::from_raw(number))),
        "not-started" => Some(ExitReport::NotStarted(io::Error::from_raw_os_error(number))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_read_from_a_channel_that_another_process_holds_open() {
        let (mut ours, mut theirs) = UnixStream::pair().expect("a channel");
        let _copy = theirs.try_clone().expect("a copy");
        theirs.write_all(b"ended 256").expect("written");
        drop(theirs);
        let report = read_report(&mut ours);
        assert!(matches!(report, ExitReport::Exited(status) if status.code() == Some(1)));
    }

    #[test]
    fn a_reaper_without_a_report_is_missing() {
        let (mut ours, theirs) = UnixStream::pair().expect("a channel");
        drop(theirs);
        assert!(matches!(read_report(&mut ours), ExitReport::Missing));
    }
}
