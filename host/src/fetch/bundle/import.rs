//! Packs out of an image layout.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};

use super::{BundleError, TITLE, TRUST_ROOT};
use crate::fetch::blobs::Kept;
use crate::fetch::layout::{self, Layout, LayoutEntry, LayoutError};
use crate::fetch::oci::manifest::{OciDescriptor, OciManifest, PackFormat};
use crate::fetch::oci::referrers::{self, ENVELOPE};
use crate::fetch::oci::{FetchedManifest, PublishedSignature};
use crate::fetch::{FetchError, FetchedPack, Fetcher, RegistryOrigin};

/// What came in an image layout: all of it is what its digests say, and nothing of it is
/// kept yet.
#[derive(Debug)]
pub struct BundleContents {
    layout: Layout<File>,
    sizes: BTreeMap<Sha256Digest, u64>,
    max_bytes: u64,
    limits: layout::LayoutLimits,
    /// The packs, in the order in which the layout lists them.
    pub packs: Vec<BundledPack>,
    /// The trust root that goes along.
    pub trust_root: Option<BundledTrustRoot>,
}

/// A pack in an image layout.
#[derive(Clone, Debug)]
pub struct BundledPack {
    /// How it is known there.
    pub name: Option<ForeignText>,
    /// The reference that stands for it, if it is known by one.
    pub reference: Option<OciRef>,
    /// The signature in its manifest.
    annotated: Option<Vec<u8>>,
    /// Those beside it: where they are, and what cosign says with a payload.
    signatures: Vec<(OciDescriptor, Option<String>)>,
    manifest: FetchedManifest,
    layer: OciDescriptor,
    format: PackFormat,
}

/// A trust root in an image layout.
#[derive(Clone, Debug)]
pub struct BundledTrustRoot {
    /// Whose it is, as the layout says.
    pub environment: Option<ForeignText>,
    /// The document.
    pub document: Vec<u8>,
}

impl BundledPack {
    /// The digest of the manifest.
    pub fn manifest(&self) -> Sha256Digest {
        self.manifest.digest
    }

    /// What its bytes are.
    pub fn format(&self) -> PackFormat {
        self.format
    }

    /// The digest of the archive.
    pub fn archive(&self) -> Sha256Digest {
        self.layer.digest
    }
}

impl Fetcher {
    /// Reads an image layout, and verifies everything in it.
    ///
    /// # Errors
    /// [`BundleError`] when anything in it is not what it should be. Nothing was kept
    /// then.
    pub fn open_bundle(
        &self,
        path: &Path,
        max_signature: u64,
    ) -> Result<BundleContents, BundleError> {
        let limits = self.registries.limits();
        let mut layout = Layout::open(path, &limits.layout)?;
        let sizes: BTreeMap<_, _> = layout.blobs().collect();
        for digest in sizes.keys() {
            layout.copy(digest, &mut std::io::sink())?;
        }
        let entries = layout.entries().to_vec();
        let mut carried = BundleContents {
            layout,
            sizes,
            max_bytes: self.max_bytes,
            limits: limits.layout.clone(),
            packs: Vec::new(),
            trust_root: None,
        };
        let mut signatures = Vec::new();
        for entry in entries {
            let parsed = OciManifest::parse(&entry.manifest, limits.layers);
            let parsed = parsed
                .map_err(|fault| BundleError::unusable(name_of(&entry), entry.digest, fault))?;
            if let Some(subject) = signature_of(&entry, &parsed)? {
                signatures.push((subject, entry.digest, parsed));
            } else if parsed.artifact_type.as_deref() == Some(TRUST_ROOT) {
                carried.take_trust_root(&entry, &parsed)?;
            } else {
                carried.take_pack(entry, &parsed)?;
            }
        }
        for (subject, signature, manifest) in signatures {
            carried.take_signature(subject, signature, &manifest, max_signature)?;
        }
        match carried.packs.is_empty() && carried.trust_root.is_none() {
            true => Err(BundleError::Empty),
            false => Ok(carried),
        }
    }

    /// Keeps the archive of a pack that came in a layout. It goes away again with the
    /// next tidying up unless it is bound by then.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`] when it cannot
    /// be written.
    pub fn cache_bundled_archive(&self, archive: &FetchedPack) -> Result<Kept, FetchError> {
        self.blobs.put(&archive.digest, &archive.bytes)
    }

    /// PackAnnotations that the reference of a pack stands for its manifest. The archive must have
    /// been kept before.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`] when it cannot
    /// be written.
    pub fn cache_bundled_reference(&self, pack: &BundledPack) -> Result<(), FetchError> {
        pack.reference
            .as_ref()
            .map_or(Ok(()), |reference| self.reference_cache.keep(reference, &pack.manifest))
    }
}

impl BundleContents {
    /// The archive of a pack.
    ///
    /// # Errors
    /// [`BundleError`] when the file changed since it was opened.
    pub fn archive(&mut self, pack: &BundledPack) -> Result<FetchedPack, BundleError> {
        let bytes = self.blob(&pack.layer, self.max_bytes)?;
        let origin = pack
            .reference
            .clone()
            .map(|reference| RegistryOrigin { reference, manifest: pack.manifest.clone() });
        Ok(FetchedPack {
            bytes: bytes.into(),
            digest: pack.layer.digest,
            format: pack.format,
            is_builtin: false,
            origin,
        })
    }

