//! Writes packs to a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use env_pack_domain::{OciRef, Sha256Digest};

use super::media_type::{TITLE, TRUST_ROOT};
use crate::cache::{ArchiveCache, SharedLock};
use crate::error::FetchError;
use crate::layout::{self, LayoutBlob, LayoutEntry, LayoutError, LayoutLimits};
use crate::oci::artifact_manifest::{EMPTY_CONFIG, PackAnnotations, single_layer_manifest};
use crate::oci::manifest::{MANIFEST, OciDescriptor, OciManifest, to_json};
use crate::oci::pull::FetchedManifest;
use crate::oci::referrers::{self, PublishedSignature};
use crate::pack::FetchedPack;
use crate::registry::{Registry, pack_manifest};

/// A pack with everything that a bundle contains of it. Its blobs stay in the cache while
/// this exists.
#[derive(Debug)]
pub struct BundleEntry {
    /// The name in the layout.
    name: Option<String>,
    manifest: FetchedManifest,
    archive: Sha256Digest,
    media_type: String,
    /// The blobs that the manifest lists, with their sizes.
    blobs: BTreeMap<Sha256Digest, u64>,
    /// The blobs that the manifest lists and that are not available.
    missing: Vec<Sha256Digest>,
    envelopes: BTreeSet<SignatureArtifact>,
    /// Signatures of cosign, by the manifest that they sign.
    cosign_signatures: BTreeMap<Vec<u8>, BTreeSet<CosignSignature>>,
    _locks: Vec<SharedLock>,
}

/// The manifest of a signature, and its envelope.
type SignatureArtifact = (Vec<u8>, Vec<u8>);
/// A payload, and its signature in Base64.
type CosignSignature = (Vec<u8>, String);

impl BundleEntry {
    /// The digest of the manifest.
    pub fn manifest(&self) -> Sha256Digest {
        self.manifest.digest
    }

    /// Blobs that belong to the pack and are not available here. `gtc` does not need them,
    /// but other tools may.
    pub fn missing(&self) -> &[Sha256Digest] {
        &self.missing
    }

    /// The number of signatures.
    pub fn signatures(&self) -> usize {
        let cosign: usize = self.cosign_signatures.values().map(BTreeSet::len).sum();
        self.envelopes.len() + cosign
    }

    /// Adds a signature, and returns true unless it signs a manifest of another archive.
    #[must_use]
    pub fn add(&mut self, signature: PublishedSignature) -> bool {
        match signature {
            PublishedSignature::Envelope(envelope) => {
                let manifest = referrers::signature_manifest(&self.manifest, &envelope);
                self.envelopes.insert((manifest, envelope));
            }
            PublishedSignature::Cosign { manifest, payload, signature } => {
                if !self.is_manifest_of_archive(&manifest) {
                    return false;
                }
                let signatures = self.cosign_signatures.entry(manifest).or_default();
                signatures.insert((payload, signature));
            }
        }
        true
    }

    /// Whether a manifest is one of the same archive. A pack from a file gets a new
    /// manifest, so it may differ from the signed one.
    fn is_manifest_of_archive(&self, manifest: &[u8]) -> bool {
        let Ok(parsed) = serde_json::from_slice::<OciManifest>(manifest) else { return false };
        parsed.pack().is_ok_and(|(layer, _)| {
            layer.digest == self.archive && self.blobs.get(&layer.digest) == Some(&layer.size)
        })
    }
}

/// Prepares packs, and writes them to a bundle.
pub struct BundleWriter<'a> {
    archives: &'a ArchiveCache,
    registry: &'a Registry,
}

impl<'a> BundleWriter<'a> {
    pub(crate) fn new(archives: &'a ArchiveCache, registry: &'a Registry) -> Self {
        Self { archives, registry }
    }

    /// Prepares a pack from a file, with the manifest that a push would give it.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn entry_from_file(
        &self,
        archive: &FetchedPack,
        name: Option<String>,
        annotations: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> Result<BundleEntry, FetchError> {
        let manifest = pack_manifest(archive, annotations, signature);
        self.entry(name, manifest, archive, None)
    }

    /// Prepares a pack from a registry, with all blobs that its manifest lists. Blobs that
    /// are not cached are fetched, except in offline mode.
    ///
    /// # Errors
    /// [`FetchError`] if a blob cannot be fetched or stored.
    pub fn entry_from_registry(
        &self,
        reference: &OciRef,
        archive: &FetchedPack,
    ) -> Result<BundleEntry, FetchError> {
        let manifest = match &archive.origin {
            Some(origin) => origin.manifest.clone(),
            None => pack_manifest(archive, &PackAnnotations::default(), None),
        };
        let name = reference.to_string().strip_prefix("oci://").map(str::to_owned);
        self.entry(name, manifest, archive, Some(reference))
    }

    fn entry(
        &self,
        name: Option<String>,
        manifest: FetchedManifest,
        archive: &FetchedPack,
        source: Option<&OciRef>,
    ) -> Result<BundleEntry, FetchError> {
        let mut entry = BundleEntry {
            name,
            archive: archive.digest,
            media_type: MANIFEST.to_owned(),
            blobs: BTreeMap::from([(archive.digest, archive.bytes.len() as u64)]),
            missing: Vec::new(),
            envelopes: BTreeSet::new(),
            cosign_signatures: BTreeMap::new(),
            _locks: vec![self.archives.insert(archive)?],
            manifest,
        };
        // it was parsed when the pack was resolved, so this does not fail
        let Ok(OciManifest { media_type, config, layers, .. }) =
            serde_json::from_slice(&entry.manifest.bytes)
        else {
            return Ok(entry);
        };
        if let Some(media_type) = media_type {
            entry.media_type = media_type;
        }
        for descriptor in std::iter::once(config).chain(layers) {
            if entry.blobs.contains_key(&descriptor.digest) {
                continue;
            }
            match self.find_blob(&descriptor, source)? {
                Some(bytes) => {
                    entry._locks.push(self.archives.insert_blob(&descriptor.digest, &bytes)?);
                    entry.blobs.insert(descriptor.digest, bytes.len() as u64);
                }
                None => entry.missing.push(descriptor.digest),
            }
        }
        Ok(entry)
    }

