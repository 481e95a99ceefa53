//! The lock of the cache: shared by processes that add files, exclusive for one that removes
//! some.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gtc_fs::lock::{FileLock, LockError};

use super::BlobStore;
use crate::fetch::error::FetchError;

/// How long a process waits for the lock. It is held exclusively only while files are removed.
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

impl BlobStore {
    /// Takes the lock together with other processes that add files.
    pub fn lock_shared(&self) -> Result<SharedLock, FetchError> {
        Ok(SharedLock { _lock: self.acquire(FileLock::shared, LOCK_TIMEOUT)? })
    }

    /// Takes the lock for this process only.
    pub fn lock_exclusive(&self) -> Result<ExclusiveLock, FetchError> {
        Ok(ExclusiveLock { _lock: self.acquire(FileLock::exclusive, LOCK_TIMEOUT)? })
    }

    /// Removes temporary files of killed processes, unless another process is writing.
    pub(super) fn remove_stale_temp_files(&self) {
        let Ok(_lock) = self.acquire(FileLock::exclusive, Duration::ZERO) else { return };
        for file in self.list().unwrap_or_default().temp_files {
            // a file that cannot be removed does no harm, and `cache gc` reports it
            let _ = fs::remove_file(&file.path);
        }
    }

    fn acquire(
        &self,
        lock: fn(&Path, Duration) -> Result<FileLock, LockError>,
        timeout: Duration,
    ) -> Result<FileLock, FetchError> {
        let lock_error = |source| FetchError::Lock { path: self.lock.clone(), source };
        if let Some(folder) = self.lock.parent() {
            fs::create_dir_all(folder).map_err(lock_error)?;
        }
        lock(&self.lock, timeout).map_err(|error| match error {
            LockError::TimedOut => FetchError::CacheLocked { lock: self.lock.clone() },
            LockError::Io(source) => lock_error(source),
        })
    }
}
