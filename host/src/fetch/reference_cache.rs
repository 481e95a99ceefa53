//! The cache of registry references: manifests by digest, and for each tag the digest that
//! the registry reported last.
//!
//! A manifest is verified against its digest at each use. The digest of a tag is only what
//! the registry said; a pin is needed to rely on it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{OciRef, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::blobs::{BlobStore, ExclusiveLock, StoredBlob, TempFile};
use super::oci::manifest::OciManifest;
use super::oci::{FetchedManifest, ResolvedPack};
use super::{FetchError, Fetcher, file};

/// The most that is read of a reference record, in bytes: more than a reference and a
/// digest take.
const MAX_RECORD_BYTES: u64 = 4 << 10;

#[derive(Debug)]
pub(super) struct ReferenceCache {
    manifests: BlobStore,
    /// The records of references. Their file names are digests of the reference, and they
    /// share the lock of the blobs, but their content changes.
    references: BlobStore,
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
    pub fn new(cache: &Path, max_manifest_bytes: u64, max_layers: u64) -> Self {
        Self {
            manifests: BlobStore::manifests(cache),
            references: BlobStore::references(cache),
            max_manifest_bytes,
            max_layers,
        }
    }

    /// The pack of a reference, by its digest or by the last known digest of its tag.
    pub fn resolve(&self, reference: &OciRef) -> Option<ResolvedPack> {
        match reference.digest() {
            Some(digest) => self.pack(digest),
            None => self.pack(&self.last_digest(reference)?),
        }
    }

    /// The manifest digest that the registry reported last for a tag.
    pub fn last_digest(&self, reference: &OciRef) -> Option<Sha256Digest> {
        let (recorded, manifest) = read_record(&self.record_path(reference))?;
        (recorded == *reference).then_some(manifest)
    }

    fn list(&self) -> Result<ReferenceListing, FetchError> {
        let manifests = self.manifests.list()?;
        let references = self.references.list()?;
        let mut listing = ReferenceListing::default();
        for blob in manifests.blobs {
            let archive = self.pack(&blob.digest).map(|pack| pack.layer.digest);
            listing.manifests.push(ListedManifest { blob, archive });
        }
        for blob in references.blobs {
            let target = read_record(&self.references.folder().join(blob.digest.hex()));
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
    pub fn insert(&self, reference: &OciRef, manifest: &FetchedManifest) -> Result<(), FetchError> {
        drop(self.manifests.put(&manifest.digest, &manifest.bytes)?);
        if reference.digest().is_some() {
            return Ok(());
        }
        let path = self.record_path(reference);
        let record = ReferenceRecord {
            reference: reference.to_string(),
            manifest: manifest.digest.to_string(),
        };
        let write_error = |source| FetchError::Write { path: path.clone(), source };
        let bytes = serde_json::to_vec(&record).map_err(|error| write_error(error.into()))?;
        let _lock = self.references.lock_shared()?;
        fs::create_dir_all(self.references.folder()).map_err(write_error)?;
        gtc_fs::atomic::write(&path, &bytes, 0o600).map_err(write_error)
    }

    /// The file of a reference. A digest is a valid file name on every file system.
    fn record_path(&self, reference: &OciRef) -> PathBuf {
        self.references.folder().join(Sha256Digest::compute(reference.to_string().as_bytes()).hex())
    }
}

fn read_record(path: &Path) -> Option<(OciRef, Sha256Digest)> {
    let bytes = file::read(path, MAX_RECORD_BYTES).ok()?;
    let record: ReferenceRecord = serde_json::from_slice(&bytes).ok()?;
    Some((record.reference.parse().ok()?, record.manifest.parse().ok()?))
}

impl Fetcher {
    /// Lists the cached manifests and references.
    ///
    /// # Errors
    /// [`FetchError::Read`] if a folder cannot be read.
    pub fn cached_references(&self) -> Result<ReferenceListing, FetchError> {
        self.reference_cache.list()
    }

    /// Verifies the digest of a cached manifest.
    ///
    /// # Errors
    /// [`FetchError`] if it is damaged or cannot be read.
    pub fn verify_cached_manifest(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        let cache = &self.reference_cache;
        cache.manifests.read(digest, cache.max_manifest_bytes).map(drop)
    }

    /// Removes a cached manifest.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_cached_manifest(
        &self,
        lock: &ExclusiveLock,
        digest: &Sha256Digest,
    ) -> io::Result<()> {
        self.reference_cache.manifests.remove(lock, digest)
    }

    /// Removes the record of a reference.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_cached_reference(
        &self,
        lock: &ExclusiveLock,
        reference: &ListedReference,
    ) -> io::Result<()> {
        self.reference_cache.references.remove(lock, &reference.blob.digest)
    }
}
