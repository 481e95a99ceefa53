//! The disposable process in which foreign components are compiled, and guests run that
//! nobody trusts: the parent's side.
//!
//! Nobody promises that a compiler survives hostile input, so it does its work where it
//! can break nothing. What goes in and out are files in memory, which are sealed before
//! anybody reads them; the worker has no other files, no network, no variables,
//! and ends when its time, its memory or its parent does. A worker that runs a guest has
//! a line to its parent beside them. This module knows neither archives nor what the code
//! is used for.

mod budget;
mod child;
mod confine;
mod line;
mod operate;
mod operation;
pub mod protocol;
mod wit;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;
use gtc_fs::process::{ProcessGroup, detached};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::Signal;

use super::LoadError;

use line::Line;
use protocol::Order;

pub(super) use child::MISUSED;
pub(super) use operation::{Deed, HostLine, Said, Task};

pub use budget::{Budget, CompileLimits};
pub use child::hook;
pub use confine::{Protection, ProtectionKind};

/// The name by which a program knows that it was started as a worker.
pub(super) const NAME: &str = "gtc-worker";
/// How much of what a worker says is read, in bytes.
const WORDS_BYTES: u64 = 4 << 10;
/// How much of the text of a world is read, in bytes: that of a handler has 5 KiB.
const WORLD_BYTES: u64 = 1 << 20;
/// How long a worker may take to end that has closed its line.
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// How long a worker may take to look around.
const EXAMINE_TIME: Duration = Duration::from_secs(10);

/// Where foreign components are compiled, and run as long as nobody decided to trust
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Worker {
    /// In a process of this very program, whose `main` has called [`hook`] before
    /// anything else. If it has not, there is none.
    #[default]
    ThisProgram,
    /// In a process of another program that does so, such as `gtc`.
    Program(PathBuf),
    /// Nowhere: foreign components are refused, but that those whose code is kept already
    /// may be bound.
    None,
    /// In the process of the host. A hostile component can then take all of its memory,
    /// and end it.
    InProcess,
}

/// A worker that ended, or was ended.
struct Ended {
    /// Nothing when it was still busy at its deadline.
    status: Option<ExitStatus>,
    /// What it wrote to its output.
    output: File,
    /// What it wrote to its error output, as far as anybody reads.
    words: String,
}

impl Worker {
    /// The program to start.
    pub(super) fn program(&self) -> Option<&Path> {
        match self {
            // The file that runs, even when another one has taken its place. A program without the
            // hook would not become a worker but do all its work again, and start
            // itself again for the same component.
            Self::ThisProgram if child::is_hooked() => Some(Path::new("/proc/self/exe")),
            Self::Program(path) => Some(path),
            Self::ThisProgram | Self::None | Self::InProcess => None,
        }
    }

    /// Compiles a component; the code, in a file that nobody can change any more.
    pub(super) fn compile(
        &self,
        component: &[u8],
        budget: &Budget,
        stack_bytes: usize,
    ) -> Result<File, LoadError> {
        let program = self.program().ok_or(LoadError::NoWorker)?;
        let order = Order::Compile { budget: *budget, stack_bytes: stack_bytes as u64 };
        let run = || -> io::Result<Ended> {
            let input = file("component")?;
            (&input).write_all(component)?;
            (&input).rewind()?;
            run(program, order, input, budget.patience())
        };
        let ended = run().map_err(|source| LoadError::Worker { source })?;
        match ended.status {
            Some(status) if status.success() => {
                seal(&ended.output).map_err(|source| LoadError::Worker { source })?
            }
            status => return Err(verdict(status, &ended.words, budget)),
        }
        Ok(ended.output)
    }

    /// The world of a component as text.
    pub(super) fn describe(&self, component: &[u8], budget: &Budget) -> Result<String, LoadError> {
        let program = self.program().ok_or(LoadError::NoWorker)?;
        let broken = |source| LoadError::Worker { source };
        let run = || -> io::Result<Ended> {
            let input = file("component")?;
            (&input).write_all(component)?;
            (&input).rewind()?;
            run(program, Order::Describe { budget: *budget }, input, budget.patience())
        };
        let ended = run().map_err(broken)?;
        if !ended.status.is_some_and(|status| status.success()) {
            return Err(verdict(ended.status, &ended.words, budget));
        }
        let (mut output, mut world) = (ended.output, Vec::new());
        output
            .rewind()
            .and_then(|()| output.take(WORLD_BYTES).read_to_end(&mut world))
            .map_err(broken)?;
        Ok(String::from_utf8_lossy(&world).into_owned())
    }

