//! Pushes packs and signatures to registries.

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
    /// Pushes an archive and returns the digest of its manifest. A signature is stored both
    /// in the annotations of the manifest, where existing tools read it, and as a referrer.
    ///
    /// # Errors
    /// [`FetchError::Push`] if the registry does not accept it.
    pub fn push(
        &self,
        reference: &OciRef,
        archive: &FetchedPack,
        annotations: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> Result<Sha256Digest, FetchError> {
        let manifest = Self::pack_manifest(archive, annotations, signature);
        self.push_pack(reference, archive, &manifest, signature)
            .map_err(|source| FetchError::Push { reference: reference.clone(), source })?;
        Ok(manifest.digest)
    }

    fn push_pack(
        &self,
        reference: &OciRef,
        archive: &FetchedPack,
        manifest: &FetchedManifest,
        signature: Option<&[u8]>,
    ) -> Result<(), RegistryError> {
        let mut client = self.registries.client(reference, RepositoryAction::Push)?;
        client.push_blob(&Sha256Digest::compute(EMPTY_CONFIG), EMPTY_CONFIG)?;
        client.push_blob(&archive.digest, &archive.bytes)?;
        client.push_manifest(reference.tag().unwrap_or(LATEST), MANIFEST, &manifest.bytes)?;
        if let Some(envelope) = signature {
            client.push_signature(manifest, envelope)?;
        }
        Ok(())
    }

    /// The manifest of an archive in a registry, with its signature.
    pub(super) fn pack_manifest(
        archive: &FetchedPack,
        annotations: &PackAnnotations,
        signature: Option<&[u8]>,
    ) -> FetchedManifest {
        let mut annotations = annotations.clone();
        annotations.signature = signature.map(|envelope| STANDARD.encode(envelope));
        let size = archive.bytes.len() as u64;
        let bytes = artifact_manifest::pack_manifest(archive.digest, size, &annotations);
        FetchedManifest { digest: Sha256Digest::compute(&bytes), bytes }
    }

    /// Publishes a signature of a pack in its registry. Returns whether it is new there.
    ///
    /// # Errors
    /// [`FetchError::Push`] if the registry does not accept it.
    pub fn push_signature(&self, pack: &FetchedPack, signature: &[u8]) -> Result<bool, FetchError> {
        let Some(origin) = &pack.origin else { return Ok(false) };
        let reference = &origin.reference;
        self.registries
            .client(reference, RepositoryAction::Push)
            .and_then(|mut client| client.push_signature(&origin.manifest, signature))
            .map_err(|source| FetchError::Push { reference: reference.clone(), source })
    }

    /// The signatures of a pack in its registry: the one in the annotations of the manifest,
    /// then, unless offline, its referrers. Those that cannot be fetched are errors.
    pub fn published_signatures(
        &self,
        pack: &FetchedPack,
        limit: u64,
    ) -> Vec<Result<PublishedSignature, FetchError>> {
        let Some(origin) = &pack.origin else { return Vec::new() };
        let registry_error =
            |source| FetchError::Registry { reference: origin.reference.clone(), source };
        let mut signatures = Vec::new();
        let manifest: Option<OciManifest> = serde_json::from_slice(&origin.manifest.bytes).ok();
        let annotated = manifest.as_ref().and_then(referrers::annotated_signature);
        if let Some(envelope) = annotated.filter(|envelope| envelope.len() as u64 <= limit) {
            signatures.push(Ok(PublishedSignature::Envelope(envelope)));
        }
        if self.is_offline() {
            return signatures;
        }
        match self.registries.client(&origin.reference, RepositoryAction::Pull) {
            Ok(mut client) => {
                let published = client.signatures(&origin.manifest, limit);
                signatures
                    .extend(published.into_iter().map(|result| result.map_err(registry_error)));
            }
            Err(error) => signatures.push(Err(registry_error(error))),
        }
        signatures
    }
}
