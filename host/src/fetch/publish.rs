//! Packs to registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{OciRef, Sha256Digest};

use super::oci::artifact_manifest::{self, EMPTY_CONFIG, PackAnnotations};
use super::oci::manifest::{MANIFEST, OciManifest};
use super::oci::{
    FetchedManifest, LATEST, PublishedSignature, RegistryError, RepositoryAction, referrers,
};
use super::{FetchError, FetchedPack, Fetcher};

impl Fetcher {
    /// Brings an archive to a registry. A signature goes along in the manifest, where the
    /// existing tools look for it, and as an artifact that refers to it. Gives back
    /// the digest of the manifest.
    ///
    /// # Errors
    /// [`FetchError::Push`] when the registry does not take it.
    pub fn push(
        &self,
        reference: &OciRef,
        archive: &FetchedPack,
        notes: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> Result<Sha256Digest, FetchError> {
        let failed = |source| FetchError::Push { reference: reference.clone(), source };
        let manifest = Self::manifest_of(archive, notes, signature);
        let mut access =
            self.registries.access(reference, RepositoryAction::Push).map_err(failed)?;
        let mut push = || -> Result<(), RegistryError> {
            access.push_blob(&Sha256Digest::compute(EMPTY_CONFIG), EMPTY_CONFIG)?;
            access.push_blob(&archive.digest, &archive.bytes)?;
            access.push_manifest(reference.tag().unwrap_or(LATEST), MANIFEST, &manifest.bytes)?;
            signature
                .map_or(Ok(()), |envelope| access.push_signature(&manifest, envelope).map(drop))
        };
        push().map_err(failed)?;
        Ok(manifest.digest)
    }

    /// The manifest that an archive has in a registry, with its signature.
    pub(super) fn manifest_of(
        archive: &FetchedPack,
        notes: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> FetchedManifest {
        let notes = PackAnnotations {
            signature: signature.map(|envelope| STANDARD.encode(envelope)),
            ..notes.clone()
        };
        let bytes = artifact_manifest::manifest(archive.digest, archive.bytes.len() as u64, &notes);
        FetchedManifest { digest: Sha256Digest::compute(&bytes), bytes }
    }

    /// Brings a signature of a pack that a registry has; says whether it was not there
    /// already.
    ///
    /// # Errors
    /// [`FetchError::Push`] when the registry does not take it.
    pub fn push_signature(&self, pack: &FetchedPack, signature: &[u8]) -> Result<bool, FetchError> {
        let Some(origin) = &pack.origin else { return Ok(false) };
        let failed = |source| FetchError::Push { reference: origin.reference.clone(), source };
        let mut access =
            self.registries.access(&origin.reference, RepositoryAction::Push).map_err(failed)?;
        access.push_signature(&origin.manifest, signature).map_err(failed)
    }

    /// The signatures of a pack that its registry has: in its manifest, and of those who
    /// signed it later. Offline there are only the former. What cannot be had is an
    /// error in its place.
    pub fn published_signatures(
        &self,
        pack: &FetchedPack,
        limit: u64,
    ) -> Vec<Result<PublishedSignature, FetchError>> {
        let Some(origin) = &pack.origin else { return Vec::new() };
        let failed = |source| FetchError::Registry { reference: origin.reference.clone(), source };
        let parsed: Option<OciManifest> = serde_json::from_slice(&origin.manifest.bytes).ok();
        let annotated = parsed
            .as_ref()
            .and_then(referrers::annotated)
            .into_iter()
            .filter(|envelope| envelope.len() as u64 <= limit);
        let mut signatures: Vec<_> =
            annotated.map(|envelope| Ok(PublishedSignature::Envelope(envelope))).collect();
        if !self.registries.is_offline() {
            let access = self.registries.access(&origin.reference, RepositoryAction::Pull);
            match access.map(|mut access| access.signatures(&origin.manifest, limit)) {
                Ok(published) => signatures
                    .extend(published.into_iter().map(|signature| signature.map_err(failed))),
                Err(error) => signatures.push(Err(failed(error))),
            }
        }
        signatures
    }
}
