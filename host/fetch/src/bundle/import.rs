//! Reads packs from a bundle.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::Path;

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};

use super::error::BundleError;
use super::media_type::{TITLE, TRUST_ROOT};
use crate::cache::ReferenceCache;
use crate::error::FetchError;
use crate::layout::{Layout, LayoutEntry, LayoutError, LayoutLimits};
use crate::limits::FetchLimits;
use crate::oci::manifest::{InvalidManifest, OciDescriptor, OciManifest, PackFormat};
use crate::oci::pull::{FetchedManifest, ResolvedPack};
use crate::oci::referrers::{self, ENVELOPE, PublishedSignature};
use crate::pack::FetchedPack;

/// A verified bundle: every blob has its digest. Nothing of it is stored yet.
#[derive(Debug)]
pub struct Bundle {
    layout: Layout<File>,
    blob_sizes: BTreeMap<Sha256Digest, u64>,
    max_pack_bytes: u64,
    limits: LayoutLimits,
    /// The packs, in the order of the layout.
    pub packs: Vec<BundledPack>,
    /// The trust root, if the bundle contains one.
    pub trust_root: Option<BundledTrustRoot>,
}

/// A pack in a bundle.
#[derive(Clone, Debug)]
pub struct BundledPack {
    /// The name in the layout.
    pub name: Option<ForeignText>,
    /// The name as a reference, if it is one.
    pub reference: Option<OciRef>,
    /// The signature in the annotations of the manifest.
    annotated_signature: Option<Vec<u8>>,
    signatures: Vec<SignatureLayer>,
    manifest: FetchedManifest,
    layer: OciDescriptor,
    format: PackFormat,
}

/// A layer with an envelope, or with a payload that cosign signed.
#[derive(Clone, Debug)]
struct SignatureLayer {
    layer: OciDescriptor,
    cosign_signature: Option<String>,
}

/// A trust root in a bundle.
#[derive(Clone, Debug)]
pub struct BundledTrustRoot {
    /// The environment that it is from, as the bundle names it.
    pub environment: Option<ForeignText>,
    /// The document, not parsed yet.
    pub document: Vec<u8>,
}

impl BundledPack {
    /// The digest of the manifest.
    pub fn manifest(&self) -> Sha256Digest {
        self.manifest.digest
    }

    /// The format of the pack.
    pub fn format(&self) -> PackFormat {
        self.format
    }

    /// The digest of the archive.
    pub fn archive(&self) -> Sha256Digest {
        self.layer.digest
    }

    /// Records in the cache that the reference of the pack names its manifest. Cache its
    /// archive before.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn record_reference(&self, cache: &ReferenceCache) -> Result<(), FetchError> {
        match &self.reference {
            Some(reference) => cache.insert(reference, &self.manifest),
            None => Ok(()),
        }
    }
}

impl Bundle {
    /// Opens a bundle and verifies all of it. Packs are limited to `max_pack_bytes`,
    /// signatures to `max_signature_bytes` each.
    pub(crate) fn open(
        path: &Path,
        limits: &FetchLimits,
        max_pack_bytes: u64,
        max_signature_bytes: u64,
    ) -> Result<Self, BundleError> {
        let mut layout = Layout::open(path, &limits.layout)?;
        let blob_sizes: BTreeMap<_, _> = layout.blobs().collect();
        for digest in blob_sizes.keys() {
            layout.copy(digest, &mut io::sink())?;
        }
        let entries = layout.entries().to_vec();
        let mut bundle = Self {
            layout,
            blob_sizes,
            max_pack_bytes,
            limits: limits.layout.clone(),
            packs: Vec::new(),
            trust_root: None,
        };
        let mut signatures = Vec::new();
        for entry in entries {
            let manifest = OciManifest::parse(&entry.manifest, limits.layers)
                .map_err(|fault| manifest_error(&entry, fault))?;
            if let Some(subject) = signature_subject(&entry, &manifest)? {
                signatures.push((subject, entry.digest, manifest));
            } else if manifest.artifact_type.as_deref() == Some(TRUST_ROOT) {
                bundle.add_trust_root(&entry, &manifest)?;
            } else {
                bundle.add_pack(entry, &manifest)?;
            }
        }
        let mut positions: HashMap<Sha256Digest, Vec<usize>> = HashMap::new();
        for (at, pack) in bundle.packs.iter().enumerate() {
            positions.entry(pack.manifest.digest).or_default().push(at);
        }
        // the index may list a signature before its pack
        for (subject, signature, manifest) in signatures {
            let signed = positions.get(&subject).map(Vec::as_slice).unwrap_or_default();
            if signed.is_empty() {
                return Err(BundleError::SubjectMissing { signature, subject });
            }
            bundle.add_signatures(subject, signed, &manifest, max_signature_bytes)?;
        }
        if bundle.packs.is_empty() && bundle.trust_root.is_none() {
            return Err(BundleError::Empty);
        }
        Ok(bundle)
    }

    /// Reads the archive of a pack.
    ///
    /// # Errors
    /// [`BundleError`] if the file changed after it was opened.
    pub fn archive(&mut self, pack: &BundledPack) -> Result<FetchedPack, BundleError> {
        let bytes = self.read_blob(&pack.layer, self.max_pack_bytes)?;
        let BundledPack { manifest, layer, format, .. } = pack.clone();
        Ok(match &pack.reference {
            Some(reference) => FetchedPack::from_registry(
                reference,
                ResolvedPack { manifest, layer, format },
                bytes,
            ),
            None => {
                let bytes = bytes.into();
                FetchedPack { bytes, digest: layer.digest, format, is_builtin: false, origin: None }
            }
        })
    }

