//! Packs and signatures in registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{OciRef, Sha256Digest};

use super::error::FetchError;
use super::limits::FetchLimits;
use super::oci::artifact_manifest::{self, EMPTY_CONFIG, PackAnnotations};
use super::oci::client::RepositoryAction;
use super::oci::error::RegistryError;
use super::oci::manifest::{MANIFEST, OciDescriptor, OciManifest};
use super::oci::pull::{FetchedManifest, LATEST, ResolvedPack};
use super::oci::referrers::{self, PublishedSignature};
use super::oci::registries::Registries;
use super::oci::settings::RegistrySettings;
use super::pack::{FetchedPack, RegistryOrigin};
use super::progress::Progress;

/// Fetches and publishes packs and signatures.
pub struct Registry {
    registries: Registries,
    progress: Box<dyn Progress>,
}

impl Registry {
    pub(super) fn new(
        settings: RegistrySettings,
        limits: FetchLimits,
        progress: Box<dyn Progress>,
    ) -> Self {
        Self { registries: Registries::new(settings, limits), progress }
    }

    /// Whether offline mode is on, in which no socket is opened.
    pub fn is_offline(&self) -> bool {
        self.registries.is_offline()
    }

    pub(super) fn limits(&self) -> &FetchLimits {
        self.registries.limits()
    }

    /// Resolves a reference, and fetches the pack unless `cached` returns it.
    pub(super) fn fetch(
        &self,
        reference: &OciRef,
        max_bytes: u64,
        cached: impl FnOnce(&ResolvedPack) -> Option<FetchedPack>,
    ) -> Result<FetchedPack, FetchError> {
        self.fetch_pack(reference, max_bytes, cached)
            .map_err(|source| FetchError::Registry { reference: reference.clone(), source })
    }

    fn fetch_pack(
        &self,
        reference: &OciRef,
        max_bytes: u64,
        cached: impl FnOnce(&ResolvedPack) -> Option<FetchedPack>,
    ) -> Result<FetchedPack, RegistryError> {
        let mut client = self.registries.client(reference, RepositoryAction::Pull)?;
        let resolved = client.resolve(reference)?;
        if let Some(pack) = cached(&resolved) {
            return Ok(pack);
        }
        let bytes = client.blob(&resolved.layer, max_bytes, self.progress.as_ref())?;
        Ok(FetchedPack::from_registry(reference, resolved, bytes))
    }

    /// Fetches a blob of a pack.
    pub(super) fn fetch_blob(
        &self,
        reference: &OciRef,
        descriptor: &OciDescriptor,
        max_bytes: u64,
    ) -> Result<Vec<u8>, FetchError> {
        self.registries
            .client(reference, RepositoryAction::Pull)
            .and_then(|mut client| client.blob(descriptor, max_bytes, self.progress.as_ref()))
            .map_err(|source| FetchError::Registry { reference: reference.clone(), source })
    }

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
        let manifest = pack_manifest(archive, annotations, signature);
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

    /// Publishes a signature of a pack in its registry. Returns whether it is new there.
    ///
    /// # Errors
    /// [`FetchError::Push`] if the registry does not accept it.
    pub fn push_signature(&self, pack: &FetchedPack, signature: &[u8]) -> Result<bool, FetchError> {
        let Some(RegistryOrigin { reference, manifest }) = &pack.origin else { return Ok(false) };
        self.registries
            .client(reference, RepositoryAction::Push)
            .and_then(|mut client| client.push_signature(manifest, signature))
            .map_err(|source| FetchError::Push { reference: reference.clone(), source })
    }

    /// The signatures of a pack in its registry: the one in the annotations of the manifest,
    /// then, unless offline, its referrers. Those that cannot be fetched are errors.
    pub fn signatures(
        &self,
        pack: &FetchedPack,
        limit: u64,
    ) -> Vec<Result<PublishedSignature, FetchError>> {
        let Some(RegistryOrigin { reference, manifest }) = &pack.origin else { return Vec::new() };
        let registry_error = |source| FetchError::Registry { reference: reference.clone(), source };
        let mut signatures = Vec::new();
        let parsed: Option<OciManifest> = serde_json::from_slice(&manifest.bytes).ok();
        let annotated = parsed.as_ref().and_then(referrers::annotated_signature);
        if let Some(envelope) = annotated.filter(|envelope| envelope.len() as u64 <= limit) {
            signatures.push(Ok(PublishedSignature::Envelope(envelope)));
        }
        if self.is_offline() {
            return signatures;
        }
        match self.registries.client(reference, RepositoryAction::Pull) {
            Ok(mut client) => {
                let published = client.signatures(manifest, limit).into_iter();
                signatures.extend(published.map(|result| result.map_err(registry_error)));
            }
            Err(error) => signatures.push(Err(registry_error(error))),
        }
        signatures
    }
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
