//! Starts workers that compile, print or examine, and classifies how they exit.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use env_pack_domain::ForeignText;
use rustix::process::Signal;

use super::budget::CompileBudget;
use super::child;
use super::process::{WorkerExit, run};
use super::protection::{Protection, parse_report};
use super::protocol::{EXIT_REJECTED, WorkerCommand};
use crate::error::LoadError;

/// The most that is read of a printed WIT, in bytes. That of a handler has 5 KiB.
const WIT_BYTES: u64 = 1 << 20;
/// The most that is read of a report about protections, in bytes.
const REPORT_BYTES: u64 = 4 << 10;
/// Time for a worker to examine its protections.
const EXAMINE_TIME: Duration = Duration::from_secs(10);

/// The process in which external components are compiled, and in which they run until
/// the operator decides to use them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Worker {
    /// Another process of this program, whose `main` called
    /// [`run_if_worker`](crate::worker::run_if_worker) first. Without that call, this is the same
    /// as `None`.
    #[default]
    ThisProgram,
    /// A process of another program that calls it, such as `gtc`.
    Program(PathBuf),
    /// No process. External components are rejected, unless their compiled code is in
    /// the cache.
    None,
    /// The process of the host. A hostile component can use up its memory and abort it.
    InProcess,
}

impl Worker {
    /// Returns the program to start.
    pub(crate) fn program(&self) -> Option<&Path> {
        match self {
            // The running file, even if another one has replaced it on disk. A program
            // that does not call `run_if_worker` would run its `main` again, and start
            // itself again for the same component.
            Self::ThisProgram if child::is_installed() => Some(Path::new("/proc/self/exe")),
            Self::Program(path) => Some(path),
            Self::ThisProgram | Self::None | Self::InProcess => None,
        }
    }

    /// Compiles a component. Returns the code in a sealed file.
    pub(crate) fn compile(
        &self,
        component: &[u8],
        budget: &CompileBudget,
        stack_bytes: usize,
    ) -> Result<File, LoadError> {
        let command = WorkerCommand::Compile { budget: *budget, stack_bytes: stack_bytes as u64 };
        let exit = self.run(command, component, budget.wall_time())?;
        if !exit.is_success() {
            return Err(classify_exit(exit.status, &exit.stderr, budget));
        }
        exit.into_sealed_output().map_err(|source| LoadError::Worker { source })
    }

    /// Prints the WIT of a component.
    pub(crate) fn describe(
        &self,
        component: &[u8],
        budget: &CompileBudget,
    ) -> Result<String, LoadError> {
        let command = WorkerCommand::Describe { budget: *budget };
        let mut exit = self.run(command, component, budget.wall_time())?;
        if !exit.is_success() {
            return Err(classify_exit(exit.status, &exit.stderr, budget));
        }
        exit.read_text(WIT_BYTES).map_err(|source| LoadError::Worker { source })
    }

    /// Starts a worker that attempts forbidden actions and reports its protections.
    pub(crate) fn examine(&self) -> Result<Vec<Protection>, LoadError> {
        let mut exit = self.run(WorkerCommand::Examine, &[], EXAMINE_TIME)?;
        if !exit.is_success() {
            let stderr = ForeignText::sentence(&exit.stderr);
            let source = io::Error::other(format!("the worker failed: {stderr}"));
            return Err(LoadError::Worker { source });
        }
        let report = exit.read_text(REPORT_BYTES).map_err(|source| LoadError::Worker { source })?;
        Ok(parse_report(&report))
    }

    fn run(
        &self,
        command: WorkerCommand,
        input: &[u8],
        time: Duration,
    ) -> Result<WorkerExit, LoadError> {
        let program = self.program().ok_or(LoadError::NoWorker)?;
        run(program, command, input, time).map_err(|source| LoadError::Worker { source })
    }
}

/// Returns the error of a worker that produced no result.
fn classify_exit(status: Option<ExitStatus>, stderr: &str, budget: &CompileBudget) -> LoadError {
    let Some(status) = status else {
        return LoadError::CompileTime { seconds: budget.wall_time().as_secs() };
    };
    let is_signal = |signal: Signal| status.signal() == Some(signal.as_raw());
    if status.code() == Some(EXIT_REJECTED) {
        return LoadError::Compile { reason: ForeignText::sentence(stderr) };
    }
    if is_signal(Signal::XCPU) || is_signal(Signal::KILL) {
        return LoadError::CompileTime { seconds: budget.seconds };
    }
    if stderr.contains("memory allocation of") || stderr.contains("Cannot allocate memory") {
        return LoadError::CompileMemory { bytes: budget.memory_bytes };
    }
    if is_signal(Signal::XFSZ) {
        return LoadError::CompileCode { bytes: budget.code_bytes };
    }
    LoadError::CompilerEnded { status: status.to_string(), stderr: ForeignText::sentence(stderr) }
}
