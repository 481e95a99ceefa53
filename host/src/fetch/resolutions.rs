//! What references to registries stood for when somebody last looked: manifests, kept like archives under their digests, and for
//! each reference the digest of its manifest.
//!
//! A manifest is hashed when it is read, so nobody can put another one in its place. Which one a tag stands for is only what the
//! registry said; whoever needs more than that pins the digest.

use std::path::{Path, PathBuf};

use env_pack_domain::{OciRef, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::blobs::Blobs;
use super::oci::manifest::{Descriptor, Manifest};
use super::oci::{Form, Pulled};
use super::{FetchError, file};

/// More than a reference and a digest have, in bytes.
const NOTE_BYTES: u64 = 4 << 10;

#[derive(Debug)]
pub(super) struct Resolutions {
    manifests: Blobs,
    /// The notes which manifest each reference stood for.
    notes: PathBuf,
    manifest_bytes: u64,
    layers: u64,
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
    pub manifest: Pulled,
    pub layer: Descriptor,
    pub form: Form,
}

impl Resolutions {
    pub fn new(cache: &Path, manifest_bytes: u64, layers: u64) -> Self {
        Self { manifests: Blobs::manifests(cache), notes: cache.join("references"), manifest_bytes, layers }
    }

    /// The manifest that a reference stood for when somebody last looked; that of its digest, if it has one.
    pub fn of(&self, reference: &OciRef) -> Option<KeptManifest> {
        match reference.digest() {
            Some(digest) => self.manifest(digest),
            None => self.manifest(&self.noted(reference)?),
        }
    }

    /// The digest of the manifest that a tag stood for when somebody last looked.
    pub fn noted(&self, reference: &OciRef) -> Option<Sha256Digest> {
        let bytes = file::read(&self.note(reference), NOTE_BYTES).ok()?;
        let note: Note = serde_json::from_slice(&bytes).ok()?;
        note.manifest.parse().ok().filter(|_| note.reference == reference.to_string())
    }

    /// A manifest that was kept.
    pub fn manifest(&self, digest: &Sha256Digest) -> Option<KeptManifest> {
        let bytes = self.manifests.get(digest, self.manifest_bytes)?;
        let parsed = Manifest::parse(&bytes, self.layers).ok()?;
        let (layer, form) = parsed.pack().ok()?;
        Some(KeptManifest { layer: layer.clone(), form, manifest: Pulled { bytes, digest: *digest } })
    }

    /// Keeps a manifest, and notes that a reference stands for it.
    ///
    /// # Errors
    /// [`FetchError::Keep`] when it cannot be written.
    pub fn keep(&self, reference: &OciRef, manifest: &Pulled) -> Result<(), FetchError> {
        drop(self.manifests.put(&manifest.digest, &manifest.bytes)?);
        if reference.digest().is_some() {
            return Ok(());
        }
        let path = self.note(reference);
        let note = Note { reference: reference.to_string(), manifest: manifest.digest.to_string() };
        let failed = |source| FetchError::Keep { path: path.clone(), source };
        let bytes = serde_json::to_vec(&note).map_err(|error| failed(error.into()))?;
        std::fs::create_dir_all(&self.notes).map_err(failed)?;
        super::blobs::write(&path, &bytes).map_err(failed)
    }

    /// A note is named after its reference, in a way that every file system takes.
    fn note(&self, reference: &OciRef) -> PathBuf {
        self.notes.join(Sha256Digest::of(reference.to_string().as_bytes()).hex())
    }
}
