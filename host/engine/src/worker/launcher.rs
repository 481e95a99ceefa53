//! Starts workers that compile, print or examine, and classifies how they exit.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::ForeignText;
use rustix::io::Errno;
use rustix::process::Signal;

use super::budget::CompileBudget;
use super::child;
use super::process::{WorkerExit, run};
use super::process_limits::ProcessLimits;
use super::protection::{Protection, parse_report};
use super::protocol::{
    EXIT_FAILED, EXIT_OUT_OF_MEMORY, EXIT_PANICKED, EXIT_REJECTED, EXIT_SHORTAGE, WorkerCommand,
    parse_shortage,
};
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
            return Err(classify_exit(&exit, budget, |reason| LoadError::CompilerFailed {
                reason,
            }));
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
            return Err(classify_exit(&exit, budget, |reason| LoadError::WitPrinterFailed {
                reason,
            }));
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
        run(program, command, input, time).map_err(LoadError::from_worker)
    }
}

/// Returns the error of a worker that produced no result: that of `failed` with the reason if
/// it has a bug.
fn classify_exit(
    exit: &WorkerExit,
    budget: &CompileBudget,
    failed: fn(ForeignText) -> LoadError,
) -> LoadError {
    let Some(status) = exit.status else {
        return LoadError::CompileTime { seconds: budget.wall_time().as_secs() };
    };
    let stderr = ForeignText::sentence(&exit.stderr);
    match status.code() {
        Some(EXIT_REJECTED) => return LoadError::Compile { reason: stderr },
        Some(EXIT_OUT_OF_MEMORY) => return out_of_memory(budget),
        Some(EXIT_SHORTAGE) => return LoadError::from_worker(parse_shortage(&exit.stderr)),
        // libraries of the compiler panic if they cannot start a thread
        Some(EXIT_PANICKED) if is_short_of_memory(budget) => return out_of_memory(budget),
        Some(EXIT_PANICKED) => return failed(stderr),
        Some(EXIT_FAILED) => {
            return LoadError::Worker { source: io::Error::other(stderr.to_string()) };
        }
        _ => {}
    }
    let is_signal = |signal: Signal| status.signal() == Some(signal.as_raw());
    if is_signal(Signal::XCPU) {
        LoadError::CompileTime { seconds: budget.seconds }
    } else if is_signal(Signal::ABORT) {
        // the worker leaves this signal to allocations that fail
        out_of_memory(budget)
    } else if is_signal(Signal::XFSZ) {
        if ProcessLimits::for_compiler(budget).file_size_exceeds_this_process() {
            LoadError::from_worker(Errno::FBIG.into())
        } else {
            LoadError::CompileCode { bytes: budget.code_bytes }
        }
    } else if is_signal(Signal::KILL) {
        // the CPU limit sends SIGXCPU first, so this is the kernel, short of memory, or a user
        LoadError::Shortage {
            what: "finish compiling it",
            source: io::Error::other("the worker process was killed"),
        }
    } else {
        let message = if exit.stderr.is_empty() { "" } else { ": " };
        failed(ForeignText::sentence(&format!("{status}{message}{}", exit.stderr)))
    }
}

/// Returns the error of a compiler that ran out of memory: its own limit, or that of this
/// process if it is lower.
fn out_of_memory(budget: &CompileBudget) -> LoadError {
    if is_short_of_memory(budget) {
        let source = Errno::NOMEM.into();
        return LoadError::Shortage { what: "give the compiler its memory", source };
    }
    LoadError::CompileMemory { bytes: budget.memory_bytes }
}

/// Returns true if a compiler cannot have its memory, because this process may not.
fn is_short_of_memory(budget: &CompileBudget) -> bool {
    ProcessLimits::for_compiler(budget).exceeds_this_process()
}
