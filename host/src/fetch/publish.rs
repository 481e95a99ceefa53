//! Packs to registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{OciRef, Sha256Digest};

use super::oci::artifact::{self, EMPTY_CONFIG, Notes};
use super::oci::manifest::{MANIFEST, Manifest};
use super::oci::{LATEST, Published, Pulled, Purpose, RegistryError, referrers};
use super::{FetchError, Fetched, Fetcher};

impl Fetcher {
    /// Brings an archive to a registry. A signature goes along in the manifest, where the
    /// existing tools look for it, and as an artifact that refers to it. Gives back
    /// the digest of the manifest.
    ///
    /// # Errors
    /// [`FetchError::NotPushed`] when the registry does not take it.
    pub fn push(
        &self,
        reference: &OciRef,
        archive: &Fetched,
        notes: &Notes,
        signature: Option<&[u8]>,
    ) -> Result<Sha256Digest, FetchError> {
        let failed = |source| FetchError::NotPushed { reference: reference.clone(), source };
        let manifest = Self::manifest_of(archive, notes, signature);
        let mut access = self.registries.access(reference, Purpose::Push).map_err(failed)?;
        let mut push = || -> Result<(), RegistryError> {
            access.push_blob(&Sha256Digest::of(EMPTY_CONFIG), EMPTY_CONFIG)?;
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
        archive: &Fetched,
        notes: &Notes,
        signature: Option<&[u8]>,
    ) -> Pulled {
        let notes = Notes {
            signature: signature.map(|envelope| STANDARD.encode(envelope)),
            ..notes.clone()
        };
        let bytes = artifact::manifest(archive.digest, archive.bytes.len() as u64, &notes);
        Pulled { digest: Sha256Digest::of(&bytes), bytes }
    }

    /// Brings a signature of a pack that a registry has; says whether it was not there
    /// already.
    ///
    /// # Errors
    /// [`FetchError::NotPushed`] when the registry does not take it.
    pub fn push_signature(&self, pack: &Fetched, signature: &[u8]) -> Result<bool, FetchError> {
        let Some(found) = &pack.found else { return Ok(false) };
        let failed = |source| FetchError::NotPushed { reference: found.reference.clone(), source };
        let mut access = self.registries.access(&found.reference, Purpose::Push).map_err(failed)?;
        access.push_signature(&found.manifest, signature).map_err(failed)
    }

    /// The signatures of a pack that its registry has: in its manifest, and of those who
    /// signed it later. Offline there are only the former. What cannot be had is an
    /// error in its place.
    pub fn published_signatures(
        &self,
        pack: &Fetched,
        limit: u64,
    ) -> Vec<Result<Published, FetchError>> {
        let Some(found) = &pack.found else { return Vec::new() };
        let failed = |source| FetchError::Registry { reference: found.reference.clone(), source };
        let parsed: Option<Manifest> = serde_json::from_slice(&found.manifest.bytes).ok();
        let annotated = parsed
            .as_ref()
            .and_then(referrers::annotated)
            .into_iter()
            .filter(|envelope| envelope.len() as u64 <= limit);
        let mut signatures: Vec<_> =
            annotated.map(|envelope| Ok(Published::Envelope(envelope))).collect();
        if !self.registries.is_offline() {
            let access = self.registries.access(&found.reference, Purpose::Pull);
            match access.map(|mut access| access.signatures(&found.manifest, limit)) {
                Ok(published) => signatures
                    .extend(published.into_iter().map(|signature| signature.map_err(failed))),
                Err(error) => signatures.push(Err(failed(error))),
            }
        }
        signatures
    }
}
