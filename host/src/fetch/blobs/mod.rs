//! The content store of the cache: files that are named after their digests.
//!
//! A process that adds an archive holds the shared lock until the archive is pinned; one that
//! removes files holds the exclusive lock. So no archive is removed between adding and pinning
//! it. This module does not know what pins an archive.

mod inventory;
mod lock;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic;
use gtc_fs::read::FileKind;

use super::error::FetchError;
use super::file;

pub use inventory::{BlobListing, StoredBlob, TempFile};
pub use lock::{ExclusiveLock, SharedLock};

/// A folder of the cache. All of them have the same lock.
#[derive(Debug)]
pub(super) struct BlobStore {
    folder: PathBuf,
    /// The lock file, outside the folder.
    lock: PathBuf,
}

impl BlobStore {
    fn new(cache: &Path, folder: PathBuf) -> Self {
        Self { folder, lock: cache.join("blobs").join(".lock") }
    }

    /// The archives, and other blobs of packs.
    pub fn archives(cache: &Path) -> Self {
        Self::new(cache, cache.join("blobs").join("sha256"))
    }

    /// The manifests from registries.
    pub fn manifests(cache: &Path) -> Self {
        Self::new(cache, cache.join("manifests").join("sha256"))
    }

    /// The records of references, which are named after the digest of the reference.
    pub fn references(cache: &Path) -> Self {
        Self::new(cache, cache.join("references"))
    }

    /// The roots of stores whose environments may pin archives. The content of a file is a
    /// path.
    pub fn roots(cache: &Path) -> Self {
        Self::new(cache, cache.join("roots"))
    }

    /// The signatures of an archive.
    pub fn signatures(cache: &Path, archive: &Sha256Digest) -> Self {
        Self::new(cache, Self::all_signatures(cache).folder.join(archive.hex()))
    }

    /// The folders with signatures, which are named after their archives.
    pub fn all_signatures(cache: &Path) -> Self {
        Self::new(cache, cache.join("signatures").join("sha256"))
    }

    /// The folder with the blobs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads a blob; none if it is missing or damaged.
    pub fn get(&self, digest: &Sha256Digest, limit: u64) -> Option<Vec<u8>> {
        self.read(digest, limit).ok()
    }

    /// Reads a blob of at most `limit` bytes, and verifies its digest.
    pub fn read(&self, digest: &Sha256Digest, limit: u64) -> Result<Vec<u8>, FetchError> {
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
    pub fn open(&self, digest: &Sha256Digest) -> io::Result<File> {
        let path = self.path(digest);
        match file::open(&path) {
            Ok(file) if !path.is_symlink() => Ok(file),
            Ok(_) => Err(io::ErrorKind::InvalidInput.into()),
            Err(FetchError::Read { source, .. }) => Err(source),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Stores a blob. It is not removed while the returned lock is held.
    pub fn put(&self, digest: &Sha256Digest, bytes: &[u8]) -> Result<SharedLock, FetchError> {
        let path = self.path(digest);
        let write_error = |source| FetchError::Write { path: path.clone(), source };
        self.remove_stale_temp_files();
        let lock = self.lock_shared()?;
        // under the lock, because a process with the exclusive lock may remove the folder
        fs::create_dir_all(&self.folder).map_err(write_error)?;
        if self.get(digest, bytes.len() as u64).is_none() {
            atomic::write(&path, bytes, 0o600).map_err(write_error)?;
        }
        Ok(lock)
    }

    fn path(&self, digest: &Sha256Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }
}
