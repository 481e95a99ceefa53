//! The roots of garbage collection: the stores whose environments may pin archives.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;

use super::blob_folder::BlobFolder;
use super::inventory::StoredBlob;
use super::lock::{CacheLock, ExclusiveLock};
use crate::error::FetchError;

/// The most that is read of a recorded store root, in bytes: more than a path takes.
const MAX_PATH_BYTES: u64 = 64 << 10;

/// The recorded stores.
#[derive(Debug, Default)]
pub struct GcRoots {
    /// The store roots.
    pub found: Vec<PathBuf>,
    /// The digests of store roots that are recorded but cannot be read. What their
    /// environments pin is unknown.
    pub unreadable: Vec<(Sha256Digest, FetchError)>,
}

/// The records of stores. The content of a file is the path of a store.
#[derive(Debug)]
pub struct GcRootCache {
    store: BlobFolder,
}

impl GcRootCache {
    pub(super) fn new(cache: &Path, lock: &CacheLock) -> Self {
        Self { store: BlobFolder::new(cache.join("roots"), lock.clone()) }
    }

    pub(super) fn insert(&self, root: PathBuf) -> Result<(), FetchError> {
        let path = root.as_os_str().as_bytes();
        self.store.put(&Sha256Digest::compute(path), path).map(drop)
    }

    /// The stores for whose environments archives were cached.
    ///
    /// # Errors
    /// [`FetchError::Read`] if the folder cannot be read.
    pub fn list(&self) -> Result<GcRoots, FetchError> {
        let mut roots = GcRoots::default();
        for StoredBlob { digest, .. } in self.store.list()?.blobs {
            match self.store.read(&digest, MAX_PATH_BYTES) {
                Ok(path) => roots.found.push(OsStr::from_bytes(&path).into()),
                Err(error) => roots.unreadable.push((digest, error)),
            }
        }
        Ok(roots)
    }

    /// Removes the record of a store that does not exist any more.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove(&self, lock: &ExclusiveLock, root: &Path) -> io::Result<()> {
        self.store.remove(lock, &Sha256Digest::compute(root.as_os_str().as_bytes()))
    }
}
