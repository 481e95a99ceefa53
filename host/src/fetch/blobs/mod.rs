//! The content store: archives under their digests, in `blobs/sha256/<hex>` of the cache.
//!
//! Whoever keeps an archive holds the store together with others until the archive is
//! pinned; whoever takes archives away holds it alone. So nothing goes away between
//! keeping and pinning. This module does not know what pins an archive.

mod hold;
mod inventory;

use std::fs;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic;
use gtc_fs::read::FileKind;

use super::{FetchError, file};

pub use hold::{Alone, Kept};
pub use inventory::{BlobListing, StoredBlob, TempFile};

#[derive(Debug)]
pub(super) struct BlobStore {
    folder: PathBuf,
    /// Beside the folder, so that what is in it are blobs.
    lock: PathBuf,
}

impl BlobStore {
    /// The archives that are kept.
    pub fn archives(cache: &Path) -> Self {
        Self { folder: cache.join("blobs").join("sha256"), lock: cache.join("blobs").join(".lock") }
    }

    /// The manifests of registries, kept as archives are, and under their lock.
    pub fn manifests(cache: &Path) -> Self {
        Self { folder: cache.join("manifests").join("sha256"), ..Self::archives(cache) }
    }

    /// What references to registries stood for: not blobs, but named and locked like
    /// them.
    pub fn references(cache: &Path) -> Self {
        Self { folder: cache.join("references"), ..Self::archives(cache) }
    }

    /// The folders whose environments may need an archive: the path of each is kept as
    /// archives are, and under their lock.
    pub fn roots(cache: &Path) -> Self {
        Self { folder: cache.join("roots"), ..Self::archives(cache) }
    }

    /// The signatures of one archive, kept as archives are, and under their lock.
    pub fn signatures(cache: &Path, archive: &Sha256Digest) -> Self {
        let all = Self::all_signatures(cache);
        Self { folder: all.folder.join(archive.hex()), ..all }
    }

    /// The folders of signatures, each named after its archive.
    pub fn all_signatures(cache: &Path) -> Self {
        Self { folder: cache.join("signatures").join("sha256"), ..Self::archives(cache) }
    }

    /// The folder that holds the blobs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The blob, hashed again: a damaged one is as good as none.
    pub fn get(&self, digest: &Sha256Digest, limit: u64) -> Option<Vec<u8>> {
        self.read(digest, limit).ok()
    }

    /// The blob, or why it is not used.
    pub fn read(&self, digest: &Sha256Digest, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = self.path(digest);
        if path.is_symlink() {
            return Err(FetchError::NotAFile { path, what: FileKind::Symlink });
        }
        let bytes = file::read(&path, limit)?;
        match Sha256Digest::compute(&bytes) {
            found if found == *digest => Ok(bytes),
            found => Err(FetchError::Damaged { path, found }),
        }
    }

    /// Opens a blob, for whoever hashes what they read.
    pub fn open(&self, digest: &Sha256Digest) -> std::io::Result<fs::File> {
        let path = self.path(digest);
        match file::open(&path) {
            Ok(file) if !path.is_symlink() => Ok(file),
            Ok(_) => Err(std::io::ErrorKind::InvalidInput.into()),
            Err(FetchError::Read { source, .. }) => Err(source),
            Err(error) => Err(std::io::Error::other(error)),
        }
    }

    /// Keeps a blob for as long as the caller needs to pin it, and from then on as long
    /// as it is pinned.
    ///
    /// It is written beside its place and renamed into it, so that nobody ever reads half
    /// of one.
    pub fn put(&self, digest: &Sha256Digest, bytes: &[u8]) -> Result<Kept, FetchError> {
        let path = self.path(digest);
        let failed = |source| FetchError::Write { path: path.clone(), source };
        self.sweep();
        let kept = self.together()?;
        // not before: who was alone a moment ago may have taken the folder away
        fs::create_dir_all(&self.folder).map_err(failed)?;
        if self.get(digest, bytes.len() as u64).is_none() {
            atomic::write(&path, bytes, 0o600).map_err(failed)?;
        }
        Ok(kept)
    }

    fn path(&self, digest: &Sha256Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }
}
