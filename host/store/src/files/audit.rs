//! The audit log of an environment: `audit/events.jsonl`, one JSON document per line.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use env_pack_domain::Sha256Digest;
use gtc_fs::read::ReadError;

use super::disk::{Access, Disk, ensure_inside};
use crate::error::StoreError;

/// The log, relative to the folder of the environment.
pub(super) const EVENTS: &str = "audit/events.jsonl";
/// Parts of lines that interrupted processes left.
pub(super) const TORN: &str = "audit/events.torn";
/// All users may read the log.
pub(super) const ACCESS: Access = Access::Shared;
/// The longest line to show at once, in bytes. Lines of this program are much shorter.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Shows the lines of the log, from the oldest to the newest, as far as its first `length` bytes.
/// Longer lines than any of this program are shown in parts.
pub(super) fn visit(
    disk: &dyn Disk,
    folder: &Path,
    length: u64,
    visit: &mut dyn FnMut(&str),
) -> Result<(), StoreError> {
    let path = folder.join(EVENTS);
    let file = match disk.open(&path) {
        Ok(file) => file,
        Err(ReadError::NotFound) => return Ok(()),
        Err(error) => return Err(StoreError::read(&path, error)),
    };
    visit_lines(file.take(length), visit).map_err(StoreError::io("read", &path))
}

fn visit_lines(file: io::Take<Box<dyn io::Read>>, visit: &mut dyn FnMut(&str)) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
        visit(String::from_utf8_lossy(&line).trim_end_matches('\n'));
        line.clear();
    }
    Ok(())
}

/// The state of the log before a change.
pub(super) struct LogEnd {
    /// The length up to the last complete line, in bytes.
    pub length: u64,
    /// The digest of the last complete line, without its line break; none if there is none.
    pub last_line: Option<Sha256Digest>,
    /// The incomplete line after it, which an interrupted process left.
    pub torn: Vec<u8>,
}

/// Reads the end of the log, which is created if it does not exist. Call it only while the
/// environment is locked.
///
/// # Errors
/// The log cannot be written, or cannot be read.
pub(super) fn end(disk: &dyn Disk, folder: &Path) -> Result<LogEnd, StoreError> {
    let path = folder.join(EVENTS);
    let parent = path.parent().expect("it is in a folder");
    disk.create_folder(parent).map_err(StoreError::io("create", parent))?;
    for log in [EVENTS, TORN] {
        ensure_inside(disk, folder, &folder.join(log))?;
    }
    let length =
        disk.ensure_appendable(&path, ACCESS).map_err(StoreError::io("append to", &path))?;
    let tail =
        disk.read_end(&path, MAX_LINE_BYTES).map_err(|error| StoreError::read(&path, error))?;
    let complete = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let torn = tail[complete..].to_vec();
    let lines = &tail[..complete];
    let last_line = lines.strip_suffix(b"\n").map(|lines| {
        let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Sha256Digest::compute(&lines[start..])
    });
    Ok(LogEnd { length: length - torn.len() as u64, last_line, torn })
}
