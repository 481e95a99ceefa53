//! The cache as a whole: its parts have one lock.

use std::fs;
use std::io;
use std::path::Path;

use super::archives::ArchiveCache;
use super::inventory::TempFile;
use super::lock::{CacheLock, ExclusiveLock, SharedLock};
use super::references::ReferenceCache;
use super::roots::GcRootCache;
use super::signatures::SignatureCache;
use crate::error::FetchError;
use crate::limits::FetchLimits;
use crate::pack::{FetchedPack, RegistryOrigin};

/// The cache on disk.
#[derive(Debug)]
pub struct BlobCache {
    /// Archives, and other blobs of packs.
    pub archives: ArchiveCache,
    /// Signatures of archives.
    pub signatures: SignatureCache,
    /// Manifests, and the digests of tags.
    pub references: ReferenceCache,
    /// The stores whose environments may pin archives.
    pub gc_roots: GcRootCache,
    lock: CacheLock,
}

impl BlobCache {
    /// The cache in a folder, which need not exist.
    pub(crate) fn new(cache: &Path, max_pack_bytes: u64, limits: &FetchLimits) -> Self {
        let lock = CacheLock::new(cache);
        Self {
            archives: ArchiveCache::new(cache, &lock, max_pack_bytes),
            signatures: SignatureCache::new(cache, &lock),
            references: ReferenceCache::new(cache, &lock, limits),
            gc_roots: GcRootCache::new(cache, &lock),
            lock,
        }
    }

    /// Caches a pack for an environment in the store at `root`. Garbage collection keeps it
    /// while the returned lock exists, and afterwards if the environment pins it.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn insert(&self, pack: &FetchedPack, root: &Path) -> Result<SharedLock, FetchError> {
        let lock = self.archives.insert(pack)?;
        if let Some(RegistryOrigin { reference, manifest }) = &pack.origin {
            self.references.insert(reference, manifest)?;
        }
        self.insert_root(root)?;
        Ok(lock)
    }

    /// Records the store at `root`, whose environments may pin archives.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn insert_root(&self, root: &Path) -> Result<(), FetchError> {
        let root = std::path::absolute(root)
            .map_err(|source| FetchError::Write { path: root.to_owned(), source })?;
        self.gc_roots.insert(root)
    }

    /// Locks the cache exclusively, after all processes that write to it finished.
    ///
    /// # Errors
    /// [`FetchError::CacheLocked`] after a timeout of 10 s, or [`FetchError::Lock`].
    pub fn lock_exclusive(&self) -> Result<ExclusiveLock, FetchError> {
        self.lock.exclusive()
    }

    /// Removes a temporary file. Under the exclusive lock no process is writing to it.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_temp_file(&self, _lock: &ExclusiveLock, file: &TempFile) -> io::Result<()> {
        fs::remove_file(&file.path)
    }
}
