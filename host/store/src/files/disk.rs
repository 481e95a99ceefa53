//! The calls by which files change.

use std::fmt;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use gtc_fs::lock::{self, FileLock, LockError};
use gtc_fs::read::{self, ReadError};
use gtc_fs::{append, atomic, backup, folder, metadata};

use crate::error::StoreError;

/// A file system. Tests replace it with one that loses what was not flushed to disk.
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// Reads a regular file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// Opens a regular file to read it in parts.
    fn open(&self, path: &Path) -> Result<Box<dyn Read>, ReadError>;

    /// Returns true if anything has this path, readable or not.
    fn exists(&self, path: &Path) -> bool;

    /// Reads the last `limit` bytes of a regular file.
    fn read_end(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// Returns whether a path in a folder, if its links are followed, stays in the folder.
    fn is_inside(&self, folder: &Path, path: &Path) -> io::Result<bool>;

    /// Creates a folder and its parents, and flushes their names to disk.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Writes a file atomically, or replaces it, and flushes it and its name to disk. Only
    /// the user may read a private file.
    fn replace(&self, path: &Path, bytes: &[u8], access: Access) -> io::Result<()>;

    /// Fails unless a file can be written or replaced.
    fn ensure_replaceable(&self, path: &Path) -> io::Result<()>;

    /// Fails unless a log can be appended to, and returns its length.
    fn ensure_appendable(&self, path: &Path, access: Access) -> io::Result<u64>;

    /// Appends to a log after its first `at` bytes, and flushes it to disk.
    fn append(&self, path: &Path, at: u64, bytes: &[u8], access: Access) -> io::Result<()>;

    /// Replaces a log by its bytes from `from` to `at`, and `bytes` after them, atomically, and
    /// flushes it and its name to disk.
    fn cut_log(&self, path: &Path, from: u64, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file, and flushes the removal to disk.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Gives a file a second name, in place of what has it. The name is not flushed to disk.
    fn keep(&self, path: &Path, backup: &Path) -> io::Result<()>;

    /// Fails unless a file can be kept under this name.
    fn ensure_keepable(&self, backup: &Path) -> io::Result<()>;

    /// Flushes the names in a folder to disk.
    fn flush_folder(&self, path: &Path) -> io::Result<()>;

    /// Returns the names in a folder that `is_wanted` selects.
    fn names(&self, folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>>;

    /// Removes a file, which a power cut may bring back.
    fn discard(&self, path: &Path) -> io::Result<()>;

    /// Locks an environment by its lock file, and writes who holds the lock to it.
    fn lock(
        &self,
        path: &Path,
        holder: &str,
        timeout: Duration,
    ) -> Result<Option<FileLock>, LockError>;
}

/// The users that may read and write a new file, as far as the umask allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// All users may read it, and the group may write it.
    Shared,
    /// Only the user and the group.
    Group,
    /// Only the user.
    Private,
}

impl Access {
    fn mode(self) -> u32 {
        match self {
            Self::Shared => 0o664,
            Self::Group => 0o660,
            Self::Private => 0o600,
        }
    }
}

/// The file system of this machine.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        read::read_capped(path, limit)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read>, ReadError> {
        let (file, _) = read::open_regular(path)?;
        Ok(Box::new(file))
    }

    fn exists(&self, path: &Path) -> bool {
        match path.symlink_metadata() {
            Ok(_) => true,
            Err(error) => {
                !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            }
        }
    }

    fn read_end(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let (mut file, length) = read::open_regular(path)?;
        file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn is_inside(&self, folder: &Path, path: &Path) -> io::Result<bool> {
        // of a path that does not exist yet, the part that exists counts
        let existing = path.ancestors().find(|part| part.symlink_metadata().is_ok());
        match existing.unwrap_or(folder).canonicalize() {
            Ok(real) => Ok(real.starts_with(folder.canonicalize()?)),
            // a link that leads nowhere may lead anywhere
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        folder::create_all_flushed(path).map_err(|error| error.source)
    }

    fn replace(&self, path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
        atomic::remove_leftovers(path)?;
        // an existing file keeps its permissions, and a link is followed
        match path.symlink_metadata() {
            Ok(_) => atomic::replace(path, bytes),
            Err(_) => atomic::write(path, bytes, access.mode()),
        }
    }

    fn ensure_replaceable(&self, path: &Path) -> io::Result<()> {
        let target = if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
        let folder = target.parent().ok_or(io::ErrorKind::InvalidFilename)?;
        metadata::ensure_writable(folder)
    }

    fn ensure_appendable(&self, path: &Path, access: Access) -> io::Result<u64> {
        append::ensure_appendable(path, access.mode())
    }

    fn append(&self, path: &Path, at: u64, bytes: &[u8], access: Access) -> io::Result<()> {
        append::append_at(path, at, bytes, access.mode())
    }

    fn cut_log(&self, path: &Path, from: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
        atomic::remove_leftovers(path)?;
        append::cut_start(path, from, at, bytes)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)?;
        path.parent().map_or(Ok(()), |parent| folder::flush(parent).map_err(|error| error.source))
    }

    fn keep(&self, path: &Path, backup: &Path) -> io::Result<()> {
        backup::keep(path, backup)
    }

    fn ensure_keepable(&self, backup: &Path) -> io::Result<()> {
        backup::ensure_possible(backup)
    }

    fn flush_folder(&self, path: &Path) -> io::Result<()> {
        folder::flush(path).map_err(|error| error.source)
    }

    fn names(&self, folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            names.extend(name.to_str().filter(|name| is_wanted(name)).map(str::to_owned));
        }
        Ok(names)
    }

    fn discard(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn lock(
        &self,
        path: &Path,
        holder: &str,
        timeout: Duration,
    ) -> Result<Option<FileLock>, LockError> {
        let mut held = FileLock::exclusive(path, timeout)?;
        // it only helps those who wait
        if let Err(error) = held.name_holder(holder) {
            tracing::debug!("cannot write to the lock {path:?}: {error}");
        }
        Ok(Some(held))
    }
}

/// Reads who holds a lock.
pub(super) fn holder(path: &Path) -> Option<String> {
    lock::holder(path)
}

/// Fails if a path leads out of a folder, through a symbolic link.
pub(super) fn ensure_inside(disk: &dyn Disk, folder: &Path, path: &Path) -> Result<(), StoreError> {
    if disk.is_inside(folder, path).map_err(StoreError::io("read", path))? {
        return Ok(());
    }
    Err(StoreError::LeadsOutside { path: path.to_owned() })
}
