//! The cache of registry references: manifests by digest, and for each tag the digest that
//! the registry reported last.
//!
//! A manifest is verified against its digest at each use. The digest of a tag is only what
//! the registry said; a pin is needed to rely on it.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{OciRef, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::blob_folder::BlobFolder;
use super::inventory::{StoredBlob, TempFile};
use super::lock::{CacheLock, ExclusiveLock};
use crate::error::FetchError;
use crate::file;
use crate::limits::FetchLimits;
use crate::oci::manifest::OciManifest;
use crate::oci::pull::{FetchedManifest, ResolvedPack};

/// The most that is read of a reference record, in bytes: more than a reference and a
/// digest take.
const MAX_RECORD_BYTES: u64 = 4 << 10;

/// The manifests and references in the cache.
#[derive(Debug)]
pub struct ReferenceCache {
    manifests: BlobFolder,
    /// The records of references. Their file names are digests of the reference, and they
    /// share the lock of the blobs, but their content changes.
    references: BlobFolder,
    max_manifest_bytes: u64,
    max_layers: u64,
}

/// The content of the cache, each list sorted by file name.
#[derive(Clone, Debug, Default)]
pub struct ReferenceListing {
    /// The manifests.
    pub manifests: Vec<ListedManifest>,
    /// The records of references.
    pub references: Vec<ListedReference>,
    /// Temporary files of interrupted or running writes.
    pub temp_files: Vec<TempFile>,
    /// Files and folders with other names. They are never removed.
    pub unknown_files: Vec<PathBuf>,
}

/// A manifest in the cache.
#[derive(Clone, Debug)]
pub struct ListedManifest {
    /// The file with the manifest.
    pub blob: StoredBlob,
    /// The digest of its archive; none if the manifest is damaged or invalid.
    pub archive: Option<Sha256Digest>,
}

/// A record of a reference in the cache.
#[derive(Clone, Debug)]
pub struct ListedReference {
    /// The file with the record.
    pub blob: StoredBlob,
    /// The reference and the digest of its manifest; none if the record is invalid.
    pub target: Option<(OciRef, Sha256Digest)>,
}

/// The file format of a record.
#[derive(Serialize, Deserialize)]
struct ReferenceRecord {
    reference: String,
    manifest: String,
}

impl ReferenceCache {
    pub(super) fn new(cache: &Path, lock: &CacheLock, limits: &FetchLimits) -> Self {
        Self {
            manifests: BlobFolder::new(cache.join("manifests").join("sha256"), lock.clone()),
            references: BlobFolder::new(cache.join("references"), lock.clone()),
            max_manifest_bytes: limits.manifest_bytes,
            max_layers: limits.layers,
        }
    }

    /// The pack of a reference, by its digest or by the last known digest of its tag.
    pub(crate) fn resolve(&self, reference: &OciRef) -> Option<ResolvedPack> {
        match reference.digest() {
            Some(digest) => self.pack(digest),
            None => self.pack(&self.last_digest(reference)?),
        }
    }

    /// The manifest digest that the registry reported last for a tag.
    pub(crate) fn last_digest(&self, reference: &OciRef) -> Option<Sha256Digest> {
        let (recorded, manifest) = self.read_record(&record_name(reference))?;
        (recorded == *reference).then_some(manifest)
    }

    /// Lists the manifests and references.
    ///
    /// # Errors
    /// [`FetchError::Read`] if a folder cannot be read.
    pub fn list(&self) -> Result<ReferenceListing, FetchError> {
        let manifests = self.manifests.list()?;
        let references = self.references.list()?;
        let mut listing = ReferenceListing::default();
        for blob in manifests.blobs {
            let archive = self.pack(&blob.digest).map(|pack| pack.layer.digest);
            listing.manifests.push(ListedManifest { blob, archive });
        }
        for blob in references.blobs {
            let target = self.read_record(&blob.digest);
            listing.references.push(ListedReference { blob, target });
        }
        listing.temp_files = [manifests.temp_files, references.temp_files].concat();
        listing.unknown_files = [manifests.unknown_files, references.unknown_files].concat();
        Ok(listing)
    }

    /// The pack of a cached manifest.
    fn pack(&self, digest: &Sha256Digest) -> Option<ResolvedPack> {
        let bytes = self.manifests.get(digest, self.max_manifest_bytes)?;
        let parsed = OciManifest::parse(&bytes, self.max_layers).ok()?;
        let (layer, format) = parsed.pack().ok()?;
        let manifest = FetchedManifest { digest: *digest, bytes };
        Some(ResolvedPack { layer: layer.clone(), format, manifest })
    }

    /// Stores a manifest, and records its digest for the tag of a reference.
    pub(crate) fn insert(
        &self,
        reference: &OciRef,
        manifest: &FetchedManifest,
    ) -> Result<(), FetchError> {
        drop(self.manifests.put(&manifest.digest, &manifest.bytes)?);
        if reference.digest().is_some() {
            return Ok(());
        }
        let record = ReferenceRecord {
            reference: reference.to_string(),
            manifest: manifest.digest.to_string(),
        };
        let bytes = serde_json::to_vec(&record).expect("text makes JSON");
        self.references.put_named(&record_name(reference), &bytes)
    }

    fn read_record(&self, name: &Sha256Digest) -> Option<(OciRef, Sha256Digest)> {
        let bytes = file::read(&self.references.path(name), MAX_RECORD_BYTES).ok()?;
        let record: ReferenceRecord = serde_json::from_slice(&bytes).ok()?;
        Some((record.reference.parse().ok()?, record.manifest.parse().ok()?))
    }

    /// Verifies the digest of a manifest.
    ///
    /// # Errors
    /// [`FetchError`] if it is damaged or cannot be read.
    pub fn verify_manifest(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.manifests.read(digest, self.max_manifest_bytes).map(drop)
    }

    /// Removes a manifest.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_manifest(&self, lock: &ExclusiveLock, digest: &Sha256Digest) -> io::Result<()> {
        self.manifests.remove(lock, digest)
    }

    /// Removes the record of a reference.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_reference(
        &self,
        lock: &ExclusiveLock,
        reference: &ListedReference,
    ) -> io::Result<()> {
        self.references.remove(lock, &reference.blob.digest)
    }
}

/// The name of the record of a reference. A digest is a valid file name on every file system.
fn record_name(reference: &OciRef) -> Sha256Digest {
    Sha256Digest::compute(reference.to_string().as_bytes())
}
