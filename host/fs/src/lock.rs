//! Advisory file locks (`flock(2)`) with a deadline.
#![cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the primitive itself"))]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::read::read_capped;

/// The most that is read of a lock file, in bytes.
const MAX_HOLDER_BYTES: u64 = 4096;
/// Time between two attempts to take a lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A lock that is held until this value is dropped or the process ends.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct FileLock {
    file: File,
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

    /// Writes who holds the lock to its file, for the messages of those who wait. The file keeps
    /// the text when the lock is released: it means something only as long as the lock is held.
    ///
    /// # Errors
    /// The system refuses it; the lock is held nevertheless.
    pub fn name_holder(&mut self, holder: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(holder.as_bytes())
    }
}

/// Reads who holds a lock, as its file says; none if the file is empty or cannot be read.
pub fn holder(path: &Path) -> Option<String> {
    let bytes = read_capped(path, MAX_HOLDER_BYTES).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

fn acquire(
    path: &Path,
    timeout: Duration,
    try_lock: fn(&File) -> Result<(), TryLockError>,
) -> Result<FileLock, LockError> {
    let file = open(path)?;
    wait(&file, path, timeout, try_lock)?;
    Ok(FileLock { file })
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
    // the file is written to, so that a link must not lead to another one
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
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
    fn the_holder_is_named_in_the_lock_file() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join(".lock");
        assert_eq!(holder(&path), None);
        let mut held = FileLock::exclusive(&path, Duration::ZERO).expect("locked");
        assert_eq!(holder(&path), None);
        held.name_holder("a long name").expect("written");
        drop(held);
        let mut held = FileLock::exclusive(&path, Duration::ZERO).expect("locked");
        held.name_holder("short").expect("written");
        assert_eq!(holder(&path).as_deref(), Some("short"));
        std::fs::write(&path, vec![b'x'; 5000]).expect("a file");
        assert_eq!(holder(&path), None);
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join(".lock");
        std::fs::write(folder.path().join("other"), "text").expect("a file");
        std::os::unix::fs::symlink("other", &path).expect("a link");
        assert!(matches!(FileLock::exclusive(&path, Duration::ZERO), Err(LockError::Io(_))));
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("missing/.lock");
        assert!(matches!(FileLock::shared(&path, Duration::ZERO), Err(LockError::Io(_))));
    }
}