    /// Reads the signatures of a pack, without duplicates.
    ///
    /// # Errors
    /// [`BundleError`] if the file changed after it was opened.
    pub fn signatures(
        &mut self,
        pack: &BundledPack,
    ) -> Result<Vec<PublishedSignature>, BundleError> {
        let mut all: Vec<PublishedSignature> = Vec::new();
        all.extend(pack.annotated_signature.clone().map(PublishedSignature::Envelope));
        for SignatureLayer { layer, cosign_signature } in &pack.signatures {
            let bytes = self.read_blob(layer, layer.size)?;
            let signature = match cosign_signature.clone() {
                None => PublishedSignature::Envelope(bytes),
                Some(signature) => PublishedSignature::Cosign {
                    manifest: pack.manifest.bytes.clone(),
                    payload: bytes,
                    signature,
                },
            };
            if !all.contains(&signature) {
                all.push(signature);
            }
        }
        Ok(all)
    }

    fn add_pack(&mut self, entry: LayoutEntry, manifest: &OciManifest) -> Result<(), BundleError> {
        let (layer, format) = manifest.pack().map_err(|fault| manifest_error(&entry, fault))?;
        self.require_blob(layer, self.max_pack_bytes)?;
        let name = entry.reference.as_ref();
        let reference: Option<OciRef> = name.and_then(|name| format!("oci://{name}").parse().ok());
        let digest = reference.as_ref().and_then(OciRef::digest).copied();
        if let Some(digest) = digest.filter(|digest| *digest != entry.digest) {
            return Err(LayoutError::Damaged { digest, found: entry.digest }.into());
        }
        self.packs.push(BundledPack {
            reference,
            annotated_signature: referrers::annotated_signature(manifest),
            signatures: Vec::new(),
            layer: layer.clone(),
            format,
            name: entry.reference.map(ForeignText::new),
            manifest: FetchedManifest { digest: entry.digest, bytes: entry.manifest },
        });
        Ok(())
    }

    /// Adds the signatures of a manifest to the packs that they sign, at these positions.
    fn add_signatures(
        &mut self,
        subject: Sha256Digest,
        signed: &[usize],
        manifest: &OciManifest,
        max_bytes: u64,
    ) -> Result<(), BundleError> {
        let mut layers = Vec::new();
        for layer in &manifest.layers {
            let cosign_signature = referrers::cosign_signature(layer);
            if cosign_signature.is_some() || layer.media_type == ENVELOPE {
                self.require_blob(layer, max_bytes)?;
                layers.push(SignatureLayer { layer: layer.clone(), cosign_signature });
            }
        }
        let limit = self.limits.signatures;
        for at in signed {
            let pack = &mut self.packs[*at];
            pack.signatures.extend(layers.iter().cloned());
            if pack.signatures.len() > limit {
                return Err(BundleError::TooManySignatures { subject, limit });
            }
        }
        Ok(())
    }

    fn add_trust_root(
        &mut self,
        entry: &LayoutEntry,
        manifest: &OciManifest,
    ) -> Result<(), BundleError> {
        let [layer] = manifest.layers.as_slice() else {
            let reason = ForeignText::new("a trust root is a single document");
            return Err(BundleError::Manifest { digest: entry.digest, reason });
        };
        let document = self.read_blob(layer, self.limits.trust_root_bytes)?;
        let environment = manifest.annotations.get(TITLE).map(|title| ForeignText::excerpt(title));
        if self.trust_root.is_some() {
            return Err(BundleError::TwoTrustRoots);
        }
        self.trust_root = Some(BundledTrustRoot { environment, document });
        Ok(())
    }

    /// Requires that a blob exists, with its declared size and at most `limit` bytes.
    fn require_blob(&self, descriptor: &OciDescriptor, limit: u64) -> Result<(), BundleError> {
        let OciDescriptor { digest, size: declared, .. } = *descriptor;
        let name = || ForeignText::new(digest.to_string());
        let Some(&found) = self.blob_sizes.get(&digest) else {
            return Err(LayoutError::Missing { name: name() }.into());
        };
        if found != declared {
            return Err(LayoutError::Size { digest, declared, found }.into());
        }
        if found > limit {
            return Err(LayoutError::TooLarge { name: name(), bytes: found, limit }.into());
        }
        Ok(())
    }

    fn read_blob(
        &mut self,
        descriptor: &OciDescriptor,
        limit: u64,
    ) -> Result<Vec<u8>, BundleError> {
        self.require_blob(descriptor, limit)?;
        let mut bytes = Vec::new();
        self.layout.copy(&descriptor.digest, &mut bytes)?;
        Ok(bytes)
    }
}

/// The signed manifest, if a manifest is that of a signature: an artifact with a subject,
/// or one under a tag of cosign.
fn signature_subject(
    entry: &LayoutEntry,
    manifest: &OciManifest,
) -> Result<Option<Sha256Digest>, BundleError> {
    if manifest.artifact_type.as_deref() == Some(ENVELOPE) {
        let Some(subject) = &manifest.subject else {
            let reason = ForeignText::new("it is a signature without a subject");
            return Err(BundleError::Manifest { digest: entry.digest, reason });
        };
        return Ok(Some(subject.digest));
    }
    let tag = entry.reference.as_deref().map(|name| name.rsplit([':', '/']).next().unwrap_or(name));
    Ok(tag.and_then(referrers::cosign_subject))
}

fn manifest_error(entry: &LayoutEntry, fault: InvalidManifest) -> BundleError {
    let name = match &entry.reference {
        Some(name) => format!("`{name}`"),
        None => entry.digest.to_string(),
    };
    BundleError::invalid_manifest(ForeignText::new(name), entry.digest, fault)
}