    /// What a worker of this program cannot do on this machine, tried out by one.
    pub(super) fn examine(&self) -> Result<Vec<Protection>, LoadError> {
        let program = self.program().ok_or(LoadError::NoWorker)?;
        let broken = |source| LoadError::Worker { source };
        let ended = file("nothing")
            .and_then(|input| run(program, Order::Examine, input, EXAMINE_TIME))
            .map_err(broken)?;
        let mut report = String::new();
        let mut output = ended.output;
        output
            .rewind()
            .and_then(|()| output.take(WORDS_BYTES).read_to_string(&mut report))
            .map_err(broken)?;
        match ended.status.is_some_and(|status| status.success()) {
            true => Ok(protocol::parse_report(&report)),
            false => Err(broken(io::Error::other(format!(
                "it ended early: {}",
                ForeignText::sentence(&ended.words)
            )))),
        }
    }
}

/// Starts a worker and waits for its end.
fn run(program: &Path, order: Order, input: File, patience: Duration) -> io::Result<Ended> {
    let (output, words) = (file("code")?, file("words")?);
    let group = start(program, order, input, output.try_clone()?.into(), &words)?;
    let has_ended = group.wait_until(Instant::now() + patience)?;
    // ends what is left of it before anybody looks at what it wrote
    let status = group.kill()?;
    Ok(Ended { status: has_ended.then_some(status), output, words: read_words(words)? })
}

fn start(
    program: &Path,
    order: Order,
    input: File,
    output: OwnedFd,
    words: &File,
) -> io::Result<ProcessGroup> {
    let mut command = detached(program);
    command.arg0(NAME).args(order.to_arguments());
    command.stdin(input).stdout(output).stderr(words.try_clone()?);
    ProcessGroup::spawn(&mut command)
}

fn read_words(mut words: File) -> io::Result<String> {
    let mut said = Vec::new();
    words.rewind()?;
    words.take(WORDS_BYTES).read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// A worker that carries out an operation of a guest, and the line to it.
pub(super) struct Operator {
    pub line: Line,
    group: ProcessGroup,
    words: File,
}

impl Operator {
    /// Starts a worker with the code of a component; so many bytes may come over the
    /// line.
    pub fn start(program: &Path, code: &File, most: u64) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let words = file("words")?;
        let group = start(program, Order::Operate, code.try_clone()?, theirs.into(), &words)?;
        Ok(Self { line: Line::of_host(ours.into(), most)?, group, words })
    }

    /// Ends it, which had its say or lost it; how it ended by itself, if it has, and what
    /// it said on its error output.
    pub fn end(self) -> io::Result<(ExitStatus, String)> {
        // one that closed its line is about to end
        let _ = self.group.wait_until(Instant::now() + LAST_MOMENT);
        Ok((self.group.kill()?, read_words(self.words)?))
    }
}

/// A file in memory, which no other process sees unless it is handed over.
fn file(name: &str) -> io::Result<File> {
    Ok(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?.into())
}

fn seal(file: &File) -> io::Result<()> {
    Ok(fcntl_add_seals(
        file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?)
}

/// What the end of a worker without code means.
fn verdict(status: Option<ExitStatus>, words: &str, budget: &Budget) -> LoadError {
    let Some(status) = status else {
        return LoadError::CompileTime { seconds: budget.patience().as_secs() };
    };
    let is = |signal: Signal| status.signal() == Some(signal.as_raw());
    if status.code() == Some(child::REFUSED) {
        return LoadError::Compile { reason: ForeignText::sentence(words) };
    }
    if is(Signal::XCPU) || is(Signal::KILL) {
        return LoadError::CompileTime { seconds: budget.seconds };
    }
    if words.contains("memory allocation of") || words.contains("Cannot allocate memory") {
        return LoadError::CompileMemory { bytes: budget.memory_bytes };
    }
    if is(Signal::XFSZ) {
        return LoadError::CompileCode { bytes: budget.code_bytes };
    }
    LoadError::CompilerEnded { how: status.to_string(), words: ForeignText::sentence(words) }
}
