//! A folder with files that are named after their digests.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic;
use gtc_fs::read::FileKind;

use super::inventory::{self, BlobListing};
use super::lock::{CacheLock, ExclusiveLock, SharedLock};
use crate::error::FetchError;
use crate::file;

/// A folder of the cache. All of them have the same lock.
#[derive(Debug)]
pub(super) struct BlobFolder {
    folder: PathBuf,
    lock: CacheLock,
}

impl BlobFolder {
    pub(super) fn new(folder: PathBuf, lock: CacheLock) -> Self {
        Self { folder, lock }
    }

    /// The folder with the blobs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads a blob; none if it is missing or damaged.
    pub(super) fn get(&self, digest: &Sha256Digest, limit: u64) -> Option<Vec<u8>> {
        self.read(digest, limit).ok()
    }

    /// Reads a blob of at most `limit` bytes, and verifies its digest.
    pub(super) fn read(&self, digest: &Sha256Digest, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = self.path(digest);
        if path.is_symlink() {
            return Err(FetchError::NotAFile { path, what: FileKind::Symlink });
        }
        let bytes = file::read(&path, limit)?;
        let found = Sha256Digest::compute(&bytes);
        if found != *digest {
            return Err(FetchError::Damaged { path, found });
        }
        Ok(bytes)
    }

    /// Opens a blob without verifying its digest.
    pub(super) fn open(&self, digest: &Sha256Digest) -> io::Result<File> {
        let path = self.path(digest);
        match file::open(&path) {
            Ok(file) if !path.is_symlink() => Ok(file),
            Ok(_) => Err(io::ErrorKind::InvalidInput.into()),
            Err(FetchError::Read { source, .. }) => Err(source),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Stores a blob. It is not removed while the returned lock is held.
    pub(super) fn put(
        &self,
        digest: &Sha256Digest,
        bytes: &[u8],
    ) -> Result<SharedLock, FetchError> {
        self.remove_stale_temp_files();
        let lock = self.lock.shared()?;
        if self.get(digest, bytes.len() as u64).is_none() {
            self.write(digest, bytes)?;
        }
        Ok(lock)
    }

    /// Writes a file that is named after a digest, but need not have it.
    pub(super) fn put_named(&self, name: &Sha256Digest, bytes: &[u8]) -> Result<(), FetchError> {
        let _lock = self.lock.shared()?;
        self.write(name, bytes)
    }

    /// Writes a file under the shared lock, since a process with the exclusive lock may remove
    /// the folder.
    fn write(&self, name: &Sha256Digest, bytes: &[u8]) -> Result<(), FetchError> {
        let path = self.path(name);
        fs::create_dir_all(&self.folder)
            .and_then(|()| atomic::write(&path, bytes, 0o600))
            .map_err(|source| FetchError::Write { path, source })
    }

    /// Lists the folder. If it does not exist, the listing is empty.
    pub(super) fn list(&self) -> Result<BlobListing, FetchError> {
        inventory::list(&self.folder)
    }

    /// Removes a blob, or an empty folder with its name.
    pub(super) fn remove(&self, _lock: &ExclusiveLock, digest: &Sha256Digest) -> io::Result<()> {
        inventory::remove(&self.path(digest))
    }

    /// The file with this digest in its name.
    pub(super) fn path(&self, digest: &Sha256Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }

    /// Removes temporary files of killed processes, unless another process is writing.
    fn remove_stale_temp_files(&self) {
        let Some(_lock) = self.lock.try_exclusive() else { return };
        for file in self.list().unwrap_or_default().temp_files {
            // a file that cannot be removed does no harm, and `cache gc` reports it
            let _ = fs::remove_file(&file.path);
        }
    }
}
