//! Who may do what with the content store at a time: many keep archives, or one takes
//! some away.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use super::{BlobStore, FetchError};

/// How long a process waits for its turn. Nobody holds the store alone for longer than it
/// takes to remove files.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(20);

/// An archive that stays where it is kept, pinned or not, for as long as this lives.
#[derive(Debug)]
#[must_use = "an archive that nobody pinned yet may go away as soon as this is dropped"]
pub struct Kept {
    _lock: File,
}

/// The right to take archives away; nobody keeps one at the same time.
#[derive(Debug)]
pub struct Alone {
    _lock: File,
}

impl BlobStore {
    /// Holds the store together with others who keep archives.
    pub fn together(&self) -> Result<Kept, FetchError> {
        Ok(Kept { _lock: self.wait(File::try_lock_shared)? })
    }

    /// Holds the store alone.
    pub fn alone(&self) -> Result<Alone, FetchError> {
        Ok(Alone { _lock: self.wait(File::try_lock)? })
    }

    /// Removes what killed processes left half written, when nobody is writing.
    pub(super) fn sweep(&self) {
        let Ok(lock) = self.lock_file() else { return };
        if lock.try_lock().is_ok() {
            // what cannot be removed now is in nobody's way, and `gc` says why
            let listing = self.list().unwrap_or_default();
            listing.temp_files.iter().for_each(|temp_file| drop(fs::remove_file(&temp_file.path)));
        }
    }

    fn wait(
        &self,
        attempt: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<File, FetchError> {
        let failed = |source| FetchError::Lock { path: self.lock.clone(), source };
        let lock = self.lock_file().map_err(failed)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attempt(&lock) {
                Ok(()) => return Ok(lock),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(FetchError::CacheLocked { lock: self.lock.clone() });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY),
            }
        }
    }

    fn lock_file(&self) -> io::Result<File> {
        self.lock.parent().map_or(Ok(()), fs::create_dir_all)?;
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.lock)
    }
}
