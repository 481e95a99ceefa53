//! Runs a program of a toolchain and collects its output.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::thread;

use env_pack_domain::ForeignText;

use crate::project::error::ProjectError;
use crate::project::limits::ProjectLimits;

/// Lines of a failed program's output that an error shows.
const MAX_ERROR_LINES: usize = 40;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 << 10;

/// Runs a program without input, and returns the end of its standard output, at most
/// [`ProjectLimits::output_bytes`]. `install` is the hint for a missing program.
///
/// # Errors
/// [`ProjectError::ToolchainMissing`] if the program is not installed, and
/// [`ProjectError::BuildFailed`] with its last lines if it fails.
pub(super) fn run(
    program: &'static str,
    command: &mut Command,
    install: &'static str,
    limits: &ProjectLimits,
) -> Result<Vec<u8>, ProjectError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ProjectError::ToolchainMissing { what: program, install },
        _ => ProjectError::SpawnFailed { program, source },
    })?;
    let limit = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let read = thread::scope(|scope| {
        let read_errors = || stderr.map_or_else(Vec::new, |pipe| read_tail(pipe, limit));
        let errors = thread::Builder::new().spawn_scoped(scope, read_errors)?;
        let output = stdout.map_or_else(Vec::new, |pipe| read_tail(pipe, limit));
        Ok((output, errors.join().unwrap_or_default()))
    });
    if read.is_err() {
        // nothing reads its output
        let _ = child.kill();
    }
    let status = child.wait().map_err(|source| ProjectError::SpawnFailed { program, source })?;
    let (output, errors) = read.map_err(|source| ProjectError::SpawnFailed { program, source })?;
    if !status.success() {
        let output = last_lines(if errors.is_empty() { &output } else { &errors });
        return Err(ProjectError::BuildFailed { program, status, output });
    }
    Ok(output)
}

/// Reads a stream to its end, and returns its last `limit` bytes.
fn read_tail(mut stream: impl Read, limit: usize) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        tail.extend_from_slice(chunk.get(..read).unwrap_or_default());
        // not after every chunk, because the remaining bytes have to move
        if tail.len() / 2 > limit {
            tail.drain(..tail.len() - limit);
        }
    }
    tail.split_off(tail.len().saturating_sub(limit))
}

fn last_lines(output: &[u8]) -> Vec<ForeignText> {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skipped = lines.len().saturating_sub(MAX_ERROR_LINES);
    lines.into_iter().skip(skipped).map(ForeignText::new).collect()
}
