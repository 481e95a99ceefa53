//! Who may do what with the content store at a time: many keep archives, or one takes
//! some away.

use std::fs;
use std::time::Duration;

use gtc_fs::lock::{FileLock, LockError};

use super::{BlobStore, FetchError};

/// How long a process waits for the lock. It is held exclusively only while files are removed.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// An archive that stays where it is kept, pinned or not, for as long as this lives.
#[derive(Debug)]
#[must_use = "an archive that nobody pinned yet may go away as soon as this is dropped"]
pub struct Kept {
    _lock: FileLock,
}

/// The right to take archives away; nobody keeps one at the same time.
#[derive(Debug)]
pub struct Alone {
    _lock: FileLock,
}

impl BlobStore {
    /// Holds the store together with others who keep archives.
    pub fn together(&self) -> Result<Kept, FetchError> {
        let lock = self.acquire(FileLock::shared, LOCK_TIMEOUT)?;
        Ok(Kept { _lock: lock })
    }

    /// Holds the store alone.
    pub fn alone(&self) -> Result<Alone, FetchError> {
        let lock = self.acquire(FileLock::exclusive, LOCK_TIMEOUT)?;
        Ok(Alone { _lock: lock })
    }

    /// Removes what killed processes left half written, unless another process is writing.
    pub(super) fn sweep(&self) {
        if self.acquire(FileLock::exclusive, Duration::ZERO).is_ok() {
            // what cannot be removed now is in nobody's way, and `gc` says why
            let listing = self.list().unwrap_or_default();
            listing.temp_files.iter().for_each(|temp_file| drop(fs::remove_file(&temp_file.path)));
        }
    }

    fn acquire(
        &self,
        lock: fn(&std::path::Path, Duration) -> Result<FileLock, LockError>,
        timeout: Duration,
    ) -> Result<FileLock, FetchError> {
        let failed = |source| FetchError::Lock { path: self.lock.clone(), source };
        self.lock.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        lock(&self.lock, timeout).map_err(|error| match error {
            LockError::TimedOut => FetchError::CacheLocked { lock: self.lock.clone() },
            LockError::Io(source) => failed(source),
        })
    }
}
