//! Running a program of a toolchain to its end.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::thread;

use env_pack_domain::ForeignText;

use crate::project::{Limits, ProjectError};

/// As many lines of what a failed program printed as a person reads.
const LINES: usize = 40;
/// As much is read at a time.
const CHUNK: usize = 16 << 10;

/// Runs a program without input, and gives back the end of what it printed to standard
/// output.
///
/// # Errors
/// [`ProjectError::Missing`] when there is no such program, and [`ProjectError::Failed`]
/// with its last lines.
pub(super) fn run(
    program: &'static str,
    command: &mut Command,
    install: &'static str,
    limits: &Limits,
) -> Result<Vec<u8>, ProjectError> {
    let not_started = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ProjectError::Missing { what: program, install },
        _ => ProjectError::NotStarted { program, source },
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(not_started)?;
    let keep = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, complained) = thread::scope(|scope| {
        let complained =
            scope.spawn(|| stderr.map_or_else(Vec::new, |stderr| end_of(stderr, keep)));
        let printed = stdout.map_or_else(Vec::new, |stdout| end_of(stdout, keep));
        (printed, complained.join().unwrap_or_default())
    });
    let status = child.wait().map_err(|source| ProjectError::NotStarted { program, source })?;
    match status.success() {
        true => Ok(printed),
        false => {
            Err(ProjectError::Failed { program, status, output: last_lines(&complained, &printed) })
        }
    }
}

/// The last bytes of a stream, read to its end.
fn end_of(mut stream: impl Read, keep: usize) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        kept.extend_from_slice(chunk.get(..read).unwrap_or_default());
        // not with every chunk, because what is left has to move
        if kept.len() / 2 > keep {
            kept.drain(..kept.len() - keep);
        }
    }
    kept.split_off(kept.len().saturating_sub(keep))
}

/// The last lines of what a program complained of; of what it printed, when it did not
/// complain.
fn last_lines(complained: &[u8], printed: &[u8]) -> Vec<ForeignText> {
    let text = String::from_utf8_lossy(if complained.is_empty() { printed } else { complained });
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(LINES))
        .map(|line| ForeignText::new(*line))
        .collect()
}
