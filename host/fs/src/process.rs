//! Child processes: started detached from this one, run without a shell, and killed together
//! with their process group.
#![cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the primitive itself"))]

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::termination::restore_file_size_signal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, getppid, kill_process_group, pidfd_open,
    set_parent_process_death_signal,
};

/// Highest signal number on Linux.
const LAST_SIGNAL: libc::c_int = 64;

/// A command that inherits the environment, files and terminal of this process: for the
/// toolchains of a pack author. Anything else needs [`detached`] or [`detached_exact`].
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    // SAFETY: between fork and exec the closure only makes a call that is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            restore_file_size_signal();
            Ok(())
        });
    }
    command
}

/// A command that starts as if this process had not started it: in a session of its own
/// without a terminal, with an empty environment, in `/`, with no open files but standard
/// input, output and error, default signal handlers and umask 077.
///
/// The kernel kills the process when the thread that starts it ends, however that happens. A
/// program with privileges that this process lacks is an exception, and so are the processes
/// that the program itself starts.
pub fn detached(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir("/");
    detach(&mut command);
    command
}

/// Like [`detached`], but with these variables, and without the fallback of `execvp(3)` that
/// has a shell interpret a file which the system cannot execute.
///
/// # Errors
/// The path, an argument or a variable contains a NUL byte.
pub fn detached_exact(
    program: &Path,
    args: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> io::Result<Command> {
    let mut command = detached(program);
    exec_exactly(&mut command, program, args, variables)?;
    Ok(command)
}

fn detach(command: &mut Command) {
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec the closure only makes system calls and calls that are
    // async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // a parent that had ended by then sends no signal
            if getppid() != Some(parent) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            rustix::process::setsid()?;
            // closed by exec, not now: the pipe that reports a failed exec is among them
            const ON_EXEC: libc::c_uint = libc::CLOSE_RANGE_CLOEXEC;
            if libc::syscall(libc::SYS_close_range, 3 as libc::c_uint, libc::c_uint::MAX, ON_EXEC)
                != 0
            {
                return Err(io::Error::last_os_error());
            }
            for signal in 1..=LAST_SIGNAL {
                // fails for signals that cannot be changed, which keep the default
                libc::signal(signal, libc::SIG_DFL);
            }
            libc::umask(0o077);
            Ok(())
        });
    }
}

/// Replaces the exec of a command by `execve(2)` of exactly this file.
fn exec_exactly(
    command: &mut Command,
    program: &Path,
    args: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> io::Result<()> {
    let program = c_string(program.into())?;
    let args = std::iter::once(Ok(program.clone()))
        .chain(args.into_iter().map(c_string))
        .collect::<io::Result<Vec<_>>>()?;
    let variables = variables
        .into_iter()
        .map(|(name, value)| c_string([name, value].join(OsStr::new("="))))
        .collect::<io::Result<Vec<_>>>()?;
    let argv = addresses(&args);
    let envp = addresses(&variables);
    // SAFETY: between fork and exec the closure makes one system call. Both arrays end with a
    // null pointer. The strings that they point to are moved into the closure, which does not
    // move their bytes.
    unsafe {
        command.pre_exec(move || {
            let _strings = (&args, &variables);
            libc::execve(program.as_ptr(), argv.as_ptr().cast(), envp.as_ptr().cast());
            Err(io::Error::last_os_error())
        });
    }
    Ok(())
}

fn c_string(text: OsString) -> io::Result<CString> {
    Ok(CString::new(text.into_encoded_bytes())?)
}

/// A null-terminated array of pointers, as integers because the closure must be `Send`.
fn addresses(strings: &[CString]) -> Vec<usize> {
    strings.iter().map(|text| text.as_ptr().expose_provenance()).chain([0]).collect()
}

/// A child process that leads a process group. Dropping it kills the group.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    /// Readable once the leader has exited.
    pidfd: OwnedFd,
    is_reaped: bool,
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // a destructor cannot report an error
        let _ = self.kill_and_reap();
    }
}

