//! Where signatures of archives are: in a file beside the archive, and kept, under the
//! digest of the archive and their own.
//!
//! Nothing of it is believed here. What is kept is verified whenever it is used, so that
//! whoever can write there gains nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{PackRef, Sha256Digest};

use super::blobs::{Alone, BlobListing, BlobStore, StoredBlob, TempFile};
use super::{FetchError, Fetcher};

/// How many kept signatures of one archive are looked at: one for each signer, and a few
/// that were replaced.
const MAX_KEPT: usize = 64;

/// A kept signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedSignature {
    /// The archive that it is kept for.
    pub archive: Sha256Digest,
    /// What lies there.
    pub blob: StoredBlob,
}

/// Every kept signature, and what else lies there, each part sorted by archive and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureListing {
    /// What is named after a digest, damaged or not, in a folder that is named after an
    /// archive.
    pub signatures: Vec<CachedSignature>,
    /// Half-written files.
    pub temp_files: Vec<TempFile>,
    /// What has a name or a place that we give to nothing. It is never touched.
    pub unknown_files: Vec<PathBuf>,
}

#[derive(Debug)]
pub(super) struct SignatureCache {
    cache: PathBuf,
}

impl SignatureCache {
    pub fn new(cache: &Path) -> Self {
        Self { cache: cache.to_owned() }
    }

    /// The kept signatures of an archive, in the order of their digests.
    pub fn kept(&self, archive: &Sha256Digest, limit: u64) -> Vec<Vec<u8>> {
        let kept = BlobStore::signatures(&self.cache, archive);
        let mut digests: Vec<_> = kept
            .list()
            .into_iter()
            .flat_map(|listing| listing.blobs)
            .map(|blob| blob.digest)
            .collect();
        digests.sort();
        digests.iter().take(MAX_KEPT).filter_map(|digest| kept.get(digest, limit)).collect()
    }

    fn list(&self) -> Result<SignatureListing, FetchError> {
        let archives = BlobStore::all_signatures(&self.cache).list()?;
        let mut listing = SignatureListing {
            unknown_files: archives.unknown_files,
            ..SignatureListing::default()
        };
        listing
            .unknown_files
            .extend(archives.temp_files.into_iter().map(|temp_file| temp_file.path));
        for archive in archives.blobs.iter().map(|blob| blob.digest) {
            let kept = BlobStore::signatures(&self.cache, &archive);
            // nothing of ours is behind a link, or is a file
            if !fs::symlink_metadata(kept.folder()).is_ok_and(|there| there.is_dir()) {
                listing.unknown_files.push(kept.folder().to_owned());
                continue;
            }
            let BlobListing { blobs, temp_files, unknown_files } = kept.list()?;
            listing
                .signatures
                .extend(blobs.into_iter().map(|blob| CachedSignature { archive, blob }));
            listing.temp_files.extend(temp_files);
            listing.unknown_files.extend(unknown_files);
        }
        Ok(listing)
    }

    pub fn keep(&self, archive: &Sha256Digest, signature: &[u8]) -> Result<(), FetchError> {
        BlobStore::signatures(&self.cache, archive)
            .put(&Sha256Digest::compute(signature), signature)
            .map(drop)
    }
}

impl Fetcher {
    /// Every kept signature.
    ///
    /// # Errors
    /// [`FetchError::Read`] when a folder cannot be read.
    pub fn cached_signatures(&self) -> Result<SignatureListing, FetchError> {
        self.signatures.list()
    }

    /// Hashes a kept signature again. Whether it vouches for anything, this room does not
    /// know.
    ///
    /// # Errors
    /// [`FetchError`] when it would not be used.
    pub fn verify_cached_signature(
        &self,
        kept: &CachedSignature,
        limit: u64,
    ) -> Result<(), FetchError> {
        BlobStore::signatures(&self.signatures.cache, &kept.archive)
            .read(&kept.blob.digest, limit)
            .map(drop)
    }

    /// Takes a kept signature away, and its folder with the last one.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_cached_signature(&self, alone: &Alone, kept: &CachedSignature) -> io::Result<()> {
        let signatures = BlobStore::signatures(&self.signatures.cache, &kept.archive);
        signatures.remove(alone, &kept.blob.digest)?;
        // it stays where something else lies in it
        let _ = fs::remove_dir(signatures.folder());
        Ok(())
    }
}

/// The file beside an archive that holds its signature.
pub(super) fn beside(pack_ref: &PackRef) -> Option<PathBuf> {
    pack_ref.file_path().map(|path| PathBuf::from(format!("{path}.sig")))
}
