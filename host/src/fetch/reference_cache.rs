//! What references to registries stood for when somebody last looked: manifests, kept
//! like archives under their digests, and for each reference the digest of its manifest.
//!
//! A manifest is hashed when it is read, so nobody can put another one in its place.
//! Which one a tag stands for is only what the registry said; whoever needs more than
//! that pins the digest.

use std::path::{Path, PathBuf};

use env_pack_domain::{OciRef, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::blobs::{Alone, BlobStore, StoredBlob, TempFile};
use super::oci::manifest::{OciDescriptor, OciManifest};
use super::oci::{FetchedManifest, PackFormat};
use super::{FetchError, Fetcher, file};

/// More than a reference and a digest have, in bytes.
const NOTE_BYTES: u64 = 4 << 10;

#[derive(Debug)]
pub(super) struct ReferenceCache {
    manifests: BlobStore,
    /// The notes which manifest each reference stood for. They have the names and the
    /// lock of blobs, but change.
    notes: BlobStore,
    manifest_bytes: u64,
    layers: u64,
}

/// What references stood for, each part sorted by name.
#[derive(Clone, Debug, Default)]
pub struct ReferenceListing {
    /// The manifests, damaged or not.
    pub manifests: Vec<ListedManifest>,
    /// The notes that can be read, and those that cannot.
    pub references: Vec<ListedReference>,
    /// Half-written files.
    pub temp_files: Vec<TempFile>,
    /// What has a name that we give to nothing. It is never touched.
    pub unknown_files: Vec<PathBuf>,
}

/// A kept manifest.
#[derive(Clone, Debug)]
pub struct ListedManifest {
    /// What lies there.
    pub blob: StoredBlob,
    /// The digest of the archive in it; none when it cannot be used.
    pub archive: Option<Sha256Digest>,
}

/// A note which manifest a reference stood for.
#[derive(Clone, Debug)]
pub struct ListedReference {
    /// What lies there.
    pub blob: StoredBlob,
    /// The reference, and the digest of its manifest; none when it cannot be used.
    pub stands_for: Option<(OciRef, Sha256Digest)>,
}

/// A note which manifest a reference stood for.
#[derive(Serialize, Deserialize)]
struct Note {
    reference: String,
    manifest: String,
}

/// A manifest that was kept, and what in it is the pack.
#[derive(Clone, Debug)]
pub(super) struct KeptManifest {
    pub manifest: FetchedManifest,
    pub layer: OciDescriptor,
    pub format: PackFormat,
}

impl ReferenceCache {
    pub fn new(cache: &Path, manifest_bytes: u64, layers: u64) -> Self {
        Self {
            manifests: BlobStore::manifests(cache),
            notes: BlobStore::references(cache),
            manifest_bytes,
            layers,
        }
    }

    /// The manifest that a reference stood for when somebody last looked; that of its
    /// digest, if it has one.
    pub fn of(&self, reference: &OciRef) -> Option<KeptManifest> {
        match reference.digest() {
            Some(digest) => self.manifest(digest),
            None => self.manifest(&self.noted(reference)?),
        }
    }

    /// The digest of the manifest that a tag stood for when somebody last looked.
    pub fn noted(&self, reference: &OciRef) -> Option<Sha256Digest> {
        let (noted, manifest) = read_note(&self.note(reference))?;
        (noted == *reference).then_some(manifest)
    }

    fn list(&self) -> Result<ReferenceListing, FetchError> {
        let (manifests, notes) = (self.manifests.list()?, self.notes.list()?);
        let manifest = |blob: StoredBlob| {
            let archive = self.manifest(&blob.digest).map(|kept| kept.layer.digest);
            ListedManifest { blob, archive }
        };
        let reference = |blob: StoredBlob| {
            let stands_for = read_note(&self.notes.folder().join(blob.digest.hex()));
            ListedReference { blob, stands_for }
        };
        Ok(ReferenceListing {
            manifests: manifests.blobs.into_iter().map(manifest).collect(),
            references: notes.blobs.into_iter().map(reference).collect(),
            temp_files: manifests.temp_files.into_iter().chain(notes.temp_files).collect(),
            unknown_files: manifests.unknown_files.into_iter().chain(notes.unknown_files).collect(),
        })
    }

    /// A manifest that was kept.
    pub fn manifest(&self, digest: &Sha256Digest) -> Option<KeptManifest> {
        let bytes = self.manifests.get(digest, self.manifest_bytes)?;
        let parsed = OciManifest::parse(&bytes, self.layers).ok()?;
        let (layer, format) = parsed.pack().ok()?;
        Some(KeptManifest {
            layer: layer.clone(),
            format,
            manifest: FetchedManifest { bytes, digest: *digest },
        })
    }

    /// Keeps a manifest, and notes that a reference stands for it.
    ///
    /// # Errors
    /// [`FetchError::Write`] when it cannot be written.
    pub fn keep(&self, reference: &OciRef, manifest: &FetchedManifest) -> Result<(), FetchError> {
        drop(self.manifests.put(&manifest.digest, &manifest.bytes)?);
        if reference.digest().is_some() {
            return Ok(());
        }
        let path = self.note(reference);
        let note = Note { reference: reference.to_string(), manifest: manifest.digest.to_string() };
        let failed = |source| FetchError::Write { path: path.clone(), source };
        let bytes = serde_json::to_vec(&note).map_err(|error| failed(error.into()))?;
        let _together = self.notes.together()?;
        std::fs::create_dir_all(self.notes.folder()).map_err(failed)?;
        gtc_fs::atomic::write(&path, &bytes, 0o600).map_err(failed)
    }

    /// A note is named after its reference, in a way that every file system takes.
    fn note(&self, reference: &OciRef) -> PathBuf {
        self.notes.folder().join(Sha256Digest::compute(reference.to_string().as_bytes()).hex())
    }
}

fn read_note(path: &Path) -> Option<(OciRef, Sha256Digest)> {
    let note: Note = serde_json::from_slice(&file::read(path, NOTE_BYTES).ok()?).ok()?;
    Some((note.reference.parse().ok()?, note.manifest.parse().ok()?))
}

impl Fetcher {
    /// What references to registries stood for, as far as it is kept.
    ///
    /// # Errors
    /// [`FetchError::Read`] when a folder cannot be read.
    pub fn cached_references(&self) -> Result<ReferenceListing, FetchError> {
        self.reference_cache.list()
    }

    /// Hashes a kept manifest again.
    ///
    /// # Errors
    /// [`FetchError`] when it would not be used.
    pub fn verify_cached_manifest(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.reference_cache.manifests.read(digest, self.reference_cache.manifest_bytes).map(drop)
    }

    /// Takes a kept manifest away.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_cached_manifest(
        &self,
        alone: &Alone,
        digest: &Sha256Digest,
    ) -> std::io::Result<()> {
        self.reference_cache.manifests.remove(alone, digest)
    }

    /// Forgets what a reference stood for.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_cached_reference(
        &self,
        alone: &Alone,
        reference: &ListedReference,
    ) -> std::io::Result<()> {
        self.reference_cache.notes.remove(alone, &reference.blob.digest)
    }
}
