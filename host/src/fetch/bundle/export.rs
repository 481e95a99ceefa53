//! Packs into an image layout.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use env_pack_domain::{OciRef, Sha256Digest};

use super::{TITLE, TRUST_ROOT};
use crate::fetch::blobs::Kept;
use crate::fetch::layout::{self, LayoutBlob, LayoutEntry, LayoutError};
use crate::fetch::oci::artifact_manifest::{self, EMPTY_CONFIG, PackAnnotations};
use crate::fetch::oci::manifest::{MANIFEST, OciDescriptor, OciManifest};
use crate::fetch::oci::{FetchedManifest, PublishedSignature, RepositoryAction, referrers};
use crate::fetch::{FetchError, FetchedPack, Fetcher};

/// Everything of a pack that goes into a layout. Its blobs are in the content store, and
/// stay there for as long as this lives.
#[derive(Debug)]
pub struct BundleEntry {
    /// The name it has there.
    name: Option<String>,
    manifest: FetchedManifest,
    archive: Sha256Digest,
    media_type: String,
    /// What the manifest names, with sizes.
    blobs: BTreeMap<Sha256Digest, u64>,
    /// What it names and nobody has here.
    missing: Vec<Sha256Digest>,
    /// Signatures as artifacts of their own.
    signatures: BTreeSet<Small>,
    /// Signatures by cosign, by the manifest that they are about.
    cosigned: BTreeMap<Vec<u8>, BTreeSet<(Vec<u8>, String)>>,
    _kept: Vec<Kept>,
}

/// A manifest and the one small blob that it is about.
type Small = (Vec<u8>, Vec<u8>);

impl BundleEntry {
    /// The digest of the manifest.
    pub fn manifest(&self) -> Sha256Digest {
        self.manifest.digest
    }

    /// What belongs to the pack and is not here; no host needs it, but other tools may.
    pub fn missing(&self) -> &[Sha256Digest] {
        &self.missing
    }

    /// How many signatures go along.
    pub fn signatures(&self) -> usize {
        self.signatures.len() + self.cosigned.values().map(BTreeSet::len).sum::<usize>()
    }

    /// Adds a signature, unless it is about a manifest that nobody could load: it says
    /// whether it goes along. One that is there already is not added again.
    #[must_use]
    pub fn add(&mut self, signature: PublishedSignature) -> bool {
        match signature {
            PublishedSignature::Envelope(envelope) => {
                let (manifest, _) = referrers::signature(&self.manifest, &envelope);
                self.signatures.insert((manifest, envelope));
            }
            PublishedSignature::Cosign { manifest, .. } if !self.is_its_own(&manifest) => {
                return false;
            }
            PublishedSignature::Cosign { manifest, payload, signature } => {
                self.cosigned.entry(manifest).or_default().insert((payload, signature));
            }
        }
        true
    }

    /// Whether a manifest is that of the same archive: it may be another one than ours,
    /// where the pack comes out of a file.
    fn is_its_own(&self, manifest: &[u8]) -> bool {
        let parsed: Option<OciManifest> = serde_json::from_slice(manifest).ok();
        let pack = parsed.as_ref().and_then(|parsed| parsed.pack().ok());
        pack.is_some_and(|(layer, _)| {
            layer.digest == self.archive && self.blobs.get(&layer.digest) == Some(&layer.size)
        })
    }
}

