//! The lock of the cache: shared by processes that add files, exclusive for one that removes
//! some.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gtc_fs::lock::{FileLock, LockError};

use crate::error::FetchError;

/// The most time that a process waits for the lock. It is held exclusively only while files are removed.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The shared lock of the cache. While it is held, no file is removed from the cache, even if
/// nothing pins it yet.
#[derive(Debug)]
#[must_use = "garbage collection may remove an archive that is not pinned when this is dropped"]
pub struct SharedLock {
    _lock: FileLock,
}

/// The exclusive lock of the cache, which is required to remove files from it.
#[derive(Debug)]
pub struct ExclusiveLock {
    _lock: FileLock,
}

/// The lock file of a cache.
#[derive(Clone, Debug)]
pub(super) struct CacheLock {
    path: PathBuf,
}

impl CacheLock {
    pub(super) fn new(cache: &Path) -> Self {
        Self { path: cache.join("blobs").join(".lock") }
    }

    /// Takes the lock together with other processes that add files.
    pub(super) fn shared(&self) -> Result<SharedLock, FetchError> {
        Ok(SharedLock { _lock: self.acquire(FileLock::shared, LOCK_TIMEOUT)? })
    }

    /// Takes the lock for this process only.
    pub(super) fn exclusive(&self) -> Result<ExclusiveLock, FetchError> {
        Ok(ExclusiveLock { _lock: self.acquire(FileLock::exclusive, LOCK_TIMEOUT)? })
    }

    /// Takes the exclusive lock if no other process holds the lock.
    pub(super) fn try_exclusive(&self) -> Option<ExclusiveLock> {
        let lock = self.acquire(FileLock::exclusive, Duration::ZERO).ok()?;
        Some(ExclusiveLock { _lock: lock })
    }

    fn acquire(
        &self,
        lock: fn(&Path, Duration) -> Result<FileLock, LockError>,
        timeout: Duration,
    ) -> Result<FileLock, FetchError> {
        let lock_error = |source| FetchError::Lock { path: self.path.clone(), source };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(lock_error)?;
        }
        lock(&self.path, timeout).map_err(|error| match error {
            LockError::TimedOut => FetchError::CacheLocked { lock: self.path.clone() },
            LockError::Io(source) => lock_error(source),
        })
    }
}
