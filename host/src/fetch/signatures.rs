//! Where signatures of archives are: in a file beside the archive, and kept, under the digest of the archive and their own.
//!
//! Nothing of it is believed here. What is kept is verified whenever it is used, so that whoever can write there gains nothing.

use std::path::{Path, PathBuf};

use env_pack_domain::{PackRef, Sha256Digest};

use super::FetchError;
use super::blobs::Blobs;

/// How many kept signatures of one archive are looked at: one for each signer, and a few that were replaced.
const MAX_KEPT: usize = 64;

#[derive(Debug)]
pub(super) struct Signatures {
    cache: PathBuf,
}

impl Signatures {
    pub fn new(cache: &Path) -> Self {
        Self { cache: cache.to_owned() }
    }

    /// The kept signatures of an archive, in the order of their digests.
    pub fn kept(&self, archive: &Sha256Digest, limit: u64) -> Vec<Vec<u8>> {
        let kept = Blobs::signatures(&self.cache, archive);
        let mut digests: Vec<_> =
            kept.list().into_iter().flat_map(|listing| listing.blobs).map(|blob| blob.digest).collect();
        digests.sort();
        digests.iter().take(MAX_KEPT).filter_map(|digest| kept.get(digest, limit)).collect()
    }

    pub fn keep(&self, archive: &Sha256Digest, signature: &[u8]) -> Result<(), FetchError> {
        Blobs::signatures(&self.cache, archive).put(&Sha256Digest::of(signature), signature).map(drop)
    }
}

/// The file beside an archive that holds its signature.
pub(super) fn beside(pack_ref: &PackRef) -> Option<PathBuf> {
    pack_ref.file_path().map(|path| PathBuf::from(format!("{path}.sig")))
}