impl Fetcher {
    /// A pack out of a file, as it would be in a registry: with the manifest that pushing
    /// it makes.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`] when it cannot
    /// be kept.
    pub fn bundle_file(
        &self,
        archive: &FetchedPack,
        name: Option<String>,
        notes: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> Result<BundleEntry, FetchError> {
        let manifest = Self::manifest_of(archive, notes, signature);
        self.parcel(name, manifest, archive, None)
    }

    /// A pack of a registry, with all that its manifest names, under the reference that
    /// somebody has for it. What is not here is fetched, unless no socket may be
    /// opened.
    ///
    /// # Errors
    /// [`FetchError`] when something of it cannot be had or kept.
    pub fn bundle_published(
        &self,
        reference: &OciRef,
        archive: &FetchedPack,
    ) -> Result<BundleEntry, FetchError> {
        let manifest = archive.origin.as_ref().map(|origin| origin.manifest.clone());
        let manifest = manifest
            .unwrap_or_else(|| Self::manifest_of(archive, &PackAnnotations::default(), None));
        let text = reference.to_string();
        let name = text.strip_prefix("oci://").map(str::to_owned);
        self.parcel(name, manifest, archive, Some(reference))
    }

    fn parcel(
        &self,
        name: Option<String>,
        manifest: FetchedManifest,
        archive: &FetchedPack,
        published: Option<&OciRef>,
    ) -> Result<BundleEntry, FetchError> {
        let mut parcel = BundleEntry {
            name,
            archive: archive.digest,
            media_type: MANIFEST.to_owned(),
            blobs: BTreeMap::from([(archive.digest, archive.bytes.len() as u64)]),
            missing: Vec::new(),
            signatures: BTreeSet::new(),
            cosigned: BTreeMap::new(),
            _kept: vec![self.blobs.put(&archive.digest, &archive.bytes)?],
            manifest,
        };
        // it was read when the pack was found
        let parsed: Option<OciManifest> = serde_json::from_slice(&parcel.manifest.bytes).ok();
        let Some(OciManifest { media_type, config, layers, .. }) = parsed else {
            return Ok(parcel);
        };
        parcel.media_type = media_type.unwrap_or(parcel.media_type);
        for named in std::iter::once(config).chain(layers) {
            if parcel.blobs.contains_key(&named.digest) {
                continue;
            }
            match self.beside_the_pack(&named, published)? {
                Some(bytes) => {
                    parcel._kept.push(self.blobs.put(&named.digest, &bytes)?);
                    parcel.blobs.insert(named.digest, bytes.len() as u64);
                }
                None => parcel.missing.push(named.digest),
            }
        }
        Ok(parcel)
    }

    /// What a manifest names beside the pack: from here, or from where the pack is.
    fn beside_the_pack(
        &self,
        named: &OciDescriptor,
        published: Option<&OciRef>,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        if named.digest == Sha256Digest::compute(EMPTY_CONFIG) {
            return Ok(Some(EMPTY_CONFIG.to_vec()));
        }
        if let Some(kept) = self.blobs.get(&named.digest, self.max_bytes) {
            return Ok(Some(kept));
        }
        let Some(reference) = published.filter(|_| !self.registries.is_offline()) else {
            return Ok(None);
        };
        let failed = |source| FetchError::Registry { reference: reference.clone(), source };
        let mut access =
            self.registries.access(reference, RepositoryAction::Pull).map_err(failed)?;
        access.blob(named, self.max_bytes, self.progress.as_ref()).map(Some).map_err(failed)
    }

    /// Writes packs into a layout, and the trust root of an environment if it is to go
    /// along. The same packs give the same bytes.
    ///
    /// # Errors
    /// [`LayoutError`]; what was written until then is to be thrown away.
    pub fn write_bundle(
        &self,
        parcels: &[BundleEntry],
        trust_root: Option<(&str, &str)>,
        out: impl Write,
    ) -> Result<(), LayoutError> {
        let mut contents = Contents::default();
        for parcel in parcels {
            let entry = LayoutEntry::new(parcel.name.clone(), parcel.manifest.bytes.clone());
            contents.entries.push(LayoutEntry { media_type: parcel.media_type.clone(), ..entry });
            for (digest, bytes) in &parcel.blobs {
                let open = || self.blobs.open(digest).map(|file| Box::new(file) as Box<dyn Read>);
                contents.blobs.insert(*digest, LayoutBlob { bytes: *bytes, open: Box::new(open) });
            }
            for (manifest, envelope) in &parcel.signatures {
                contents.add(None, manifest.clone(), [EMPTY_CONFIG, envelope]);
            }
        }
        for (subject, signatures) in cosigned(parcels) {
            let digest = Sha256Digest::compute(subject);
            // what was signed is another manifest than the one it goes along with, where the pack
            // comes out of a file
            if contents.entries.iter().all(|entry| entry.digest != digest) {
                contents.entries.push(LayoutEntry::new(None, subject.clone()));
            }
            let payloads = signatures.iter().map(|(payload, _)| payload.as_slice());
            let manifest = referrers::cosign_manifest(signatures.iter().copied());
            contents.add(
                Some(referrers::cosign_tag(&digest)),
                manifest,
                payloads.chain([EMPTY_CONFIG]),
            );
        }
        if let Some((environment, document)) = trust_root {
            let annotations = [(TITLE.to_owned(), environment.to_owned())].into();
            let manifest = artifact_manifest::alone(TRUST_ROOT, document.as_bytes(), annotations);
            contents.add(None, manifest, [EMPTY_CONFIG, document.as_bytes()]);
        }
        contents.check(&self.registries.limits().layout)?;
        layout::write(out, &contents.entries, contents.blobs)
    }
}

/// Every signature by cosign, by what it is about: one manifest has them all.
fn cosigned(parcels: &[BundleEntry]) -> BTreeMap<&Vec<u8>, BTreeSet<&(Vec<u8>, String)>> {
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (subject, signatures) in parcels.iter().flat_map(|parcel| &parcel.cosigned) {
        all.entry(subject).or_default().extend(signatures);
    }
    all
}

/// What goes into a layout.
#[derive(Default)]
struct Contents<'a> {
    entries: Vec<LayoutEntry>,
    blobs: BTreeMap<Sha256Digest, LayoutBlob<'a>>,
}

impl<'a> Contents<'a> {
    /// What nobody would load is not saved.
    fn check(&self, limits: &layout::LayoutLimits) -> Result<(), LayoutError> {
        // the two documents of a layout are entries too
        if self.entries.len() + self.blobs.len() + 2 > limits.entries {
            return Err(LayoutError::TooMany { limit: limits.entries });
        }
        let manifests = self.entries.iter().map(|entry| entry.manifest.len() as u64);
        let bytes: u64 = manifests.chain(self.blobs.values().map(|blob| blob.bytes)).sum();
        match bytes > limits.total_bytes {
            true => Err(LayoutError::AllTooLarge { what: "entries", limit: limits.total_bytes }),
            false => Ok(()),
        }
    }

    /// Adds a manifest, and the small blobs that it names.
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
}
