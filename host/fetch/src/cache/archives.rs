//! Cached archives, and other blobs of packs.

use std::fs::File;
use std::io;
use std::path::Path;

use env_pack_domain::Sha256Digest;

use super::blob_folder::BlobFolder;
use super::inventory::BlobListing;
use super::lock::{CacheLock, ExclusiveLock, SharedLock};
use crate::error::FetchError;
use crate::oci::manifest::PackFormat;
use crate::pack::FetchedPack;

/// The archives in the cache, by digest.
#[derive(Debug)]
pub struct ArchiveCache {
    store: BlobFolder,
    max_bytes: u64,
}

impl ArchiveCache {
    pub(super) fn new(cache: &Path, lock: &CacheLock, max_bytes: u64) -> Self {
        let folder = cache.join("blobs").join("sha256");
        Self { store: BlobFolder::new(folder, lock.clone()), max_bytes }
    }

    /// The archive with this digest, if it is cached and not damaged.
    pub fn get(&self, digest: &Sha256Digest) -> Option<FetchedPack> {
        let bytes = self.read_blob(digest)?;
        let format = PackFormat::detect(&bytes);
        let bytes = bytes.into();
        Some(FetchedPack { bytes, digest: *digest, format, is_builtin: false, origin: None })
    }

    /// Caches an archive. It is removed by the next garbage collection unless the returned
    /// lock still exists, or an environment pins it.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn insert(&self, pack: &FetchedPack) -> Result<SharedLock, FetchError> {
        self.insert_blob(&pack.digest, &pack.bytes)
    }

    /// Lists the archives.
    ///
    /// # Errors
    /// [`FetchError::Read`] if the folder cannot be read.
    pub fn list(&self) -> Result<BlobListing, FetchError> {
        self.store.list()
    }

    /// Verifies the digest of an archive.
    ///
    /// # Errors
    /// [`FetchError`] if it cannot be used. [`FetchError::is_damage`] tells damage from a
    /// failure to read it.
    pub fn verify(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.store.read(digest, self.max_bytes).map(drop)
    }

    /// Removes an archive.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove(&self, lock: &ExclusiveLock, digest: &Sha256Digest) -> io::Result<()> {
        self.store.remove(lock, digest)
    }

    /// The size limit of a pack, in bytes.
    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Reads a blob of a pack; none if it is missing or damaged.
    pub(crate) fn read_blob(&self, digest: &Sha256Digest) -> Option<Vec<u8>> {
        self.store.get(digest, self.max_bytes)
    }

    /// Opens a blob of a pack without verifying its digest.
    pub(crate) fn open_blob(&self, digest: &Sha256Digest) -> io::Result<File> {
        self.store.open(digest)
    }

    /// Caches a blob of a pack.
    pub(crate) fn insert_blob(
        &self,
        digest: &Sha256Digest,
        bytes: &[u8],
    ) -> Result<SharedLock, FetchError> {
        self.store.put(digest, bytes)
    }
}
