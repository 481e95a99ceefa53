//! Advisory file locks (`flock(2)`) with a deadline.
#![cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the primitive itself"))]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// Time between two attempts to take a lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A lock that is held until this value is dropped or the process ends.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct FileLock {
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process held the lock for the whole time.
    #[error("another process holds the lock")]
    TimedOut,
    /// The lock file could not be created, opened or locked.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileLock {
    /// Takes a lock that any number of processes may hold at a time, but none together with an
    /// exclusive one. The lock file is created if it does not exist; its directory is not.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn shared(path: &Path, timeout: Duration) -> Result<Self, LockError> {
        acquire(path, timeout, File::try_lock_shared)
    }

    /// Takes a lock that only this process may hold. See [`shared`](Self::shared).
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn exclusive(path: &Path, timeout: Duration) -> Result<Self, LockError> {
        acquire(path, timeout, File::try_lock)
    }
}

/// Appends to a regular file while no other process appends to it this way. The file is created
/// if it does not exist. A failed write leaves no part of `bytes` behind.
///
/// # Errors
/// See [`LockError`]; also an [`Io`](LockError::Io) error if `path` is not a regular file, which
/// is never waited for.
pub fn append(path: &Path, bytes: &[u8], timeout: Duration) -> Result<(), LockError> {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file").into());
    }
    wait(&file, path, timeout, File::try_lock)?;
    let length = file.metadata()?.len();
    Ok(file.write_all(bytes).inspect_err(|_| drop(file.set_len(length)))?)
}

fn acquire(
    path: &Path,
    timeout: Duration,
    try_lock: fn(&File) -> Result<(), TryLockError>,
) -> Result<FileLock, LockError> {
    let file = open(path)?;
    wait(&file, path, timeout, try_lock)?;
    Ok(FileLock { _file: file })
}

fn wait(
    file: &File,
    path: &Path,
    timeout: Duration,
    try_lock: fn(&File) -> Result<(), TryLockError>,
) -> Result<(), LockError> {
    let deadline = Instant::now() + timeout;
    let mut is_waiting = false;
    loop {
        match try_lock(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(LockError::TimedOut);
            }
            Err(TryLockError::WouldBlock) => {
                if !is_waiting {
                    tracing::info!("waiting for another process to release the lock {path:?}");
                    is_waiting = true;
                }
                thread::sleep(RETRY_INTERVAL);
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusive_lock_excludes_all_others() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join(".lock");
        let held = FileLock::exclusive(&path, Duration::ZERO).expect("locked");
        for attempt in [FileLock::shared, FileLock::exclusive] {
            assert!(matches!(attempt(&path, Duration::ZERO), Err(LockError::TimedOut)));
        }
        drop(held);
        let _one = FileLock::shared(&path, Duration::ZERO).expect("locked");
        let _two = FileLock::shared(&path, Duration::ZERO).expect("locked");
        assert!(matches!(FileLock::exclusive(&path, Duration::ZERO), Err(LockError::TimedOut)));
    }

    #[test]
    fn a_lock_is_taken_as_soon_as_it_is_free() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join(".lock");
        let held = FileLock::exclusive(&path, Duration::ZERO).expect("locked");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| FileLock::shared(&path, Duration::from_secs(60)));
            drop(held);
            let _held = waiting.join().expect("no panic").expect("locked");
        });
    }

    #[test]
    fn appending_waits_for_the_lock_and_for_nothing_else() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("log");
        for line in ["one\n", "two\n"] {
            append(&path, line.as_bytes(), Duration::ZERO).expect("appended");
        }
        let held = FileLock::exclusive(&path, Duration::ZERO).expect("locked");
        assert!(matches!(append(&path, b"three", Duration::ZERO), Err(LockError::TimedOut)));
        drop(held);
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "one\ntwo\n");
        let fifo = folder.path().join("fifo");
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a FIFO");
        assert!(matches!(append(&fifo, b"x", Duration::ZERO), Err(LockError::Io(_))));
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("missing/.lock");
        assert!(matches!(FileLock::shared(&path, Duration::ZERO), Err(LockError::Io(_))));
    }
}
