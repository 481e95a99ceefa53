//! Writes the output files of operations.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use gtc_fs::atomic;

use super::OpError;

/// Writes a file atomically, so that no reader sees a partial pack. A special file, such
/// as `/dev/stdout`, is written directly.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), OpError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write()`], for content that does not fit into memory: `fill` writes it.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> Result<(), OpError> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = fs::metadata(&place).is_ok_and(|there| !there.is_file());
    let written = if is_special {
        fs::OpenOptions::new().write(true).open(&place).and_then(|mut file| fill(&mut file))
    } else {
        atomic::write_with(&place, 0o666, fill)
    };
    written.map_err(|source| OpError::Write { path: path.to_owned(), source })
}
