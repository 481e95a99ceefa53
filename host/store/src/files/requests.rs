//! The requests that an environment remembers, `requests.jsonl`: one JSON document per line.

use std::io;
use std::path::{Path, PathBuf};

use gtc_fs::read::ReadError;
use jiff::Timestamp;

use super::disk::{Access, Disk};
use crate::error::StoreError;
use crate::request_record::{RequestRecord, outdated};

/// The name of the file.
pub(super) const NAME: &str = "requests.jsonl";
/// Requests have digests of answers, which may be secret.
pub(super) const ACCESS: Access = Access::Group;
/// The largest file. It is shortened before that.
const MAX_BYTES: u64 = 256 << 20;
/// The length from which on it is shortened if it can be, in bytes.
const SHORTEN_BYTES: u64 = 4 << 20;

/// Returns the path of the file.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Finds a request by its key.
pub(super) fn find(
    disk: &dyn Disk,
    folder: &Path,
    key: &str,
) -> Result<Option<RequestRecord>, StoreError> {
    Ok(find_in(&bytes(disk, folder)?, key))
}

/// Finds a request in lines of the file.
pub(super) fn find_in(lines: &[u8], key: &str) -> Option<RequestRecord> {
    parse(lines).rev().find(|record| record.key == key)
}

/// Parses lines of the file. Lines of another form are skipped: an interrupted process or a
/// person may have left them.
fn parse(lines: &[u8]) -> impl DoubleEndedIterator<Item = RequestRecord> {
    lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

/// Reads the requests, the oldest first.
fn read(disk: &dyn Disk, folder: &Path) -> Result<Vec<RequestRecord>, StoreError> {
    Ok(parse(&bytes(disk, folder)?).collect())
}

fn bytes(disk: &dyn Disk, folder: &Path) -> Result<Vec<u8>, StoreError> {
    let path = path(folder);
    match disk.read(&path, MAX_BYTES) {
        Ok(bytes) => Ok(bytes),
        Err(ReadError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(StoreError::read(&path, error)),
    }
}

/// Forgets old requests if the file is long. Call it only while the environment is locked.
pub(super) fn shorten(
    disk: &dyn Disk,
    folder: &Path,
    length: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if length < SHORTEN_BYTES {
        return Ok(length);
    }
    let records = read(disk, folder)?;
    let times: Vec<Timestamp> = records.iter().map(|record| record.at).collect();
    let first = outdated(&times, now);
    // rewriting it for a few would make every change slow
    if first * 4 < records.len() {
        return Ok(length);
    }
    let text: String =
        records[first..].iter().flat_map(|record| [record.line(), "\n".to_owned()]).collect();
    let path = path(folder);
    disk.replace(&path, text.as_bytes(), ACCESS).map_err(StoreError::io("write", &path))?;
    Ok(text.len() as u64)
}

/// Returns the length of the file, which is created if it does not exist.
pub(super) fn length(disk: &dyn Disk, folder: &Path) -> Result<u64, StoreError> {
    let path = path(folder);
    let result: io::Result<u64> = disk.ensure_appendable(&path, ACCESS);
    result.map_err(StoreError::io("append to", &path))
}