    /// The signatures of a pack, each once.
    ///
    /// # Errors
    /// [`BundleError`] when the file changed since it was opened.
    pub fn signatures(
        &mut self,
        pack: &BundledPack,
    ) -> Result<Vec<PublishedSignature>, BundleError> {
        let mut all: Vec<_> =
            pack.annotated.clone().map(PublishedSignature::Envelope).into_iter().collect();
        for (layer, cosigned) in &pack.signatures {
            let bytes = self.blob(layer, layer.size)?;
            let signature = match cosigned.clone() {
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

    fn take_pack(&mut self, entry: LayoutEntry, manifest: &OciManifest) -> Result<(), BundleError> {
        let pack = manifest
            .pack()
            .map_err(|fault| BundleError::unusable(name_of(&entry), entry.digest, fault))?;
        let (layer, format) = (pack.0.clone(), pack.1);
        self.is_there(&layer, self.max_bytes)?;
        let reference = entry
            .reference
            .as_ref()
            .and_then(|name| format!("oci://{name}").parse::<OciRef>().ok());
        if let Some(expected) =
            reference.as_ref().and_then(OciRef::digest).filter(|digest| **digest != entry.digest)
        {
            return Err(LayoutError::Damaged { digest: *expected, found: entry.digest }.into());
        }
        let annotated = referrers::annotated(manifest);
        let name = entry.reference.map(ForeignText::new);
        let manifest = FetchedManifest { digest: entry.digest, bytes: entry.manifest };
        self.packs.push(BundledPack {
            name,
            reference,
            annotated,
            signatures: Vec::new(),
            manifest,
            layer,
            format,
        });
        Ok(())
    }

    /// Takes signatures to what they are about.
    fn take_signature(
        &mut self,
        subject: Sha256Digest,
        signature: Sha256Digest,
        manifest: &OciManifest,
        limit: u64,
    ) -> Result<(), BundleError> {
        let mut found = Vec::new();
        for layer in &manifest.layers {
            let cosigned = referrers::cosign_signature(layer);
            if cosigned.is_some() || layer.media_type == ENVELOPE {
                self.is_there(layer, limit)?;
                found.push((layer.clone(), cosigned));
            }
        }
        let mut is_lonely = true;
        for pack in self.packs.iter_mut().filter(|pack| pack.manifest.digest == subject) {
            pack.signatures.extend(found.iter().cloned());
            if pack.signatures.len() > self.limits.signatures {
                return Err(BundleError::Signatures { subject, limit: self.limits.signatures });
            }
            is_lonely = false;
        }
        if is_lonely { Err(BundleError::Lonely { signature, subject }) } else { Ok(()) }
    }

    fn take_trust_root(
        &mut self,
        entry: &LayoutEntry,
        manifest: &OciManifest,
    ) -> Result<(), BundleError> {
        let [layer] = manifest.layers.as_slice() else {
            let reason = ForeignText::new("a trust root is one document");
            return Err(BundleError::OciManifest { digest: entry.digest, reason });
        };
        let document = self.blob(layer, self.limits.trust_root_bytes)?;
        let environment = manifest.annotations.get(TITLE).map(|title| ForeignText::excerpt(title));
        match self.trust_root.replace(BundledTrustRoot { environment, document }) {
            Some(_) => Err(BundleError::TwoTrustRoots),
            None => Ok(()),
        }
    }

    /// Requires a blob of the size that its descriptor says, and of no more than anybody
    /// reads.
    fn is_there(&self, named: &OciDescriptor, limit: u64) -> Result<(), BundleError> {
        let OciDescriptor { digest, size: declared, .. } = *named;
        let name = || ForeignText::new(digest.to_string());
        match self.sizes.get(&digest) {
            None => Err(LayoutError::Missing { name: name() }.into()),
            Some(found) if *found != declared => {
                Err(LayoutError::Size { digest, declared, found: *found }.into())
            }
            Some(found) if *found > limit => {
                Err(LayoutError::TooLarge { name: name(), bytes: *found, limit }.into())
            }
            Some(_) => Ok(()),
        }
    }

    fn blob(&mut self, named: &OciDescriptor, limit: u64) -> Result<Vec<u8>, BundleError> {
        self.is_there(named, limit)?;
        let mut bytes = Vec::new();
        self.layout.copy(&named.digest, &mut bytes)?;
        Ok(bytes)
    }
}

/// What a manifest is a signature of, if it is one: an artifact that refers to it, or one
/// with a tag of cosign.
fn signature_of(
    entry: &LayoutEntry,
    manifest: &OciManifest,
) -> Result<Option<Sha256Digest>, BundleError> {
    if manifest.artifact_type.as_deref() == Some(ENVELOPE) {
        let reason = || ForeignText::new("it is a signature, and does not say of what");
        let lonely = || BundleError::OciManifest { digest: entry.digest, reason: reason() };
        return manifest.subject.as_ref().map(|subject| Some(subject.digest)).ok_or_else(lonely);
    }
    let tag = entry.reference.as_deref().map(|name| name.rsplit([':', '/']).next().unwrap_or(name));
    Ok(tag.and_then(referrers::cosigned))
}

fn name_of(entry: &LayoutEntry) -> ForeignText {
    ForeignText::new(
        entry
            .reference
            .as_ref()
            .map_or_else(|| entry.digest.to_string(), |name| format!("`{name}`")),
    )
}
