//! The size and BLAKE3 hash of compiled code, in a file next to it.
//!
//! It reveals a disk fault or a lost write. It does not protect against a process that can
//! write here as this user, which could also write the checksum.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use gtc_fs::atomic;

use super::files::FILE_MODE;

/// The most that is copied at a time, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

/// Size and hash of compiled code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checksum {
    pub size: u64,
    hash: blake3::Hash,
}

impl Checksum {
    /// Returns the path of the checksum of a file of code.
    pub(super) fn path(code: &Path) -> PathBuf {
        code.with_extension("blake3")
    }

    /// Writes the checksum of a file of code. It is written before the code, because code
    /// without a checksum counts as damaged.
    pub(super) fn write(&self, code: &Path) -> io::Result<()> {
        atomic::write(&Self::path(code), self.to_string().as_bytes(), FILE_MODE)
    }

    /// Copies code, and returns its checksum.
    pub(super) fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        let mut size = 0;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = match from.read(&mut chunk) {
                Ok(0) => return Ok(Self { size, hash: hasher.finalize() }),
                Ok(read) => &chunk[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            to.write_all(read)?;
            hasher.update(read);
            size += read.len() as u64;
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.hash, self.size)
    }
}

impl FromStr for Checksum {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (hash, size) = text.trim_end().split_once(' ').ok_or(())?;
        Ok(Self {
            hash: blake3::Hash::from_hex(hash).map_err(drop)?,
            size: size.parse().map_err(drop)?,
        })
    }
}
