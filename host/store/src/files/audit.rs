//! The audit log of an environment: `audit/events.jsonl`, one JSON document per line.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use env_pack_domain::EnvId;
use gtc_fs::lock::{self, LockError};
use gtc_fs::read::{ReadError, open_regular};

use crate::error::StoreError;

const FOLDER: &str = "audit";
const EVENTS: &str = "events.jsonl";
/// The longest line to show at once, in bytes. Lines of this program are much shorter.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Shows the lines of the log, from the oldest to the newest. Lines that are not UTF-8 are left
/// out, and longer ones than any of this program are shown in parts.
pub(super) fn visit(folder: &Path, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let path = folder.join(FOLDER).join(EVENTS);
    let file = match open_regular(&path) {
        Ok((file, _)) => file,
        Err(ReadError::NotFound) => return Ok(()),
        Err(ReadError::NotAFile(_)) => return Err(StoreError::NotAFile { path }),
        Err(ReadError::TooLarge { limit }) => return Err(StoreError::TooLarge { path, limit }),
        Err(ReadError::Io(error)) => return Err(StoreError::io("read", &path)(error)),
    };
    visit_lines(file, visit).map_err(StoreError::io("read", &path))
}

fn visit_lines(file: fs::File, visit: &mut dyn FnMut(&str)) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
        if let Ok(text) = str::from_utf8(&line) {
            visit(text.trim_end());
        }
        line.clear();
    }
    Ok(())
}

/// Appends lines to the log, which is created if it does not exist.
pub(super) fn append(
    folder: &Path,
    id: &EnvId,
    timeout: Duration,
    lines: &[String],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let folder = folder.join(FOLDER);
    fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
    let path = folder.join(EVENTS);
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    lock::append(&path, text.as_bytes(), timeout).map_err(|error| match error {
        LockError::TimedOut => StoreError::Busy { environment: id.clone(), lock: path },
        LockError::Io(error) => StoreError::io("append to", &path)(error),
    })
}
