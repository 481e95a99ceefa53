//! Local programs that a preflight asks: looked up on PATH, run without a shell, bounded in time and output.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use env_pack_domain::Permissions;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process_group};

use super::Limits;

/// What programs run in: where they are found, and the variables they see.
#[derive(Clone, Debug, Default)]
pub struct ToolEnvironment {
    /// The folders programs are looked up in, as in the variable `PATH`.
    pub path: OsString,
    /// The variables a program sees beside `PATH` and `LC_ALL=C`.
    pub variables: Vec<(OsString, OsString)>,
}

/// What a program left behind.
#[derive(Debug)]
pub(super) struct Output {
    pub exit_code: i32,
    pub stdout: String,
    pub stderr: String,
    pub truncated: bool,
}

/// Why there is no output.
#[derive(Debug)]
pub(super) enum Failure {
    NotFound,
    Denied(String),
    TimedOut,
    Io(String),
}

/// How often a program that has closed its output is asked whether it has ended.
const PATIENCE: Duration = Duration::from_millis(5);

impl ToolEnvironment {
    /// Runs a program, if the operator granted it.
    pub(super) fn probe(
        &self,
        grants: &Permissions,
        tool: &str,
        args: &[String],
        deadline: Instant,
        limits: &Limits,
    ) -> Result<Output, Failure> {
        if !grants.allows_tool(tool, args) {
            let command = [&[tool.to_owned()], args].concat().join(" ");
            let reason = format!("`{command}` is not declared by the pack, or not granted by the operator");
            return Err(Failure::Denied(reason));
        }
        let program = self.find(tool).ok_or(Failure::NotFound)?;
        let deadline = deadline.min(Instant::now() + limits.tool_time);
        let child = Command::new(&program)
            .args(args)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("PATH", &self.path)
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::Io(format!("`{}` does not start: {error}", program.display())))?;
        Process { child }.finish(deadline, limits.text_bytes)
    }

    /// The first program of this name on PATH. Relative folders are passed over: what they hold depends on where one stands.
    fn find(&self, tool: &str) -> Option<PathBuf> {
        let runs =
            |path: &Path| path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
        let folders = std::env::split_paths(&self.path).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(tool)).find(|path| runs(path))
    }
}

/// A running program, which ends with everything it started when this value does.
struct Process {
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.child.id().cast_signed()) {
            // whatever is left of the group: the program itself when it is late, or what it left running
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// One end of a pipe, read up to a cap.
struct Capped<R> {
    pipe: Option<R>,
    text: Vec<u8>,
    truncated: bool,
}

impl Process {
    /// Reads what the program says until it ends, or its time does.
    fn finish(mut self, deadline: Instant, cap: usize) -> Result<Output, Failure> {
        let failed = |error: io::Error| Failure::Io(error.to_string());
        let mut stdout = Capped::new(self.child.stdout.take()).map_err(failed)?;
        let mut stderr = Capped::new(self.child.stderr.take()).map_err(failed)?;
        let status = loop {
            let left = deadline.checked_duration_since(Instant::now()).ok_or(Failure::TimedOut)?;
            if stdout.pipe.is_none() && stderr.pipe.is_none() {
                std::thread::sleep(left.min(PATIENCE));
            } else {
                wait(&stdout, &stderr, left.min(PATIENCE * 4)).map_err(failed)?;
            }
            // asked before reading, so that what it wrote before it ended is read after
            let status = self.child.try_wait().map_err(failed)?;
            stdout.drain(cap).map_err(failed)?;
            stderr.drain(cap).map_err(failed)?;
            if let Some(status) = status {
                break status;
            }
        };
        let exit_code = status.code().ok_or_else(|| Failure::Io(format!("it was ended by {status}")))?;
        let truncated = stdout.truncated || stderr.truncated;
        Ok(Output { exit_code, stdout: stdout.into_text(), stderr: stderr.into_text(), truncated })
    }
}

impl<R: Read + AsFd> Capped<R> {
    fn new(pipe: Option<R>) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            let flags = rustix::fs::fcntl_getfl(pipe)?;
            rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
        }
        Ok(Self { pipe, text: Vec::new(), truncated: false })
    }

    /// Reads what is there now; what is beyond the cap is read too, so that the program does not block, and forgotten.
    fn drain(&mut self, cap: usize) -> io::Result<()> {
        let mut chunk = [0; 8 << 10];
        // bounded, so that a program that never stops writing does not keep us from looking at the clock
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let kept = count.min(cap - self.text.len());
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

    fn into_text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// Waits until one of the pipes has something to say, or the time is over.
fn wait(stdout: &Capped<impl AsFd>, stderr: &Capped<impl AsFd>, time: Duration) -> io::Result<()> {
    let mut pipes = Vec::with_capacity(2);
    if let Some(pipe) = &stdout.pipe {
        pipes.push(PollFd::new(pipe, PollFlags::IN));
    }
    if let Some(pipe) = &stderr.pipe {
        pipes.push(PollFd::new(pipe, PollFlags::IN));
    }
    let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
    match poll(&mut pipes, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