    /// A blob other than the archive, from the cache or from the registry of the pack.
    fn find_blob(
        &self,
        descriptor: &OciDescriptor,
        source: Option<&OciRef>,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        if descriptor.digest == Sha256Digest::compute(EMPTY_CONFIG) {
            return Ok(Some(EMPTY_CONFIG.to_vec()));
        }
        if let Some(cached) = self.archives.read_blob(&descriptor.digest) {
            return Ok(Some(cached));
        }
        let Some(reference) = source.filter(|_| !self.registry.is_offline()) else {
            return Ok(None);
        };
        self.registry.fetch_blob(reference, descriptor, self.archives.max_bytes()).map(Some)
    }

    /// Writes packs to a bundle, and optionally a trust root: its environment and document.
    /// The same packs give the same bytes.
    ///
    /// # Errors
    /// [`LayoutError`]; discard the output then.
    pub fn write(
        &self,
        entries: &[BundleEntry],
        trust_root: Option<(&str, &str)>,
        out: impl Write,
    ) -> Result<(), LayoutError> {
        let mut contents = LayoutContents::default();
        for entry in entries {
            let mut listed = LayoutEntry::new(entry.name.clone(), entry.manifest.bytes.clone());
            listed.media_type.clone_from(&entry.media_type);
            contents.entries.push(listed);
            for (digest, bytes) in &entry.blobs {
                let open =
                    || self.archives.open_blob(digest).map(|file| Box::new(file) as Box<dyn Read>);
                let blob = LayoutBlob { bytes: *bytes, open: Box::new(open) };
                contents.blobs.insert(*digest, blob);
            }
            for (manifest, envelope) in &entry.envelopes {
                contents.add(None, manifest.clone(), [EMPTY_CONFIG, envelope]);
            }
        }
        for (subject, signatures) in cosign_signatures(entries) {
            contents.add_cosign_signatures(subject, &signatures);
        }
        if let Some((environment, document)) = trust_root {
            let mut manifest = single_layer_manifest(TRUST_ROOT, document.as_bytes());
            manifest.annotations.insert(TITLE.to_owned(), environment.to_owned());
            contents.add(None, to_json(&manifest), [EMPTY_CONFIG, document.as_bytes()]);
        }
        contents.check(&self.registry.limits().layout)?;
        layout::write(out, &contents.entries, contents.blobs)
    }
}

/// All signatures of cosign, by the manifest that they sign. Cosign stores those of one
/// manifest together.
fn cosign_signatures(entries: &[BundleEntry]) -> BTreeMap<&Vec<u8>, BTreeSet<&CosignSignature>> {
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (subject, signatures) in entries.iter().flat_map(|entry| &entry.cosign_signatures) {
        all.entry(subject).or_default().extend(signatures);
    }
    all
}

/// The manifests and blobs of a layout that is being built.
#[derive(Default)]
struct LayoutContents<'a> {
    entries: Vec<LayoutEntry>,
    blobs: BTreeMap<Sha256Digest, LayoutBlob<'a>>,
}

impl<'a> LayoutContents<'a> {
    /// Checks the limits, so that an import does not refuse the bundle.
    fn check(&self, limits: &LayoutLimits) -> Result<(), LayoutError> {
        // two entries more: `oci-layout` and `index.json`
        if self.entries.len() + self.blobs.len() + 2 > limits.entries {
            return Err(LayoutError::TooMany { limit: limits.entries });
        }
        let manifest_bytes: u64 =
            self.entries.iter().map(|entry| entry.manifest.len() as u64).sum();
        let blob_bytes: u64 = self.blobs.values().map(|blob| blob.bytes).sum();
        if manifest_bytes + blob_bytes > limits.total_bytes {
            return Err(LayoutError::AllTooLarge { what: "entries", limit: limits.total_bytes });
        }
        Ok(())
    }

    /// Adds a manifest and the small blobs that it lists.
    fn add(
        &mut self,
        name: Option<String>,
        manifest: Vec<u8>,
        blobs: impl IntoIterator<Item = &'a [u8]>,
    ) {
        self.entries.push(LayoutEntry::new(name, manifest));
        for bytes in blobs {
            let open = move || {
                Ok::<_, io::Error>(Box::new(io::Cursor::new(bytes.to_vec())) as Box<dyn Read>)
            };
            let blob = LayoutBlob { bytes: bytes.len() as u64, open: Box::new(open) };
            self.blobs.insert(Sha256Digest::compute(bytes), blob);
        }
    }

    fn add_cosign_signatures(
        &mut self,
        subject: &[u8],
        signatures: &BTreeSet<&'a CosignSignature>,
    ) {
        let digest = Sha256Digest::compute(subject);
        // the signed manifest of a pack from a file may not be the one in the bundle
        if self.entries.iter().all(|entry| entry.digest != digest) {
            self.entries.push(LayoutEntry::new(None, subject.to_vec()));
        }
        let manifest = referrers::cosign_manifest(signatures.iter().copied());
        let payloads = signatures.iter().map(|(payload, _)| payload.as_slice());
        self.add(Some(referrers::cosign_tag(&digest)), manifest, payloads.chain([EMPTY_CONFIG]));
    }
}
