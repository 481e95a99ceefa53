//! Cached signatures, under the digests of the archive and the signature.
//!
//! Signatures are verified at each use, so write access to the cache does not help to
//! forge one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;

use super::blob_folder::BlobFolder;
use super::inventory::{self, BlobListing, StoredBlob, TempFile};
use super::lock::{CacheLock, ExclusiveLock};
use crate::error::FetchError;

/// The most cached signatures of an archive that are read: one for each signer, and a few
/// that were replaced.
const MAX_SIGNATURES: usize = 64;

/// A signature in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedSignature {
    /// The digest of the signed archive.
    pub archive: Sha256Digest,
    /// The file with the signature.
    pub blob: StoredBlob,
}

/// All cached signatures, and other files between them, sorted by archive and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureListing {
    /// Files whose names are those of signatures. Their content is not verified.
    pub signatures: Vec<CachedSignature>,
    /// Temporary files of interrupted or running writes.
    pub temp_files: Vec<TempFile>,
    /// Files and folders with other names. They are never removed.
    pub unknown_files: Vec<PathBuf>,
}

/// The signatures in the cache.
#[derive(Debug)]
pub struct SignatureCache {
    /// The folder with a folder for each archive.
    folder: PathBuf,
    lock: CacheLock,
}

impl SignatureCache {
    pub(super) fn new(cache: &Path, lock: &CacheLock) -> Self {
        Self { folder: cache.join("signatures").join("sha256"), lock: lock.clone() }
    }

    fn of_archive(&self, archive: &Sha256Digest) -> BlobFolder {
        BlobFolder::new(self.folder.join(archive.hex()), self.lock.clone())
    }

    /// The valid signatures of an archive, in the order of their digests.
    pub(crate) fn get_all(&self, archive: &Sha256Digest, limit: u64) -> Vec<Vec<u8>> {
        let store = self.of_archive(archive);
        let listing = store.list().unwrap_or_default();
        let mut digests: Vec<_> = listing.blobs.into_iter().map(|blob| blob.digest).collect();
        digests.sort();
        digests.iter().take(MAX_SIGNATURES).filter_map(|digest| store.get(digest, limit)).collect()
    }

    /// Caches a signature of an archive.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn insert(&self, archive: &Sha256Digest, signature: &[u8]) -> Result<(), FetchError> {
        self.of_archive(archive).put(&Sha256Digest::compute(signature), signature).map(drop)
    }

    /// Lists all signatures.
    ///
    /// # Errors
    /// [`FetchError::Read`] if a folder cannot be read.
    pub fn list(&self) -> Result<SignatureListing, FetchError> {
        let archives = inventory::list(&self.folder)?;
        let mut listing =
            SignatureListing { unknown_files: archives.unknown_files, ..Default::default() };
        listing.unknown_files.extend(archives.temp_files.into_iter().map(|file| file.path));
        for archive in archives.blobs.iter().map(|blob| blob.digest) {
            let store = self.of_archive(&archive);
            // the cache has real folders here, never files or links
            if !fs::symlink_metadata(store.folder()).is_ok_and(|found| found.is_dir()) {
                listing.unknown_files.push(store.folder().to_owned());
                continue;
            }
            let BlobListing { blobs, temp_files, unknown_files } = store.list()?;
            let signatures = blobs.into_iter().map(|blob| CachedSignature { archive, blob });
            listing.signatures.extend(signatures);
            listing.temp_files.extend(temp_files);
            listing.unknown_files.extend(unknown_files);
        }
        Ok(listing)
    }

    /// Verifies the digest of a signature file. The signature itself is not verified.
    ///
    /// # Errors
    /// [`FetchError`] if it is damaged or cannot be read.
    pub fn verify_digest(&self, signature: &CachedSignature, limit: u64) -> Result<(), FetchError> {
        self.of_archive(&signature.archive).read(&signature.blob.digest, limit).map(drop)
    }

    /// Removes a signature, and the folder of its archive with the last one.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove(&self, lock: &ExclusiveLock, signature: &CachedSignature) -> io::Result<()> {
        let store = self.of_archive(&signature.archive);
        store.remove(lock, &signature.blob.digest)?;
        // fails, as intended, if the folder is not empty
        let _ = fs::remove_dir(store.folder());
        Ok(())
    }
}
