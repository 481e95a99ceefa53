//! The audit log of an environment: `audit/events.jsonl`, one JSON document per line.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::ops::Range;
use std::path::Path;

use env_pack_domain::Sha256Digest;
use gtc_fs::read::ReadError;

use super::disk::{Access, Disk, ensure_inside};
use crate::audit_chain::AuditHead;
use crate::error::StoreError;

/// The log, relative to the folder of the environment.
pub(super) const EVENTS: &str = "audit/events.jsonl";
/// Parts of lines that interrupted processes left.
pub(super) const TORN: &str = "audit/events.torn";
/// All users may read the log.
pub(super) const ACCESS: Access = Access::Shared;
/// The longest line to show at once, in bytes. Lines of this program are much shorter.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Shows the lines of the log to `visit`, from the oldest to the newest, in this range of bytes.
/// Longer lines than any of this program are shown in parts.
pub(super) fn visit(
    disk: &dyn Disk,
    folder: &Path,
    range: Range<u64>,
    visit: &mut dyn FnMut(&str),
) -> Result<(), StoreError> {
    let path = folder.join(EVENTS);
    let Some(mut file) = open(disk, &path)? else { return Ok(()) };
    io::copy(&mut file.by_ref().take(range.start), &mut io::sink())
        .map_err(StoreError::io("read", &path))?;
    let length = range.end.saturating_sub(range.start);
    visit_lines(file.take(length), visit).map_err(StoreError::io("read", &path))
}

fn open(disk: &dyn Disk, path: &Path) -> Result<Option<Box<dyn io::Read>>, StoreError> {
    match disk.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(ReadError::NotFound) => Ok(None),
        Err(error) => Err(StoreError::read(path, error)),
    }
}

/// Returns the digest of the first line of a log, without its line break; none if it is empty.
pub(super) fn first_line(disk: &dyn Disk, path: &Path) -> Result<Option<Sha256Digest>, StoreError> {
    let Some(file) = open(disk, path)? else { return Ok(None) };
    let mut line = Vec::new();
    BufReader::new(file.take(MAX_LINE_BYTES))
        .read_until(b'\n', &mut line)
        .map_err(StoreError::io("read", path))?;
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    Ok((!line.is_empty()).then(|| Sha256Digest::compute(text)))
}

/// The start of a log, to be cut off.
pub(super) struct LogStart {
    /// Its length, in bytes.
    pub bytes: u64,
    /// Its last line.
    pub last: AuditHead,
}

/// Finds the lines of the log up to that with a number; none if it has no such line.
pub(super) fn start_to(
    disk: &dyn Disk,
    folder: &Path,
    seq: u64,
    length: u64,
) -> Result<Option<LogStart>, StoreError> {
    let path = folder.join(EVENTS);
    let Some(file) = open(disk, &path)? else { return Ok(None) };
    let mut reader = BufReader::new(file.take(length));
    let mut line = Vec::new();
    let mut bytes = 0;
    loop {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        let read = read.map_err(StoreError::io("read", &path))?;
        if read == 0 {
            return Ok(None);
        }
        bytes += read as u64;
        if let Some(last) = line.strip_suffix(b"\n").and_then(AuditHead::of_line)
            && last.seq == seq
        {
            return Ok(Some(LogStart { bytes, last }));
        }
    }
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