impl ProcessGroup {
    /// Starts a [`detached`] command.
    ///
    /// # Errors
    /// The program cannot be executed, or the system is out of processes or descriptors.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn().map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            if is_missing && Path::new(command.get_program()).starts_with("/proc") {
                io::Error::new(error.kind(), "`/proc` is not mounted")
            } else {
                error
            }
        })?;
        match pid(&child).and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?)) {
            Ok(pidfd) => Ok(Self { child, pidfd, is_reaped: false }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The leader, for this process's ends of its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// A descriptor for `poll(2)`: readable once the leader has exited.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Waits until the leader exits and returns true, or until the deadline and returns false.
    ///
    /// # Errors
    /// `poll(2)` fails.
    pub fn wait_until(&self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(&timespec(left))) {
                Ok(0) if left.is_zero() => return Ok(false),
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Kills every process that is left in the group and returns the exit status of the leader.
    ///
    /// # Errors
    /// The leader cannot be waited for.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.kill_and_reap()
    }

    fn kill_and_reap(&mut self) -> io::Result<ExitStatus> {
        // only before the leader is reaped: afterwards its process id may belong to another one
        if !self.is_reaped
            && let Ok(group) = pid(&self.child)
        {
            let _ = kill_process_group(group, Signal::KILL);
            // the leader may not have created its group yet
            let _ = self.child.kill();
        }
        self.is_reaped = true;
        self.child.wait()
    }
}

fn pid(child: &Child) -> io::Result<Pid> {
    Ok(Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::InvalidInput)?)
}

/// Returns the numeric id of the user of this process.
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// A duration as the kernel takes it.
pub fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::process::Stdio;

    const A_MINUTE: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let args = ["-c", script].map(OsString::from);
        detached_exact(Path::new("/bin/sh"), args, [("A".into(), "1".into())]).expect("no NUL")
    }

    #[test]
    fn a_detached_program_sees_nothing_of_this_process() {
        let mut command = shell("pwd; umask; echo $A-$HOME; ls /proc/self/fd | wc -l");
        let mut group = ProcessGroup::spawn(command.stdout(Stdio::piped())).expect("started");
        assert!(group.wait_until(Instant::now() + A_MINUTE).expect("waited"));
        let mut printed = String::new();
        let mut stdout = group.child().stdout.take().expect("a pipe");
        stdout.read_to_string(&mut printed).expect("text");
        // the fourth descriptor is the folder that `ls` lists
        assert_eq!(printed, "/\n0077\n1-\n4\n");
        assert!(group.kill().expect("reaped").success());
    }

    #[test]
    fn a_file_that_the_system_cannot_execute_is_not_run_by_a_shell() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a directory");
        let script = folder.path().join("script");
        std::fs::write(&script, "echo it ran").expect("a file");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let mut command = detached_exact(&script, [], []).expect("no NUL");
        let error = ProcessGroup::spawn(&mut command).expect_err("refused");
        assert_eq!(error.raw_os_error(), Some(libc::ENOEXEC));
    }

    #[test]
    fn an_argument_with_a_nul_is_refused() {
        let error = detached_exact(Path::new("/bin/true"), ["a\0b".into()], []);
        assert_eq!(error.expect_err("refused").kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_program_ends_with_the_thread_that_started_it() {
        let start = || ProcessGroup::spawn(&mut shell("sleep 1000")).expect("started");
        let group = std::thread::spawn(start).join().expect("no panic");
        assert!(group.wait_until(Instant::now() + A_MINUTE).expect("waited"));
    }

    #[test]
    fn the_whole_group_is_killed() {
        let mut command = shell("sleep 1000 & echo $!; sleep 1000");
        let mut group = ProcessGroup::spawn(command.stdout(Stdio::piped())).expect("started");
        let mut stdout = group.child().stdout.take().expect("a pipe");
        let mut first = [0; 1];
        stdout.read_exact(&mut first).expect("the background process has started");
        assert!(!group.wait_until(Instant::now()).expect("waited"));
        assert_eq!(group.kill().expect("reaped").code(), None);
        // the pipe closes only when the background process has ended as well
        stdout.read_to_string(&mut String::new()).expect("the end of the pipe");
    }
}
