//! What is written down of compiled code when it is kept: how many bytes it has, and
//! their BLAKE3 hash, in a file beside it.
//!
//! It shows what happened to the file since: a fault of the disk, a write that was lost.
//! It is no proof against somebody who can write here as this user, because they can
//! write the record too.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use gtc_fs::atomic;

use super::FILE_MODE;

/// How many bytes are copied at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Size and hash of compiled code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub size: u64,
    hash: blake3::Hash,
}

impl Record {
    /// Where the record of a file of code is.
    pub fn path(code: &Path) -> PathBuf {
        code.with_extension("blake3")
    }

    /// Writes the record of a file of code. It goes before the code: code without a
    /// record cannot be told from damaged code.
    pub fn write(&self, code: &Path) -> io::Result<()> {
        atomic::write(&Self::path(code), self.to_string().as_bytes(), FILE_MODE)
    }

    /// Copies code, and says what it was.
    pub fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Self> {
        let (mut hasher, mut size, mut chunk) = (blake3::Hasher::new(), 0, vec![0; CHUNK_BYTES]);
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

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.hash, self.size)
    }
}

impl FromStr for Record {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (hash, size) = text.trim_end().split_once(' ').ok_or(())?;
        Ok(Self {
            hash: blake3::Hash::from_hex(hash).map_err(drop)?,
            size: size.parse().map_err(drop)?,
        })
    }
}
