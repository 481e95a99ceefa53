//! Local programs that a preflight asks: looked up on PATH, run without a shell, bounded in time, output and number.

mod output;
mod redact;
mod variables;

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use env_pack_domain::Permissions;

use super::Limits;
use super::process::Group;

/// What programs run in: where they are found, and the variables out of which each sees its own.
#[derive(Clone, Debug, Default)]
pub struct ToolEnvironment {
    /// The folders programs are looked up in, as in the variable `PATH`.
    pub path: OsString,
    /// The variables of the host. A program sees those on its list, beside `PATH` and `LC_ALL=C`; the values of those whose names
    /// say that they are secret are hidden in what it says.
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
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("not found on PATH")]
    NotFound,
    #[error("denied: {0}")]
    Denied(String),
    #[error("out of time")]
    TimedOut,
    #[error("{0}")]
    Io(String),
}

/// Runs programs for every preflight of an engine.
#[derive(Debug)]
pub(super) struct Tools {
    environment: ToolEnvironment,
    /// How many more programs may run now.
    free: Mutex<usize>,
    freed: Condvar,
}

/// A program to run, and until when.
pub(super) struct Probe<'a> {
    pub grants: &'a Permissions,
    pub tool: &'a str,
    pub args: &'a [String],
    pub deadline: Instant,
    pub limits: &'a Limits,
}

impl Tools {
    pub fn new(environment: ToolEnvironment, at_a_time: usize) -> Self {
        Self { environment, free: Mutex::new(at_a_time.max(1)), freed: Condvar::new() }
    }

    /// Runs a program, if the operator granted it; which file that was, as soon as it is known.
    pub fn probe(&self, probe: &Probe<'_>, found: &mut Option<PathBuf>) -> Result<Output, Failure> {
        let Probe { grants, tool, args, limits, .. } = *probe;
        if !grants.allows_tool(tool, args) {
            let command = [&[tool.to_owned()], args].concat().join(" ");
            let reason = format!("`{command}` is not declared by the pack, or not granted by the operator");
            return Err(Failure::Denied(reason));
        }
        let program = self.find(tool)?;
        *found = Some(program.clone());
        let _turn = self.turn(probe.deadline)?;
        let deadline = probe.deadline.min(Instant::now() + limits.tool_time);
        let child = self
            .spawn(&program, tool, args)
            .map_err(|error| Failure::Io(format!("`{}` does not start: {error}", program.display())))?;
        let said = output::listen(Group { child }, deadline, limits.text_bytes);
        let said = said.map_err(|error| Failure::Io(error.to_string()))?.ok_or(Failure::TimedOut)?;
        let exit_code = said.status.code().ok_or_else(|| Failure::Io(format!("it was ended by {}", said.status)))?;
        let truncated = said.stdout.truncated || said.stderr.truncated;
        let clean = |text| redact::redact(text, &self.environment.variables);
        Ok(Output {
            exit_code,
            stdout: clean(said.stdout.into_text()),
            stderr: clean(said.stderr.into_text()),
            truncated,
        })
    }

    fn spawn(&self, program: &Path, tool: &str, args: &[String]) -> io::Result<Child> {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(variables::of(tool, &self.environment.variables).map(|(name, value)| (name, value)))
            .env("PATH", &self.environment.path)
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // SAFETY: between fork and exec the closure does nothing but one system call. A session of its own has no terminal to
        // ask for a password on, and is a process group that ends as a whole.
        unsafe {
            command.pre_exec(|| rustix::process::setsid().map(|_| ()).map_err(io::Error::from));
        }
        command.spawn()
    }

    /// The first program of this name on PATH. Folders that are relative, or that anybody may write to, are passed over: what they
    /// hold depends on where one stands, or on others.
    fn find(&self, tool: &str) -> Result<PathBuf, Failure> {
        let runs =
            |path: &Path| path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
        let mut passed_over = None;
        for folder in std::env::split_paths(&self.environment.path) {
            let program = folder.join(tool);
            if !runs(&program) {
                continue;
            }
            if folder.is_absolute() && !is_anybodys(&folder) && !is_anybodys(&program) {
                return Ok(program);
            }
            passed_over.get_or_insert(program);
        }
        Err(match passed_over {
            Some(program) => Failure::Denied(format!(
                "`{}` is not run: it lies in a folder of PATH that is relative, or that anybody may write to",
                program.display()
            )),
            None => Failure::NotFound,
        })
    }

    /// Waits until fewer programs run than may.
    fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Failure> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            let left = deadline.checked_duration_since(Instant::now()).ok_or(Failure::TimedOut)?;
            free = self.freed.wait_timeout(free, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Ok(Turn(self))
    }
}

/// Leave to run one program now.
struct Turn<'a>(&'a Tools);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Whether users other than its owner and group may write to it.
fn is_anybodys(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0)
}
