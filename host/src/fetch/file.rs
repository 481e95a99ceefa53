//! Archives in files: one open of one regular file, one read, never waiting for anybody.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::FetchError;

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    let (file, bytes) = open(path)?;
    let too_large = || FetchError::TooLarge { path: path.to_owned(), limit };
    if bytes > limit {
        return Err(too_large());
    }
    let failed = |source| FetchError::Read { path: path.to_owned(), source };
    let bytes = read_bounded(file, bytes, limit).map_err(failed)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Opens a regular file; how many bytes it has now.
pub(super) fn open(path: &Path) -> Result<(File, u64), FetchError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FetchError::NotFound { path: path.to_owned() },
        _ => FetchError::Read { path: path.to_owned(), source },
    };
    let regular = |metadata: &Metadata| match other_than_file(metadata.file_type()) {
        Some(what) => Err(FetchError::NotAFile { path: path.to_owned(), what }),
        None => Ok(()),
    };
    // opening alone makes some devices do something, and a socket cannot be opened at all
    regular(&path.metadata().map_err(failed)?)?;
    // what is there may have been exchanged since: without blocking, or opening a FIFO would
    // wait for a writer; and a terminal must not become ours
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    regular(&metadata)?;
    Ok((file, metadata.len()))
}

/// Reads to the end, or one byte beyond the limit: a file may grow while it is read.
fn read_bounded(file: File, expected: u64, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn other_than_file(file_type: std::fs::FileType) -> Option<&'static str> {
    let kinds = [
        (file_type.is_dir(), "a folder"),
        (file_type.is_fifo(), "a FIFO"),
        (file_type.is_socket(), "a socket"),
        (file_type.is_block_device() || file_type.is_char_device(), "a device"),
    ];
    kinds.into_iter().find_map(|(is, what)| is.then_some(what))
}
