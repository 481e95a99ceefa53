//! The parent's side of a worker process: starts it, waits for it and reads its output.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use gtc_fs::process::{ProcessGroup, detached};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::ipc::Channel;
use super::protocol::{NAME, WorkerCommand};

/// The most that is read of a worker's error output, in bytes.
const STDERR_BYTES: u64 = 4 << 10;
/// Time for a worker to exit after it closed its channel.
const EXIT_TIME: Duration = Duration::from_secs(1);

/// The result of a worker process.
pub(super) struct WorkerExit {
    /// `None` when the worker was killed at its deadline.
    pub status: Option<ExitStatus>,
    pub output: File,
    /// The beginning of its error output.
    pub stderr: String,
}

impl WorkerExit {
    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Reads the output as text, up to `max_bytes`.
    pub(super) fn read_text(&mut self, max_bytes: u64) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.output.rewind()?;
        (&self.output).take(max_bytes).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Makes the output immutable and returns it.
    pub(super) fn into_sealed_output(self) -> io::Result<File> {
        // `WRITE` fails with `EBUSY` while the kernel uses a page of the file, which is
        // likely on a busy machine. It forbids more only to a process that mapped the file
        // for writing, and those have ended.
        let seals = SealFlags::FUTURE_WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&self.output, seals)?;
        Ok(self.output)
    }
}

/// Runs a worker on this input until it exits or the time is over.
pub(super) fn run(
    program: &Path,
    command: WorkerCommand,
    input: &[u8],
    time: Duration,
) -> io::Result<WorkerExit> {
    let mut stdin = memory_file("input")?;
    stdin.write_all(input)?;
    stdin.rewind()?;
    let output = memory_file("output")?;
    let stderr = memory_file("stderr")?;
    let group = start(program, command, stdin, output.try_clone()?.into(), &stderr)?;
    let has_exited = group.wait_until(Instant::now() + time)?;
    // kills the rest of the group before its output is read
    let status = group.kill()?;
    Ok(WorkerExit { status: has_exited.then_some(status), output, stderr: read_stderr(stderr)? })
}

/// A worker that runs one operation of a guest.
pub(crate) struct GuestWorker {
    pub channel: Channel,
    group: ProcessGroup,
    stderr: File,
}

impl GuestWorker {
    /// Starts a worker with this compiled code. Its messages may have `max_bytes` in all.
    pub(crate) fn start(program: &Path, code: &File, max_bytes: u64) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let stderr = memory_file("stderr")?;
        let command = WorkerCommand::RunGuest;
        let group = start(program, command, code.try_clone()?, theirs.into(), &stderr)?;
        Ok(Self { channel: Channel::for_host(ours.into(), max_bytes)?, group, stderr })
    }

    /// Waits briefly for the worker to exit, then kills it. Returns its exit status and
    /// the beginning of its error output.
    pub(crate) fn terminate(self) -> io::Result<(ExitStatus, String)> {
        let _ = self.group.wait_until(Instant::now() + EXIT_TIME);
        Ok((self.group.kill()?, read_stderr(self.stderr)?))
    }
}

fn start(
    program: &Path,
    command: WorkerCommand,
    stdin: File,
    stdout: OwnedFd,
    stderr: &File,
) -> io::Result<ProcessGroup> {
    let mut process = detached(program);
    process.arg0(NAME).args(command.to_arguments());
    process.stdin(stdin).stdout(stdout).stderr(stderr.try_clone()?);
    ProcessGroup::spawn(&mut process)
}

fn read_stderr(mut stderr: File) -> io::Result<String> {
    let mut bytes = Vec::new();
    stderr.rewind()?;
    stderr.take(STDERR_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Creates an in-memory file, which only this process and its children can access.
fn memory_file(name: &str) -> io::Result<File> {
    Ok(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?.into())
}

#[cfg(test)]
mod tests {
    use rustix::pipe::{SpliceFlags, pipe, splice};

    use super::*;

    fn output_of(bytes: &[u8]) -> WorkerExit {
        let mut output = memory_file("output").expect("an in-memory file");
        output.write_all(bytes).expect("written");
        output.rewind().expect("rewound");
        WorkerExit { status: None, output, stderr: String::new() }
    }

    #[test]
    fn a_sealed_output_cannot_be_written() {
        let output = output_of(b"code").into_sealed_output().expect("sealed");
        assert!((&output).write_all(b"other").is_err());
        assert!(output.set_len(0).is_err());
        assert!(output.set_len(1 << 20).is_err());
    }

    #[test]
    fn an_output_can_be_sealed_while_the_kernel_uses_its_pages() {
        let exit = output_of(&[7; 64 << 10]);
        let (_reader, writer) = pipe().expect("a pipe");
        // the pipe now holds pages of the file
        let moved = splice(&exit.output, None, &writer, None, 16 << 10, SpliceFlags::empty());
        assert_eq!(moved.expect("spliced"), 16 << 10);
        exit.into_sealed_output().expect("sealed");
    }
}
