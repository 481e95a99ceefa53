//! What others say of an artifact after it was pushed: signatures that refer to its
//! manifest, by the OCI distribution specification 1.1, or under the tag that it has for
//! registries which do not list them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, Sha256Digest};

use super::artifact_manifest::{self, EMPTY_CONFIG, of, render};
use super::client::RepositoryClient;
use super::error::RegistryError;
use super::http::HttpRequest;
use super::manifest::{Annotations, CONFIG, INDEX, MANIFEST, OciDescriptor, OciIndex, OciManifest};
use super::pull::FetchedManifest;
use crate::fetch::progress::NoProgress;

/// A signature: the envelope of the DSSE specification.
pub(in crate::fetch) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

/// A signature by cosign: a payload that names the digest of the manifest.
const COSIGN_PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// Where cosign puts what it signed the payload with, in Base64.
const COSIGN_SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// A signature as a registry has it. Nothing of it is believed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedSignature {
    /// An envelope about the archive.
    Envelope(Vec<u8>),
    /// A signature by cosign, about the manifest.
    Cosign {
        /// The manifest.
        manifest: Vec<u8>,
        /// What was signed, which names the manifest.
        payload: Vec<u8>,
        /// The signature, in Base64.
        signature: String,
    },
}

type Signatures = Vec<Result<PublishedSignature, RegistryError>>;

impl RepositoryClient<'_> {
    /// Brings a signature of an artifact, so that whoever has the artifact finds it.
    /// Bringing it twice changes nothing; says whether it did.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry does not take it.
    pub fn push_signature(
        &mut self,
        subject: &FetchedManifest,
        envelope: &[u8],
    ) -> Result<bool, RegistryError> {
        let (manifest, digest) = signature(subject, envelope);
        let is_new = match self.manifest_at(&digest.to_string(), Some(&digest)) {
            Ok(_) => false,
            Err(RegistryError::NotFound { .. }) => true,
            Err(error) => return Err(error),
        };
        for blob in [EMPTY_CONFIG, envelope] {
            self.push_blob(&Sha256Digest::compute(blob), blob)?;
        }
        let referrer =
            OciDescriptor { artifact_type: Some(ENVELOPE.to_owned()), ..of(MANIFEST, &manifest) };
        if !self.push_manifest(&digest.to_string(), MANIFEST, &manifest)? {
            self.list_referrer(&subject.digest, referrer)?;
        }
        Ok(is_new)
    }

    /// Adds to the list of what refers to an artifact, which nobody else keeps for this
    /// registry.
    fn list_referrer(
        &mut self,
        subject: &Sha256Digest,
        referrer: OciDescriptor,
    ) -> Result<(), RegistryError> {
        let tag = fallback_tag(subject);
        let mut index = self.tagged_referrers(&tag)?.unwrap_or_else(|| OciIndex {
            schema_version: 2,
            media_type: Some(INDEX.to_owned()),
            manifests: Vec::new(),
            annotations: Annotations::default(),
        });
        if index.manifests.iter().any(|listed| listed.digest == referrer.digest) {
            return Ok(());
        }
        index.manifests.push(referrer);
        self.push_manifest(&tag, INDEX, &render(&index)).map(drop)
    }

    /// The signatures of an artifact: envelopes that refer to it, then those of cosign,
    /// and last what could not be had.
    pub fn signatures(&mut self, subject: &FetchedManifest, limit: u64) -> Signatures {
        let mut signatures = Signatures::new();
        let most = usize::try_from(self.http.limits().signatures).unwrap_or(usize::MAX);
        let is_signature =
            |referrer: &&OciDescriptor| referrer.artifact_type.as_deref() == Some(ENVELOPE);
        let tag = fallback_tag(&subject.digest);
        // a registry that answers one question oddly may answer the others well
        for index in [self.listed_referrers(&subject.digest), self.tagged_referrers(&tag)] {
            match index {
                Ok(index) => {
                    let listed = index
                        .iter()
                        .flat_map(|index| &index.manifests)
                        .filter(is_signature)
                        .take(most);
                    let found: Vec<_> =
                        listed.map(|listed| self.signature(listed, limit)).collect();
                    signatures.extend(
                        found.into_iter().map(|found| found.map(PublishedSignature::Envelope)),
                    );
                }
                Err(error) => signatures.push(Err(error)),
            }
        }
        match self.cosign_signatures(subject, limit) {
            Ok(found) => signatures.extend(found.into_iter().take(most)),
            Err(error) => signatures.push(Err(error)),
        }
        // what cannot be had matters only where nothing else can
        signatures.sort_by_key(Result::is_err);
        signatures
    }

    /// What cosign keeps under a tag that is named after the manifest.
    fn cosign_signatures(
        &mut self,
        subject: &FetchedManifest,
        limit: u64,
    ) -> Result<Signatures, RegistryError> {
        let tagged = match self.manifest_at(&cosign_tag(&subject.digest), None) {
            Ok(tagged) => self.parsed(&tagged)?,
            Err(RegistryError::NotFound { .. }) => return Ok(Signatures::new()),
            Err(error) => return Err(error),
        };
        let mut signatures = Signatures::new();
        for layer in &tagged.layers {
            let Some(signature) = cosign_signature(layer) else { continue };
            let manifest = subject.bytes.clone();
            signatures.push(
                self.blob(layer, limit, &NoProgress).map(|payload| PublishedSignature::Cosign {
                    manifest,
                    payload,
                    signature,
                }),
            );
        }
        Ok(signatures)
    }

    fn signature(
        &mut self,
        referrer: &OciDescriptor,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let manifest = self.manifest_at(&referrer.digest.to_string(), Some(&referrer.digest))?;
        let parsed = self.parsed(&manifest)?;
        match parsed.layers.as_slice() {
            [layer] if layer.media_type == ENVELOPE => self.blob(layer, limit, &NoProgress),
            _ => Err(RegistryError::Malformed {
                host: self.endpoint.host(),
                what: "a signature",
                reason: ForeignText::new("it is not one envelope"),
            }),
        }
    }

    /// What the registry lists, if it does.
    fn listed_referrers(
        &mut self,
        subject: &Sha256Digest,
    ) -> Result<Option<OciIndex>, RegistryError> {
        let request = HttpRequest::get(self.endpoint.referrers(subject), "the list of referrers")
            .with("accept", INDEX);
        let response = self.send(&request)?;
        match response.is_success() {
            true => {
                let bytes = response.bytes(self.http.limits().manifest_bytes)?;
                self.index(&bytes).map(Some)
            }
            // registries that do not know the question answer it in many ways
            false => Ok(None),
        }
    }

    fn tagged_referrers(&mut self, tag: &str) -> Result<Option<OciIndex>, RegistryError> {
        match self.manifest_at(tag, None) {
            Ok(found) => self.index(&found.bytes).map(Some),
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn index(&self, bytes: &[u8]) -> Result<OciIndex, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| RegistryError::Malformed {
            host: self.endpoint.host(),
            what: "the list of referrers",
            reason: ForeignText::sentence(&error.to_string()),
        })
    }
}

/// The manifest of a signature, and its digest.
pub(in crate::fetch) fn signature(
    subject: &FetchedManifest,
    envelope: &[u8],
) -> (Vec<u8>, Sha256Digest) {
    let subject = Some(of(MANIFEST, &subject.bytes));
    let manifest =
        render(&OciManifest { subject, ..artifact_manifest::of_one(ENVELOPE, envelope) });
    let digest = Sha256Digest::compute(&manifest);
    (manifest, digest)
}

/// The signature that a manifest holds itself.
pub(in crate::fetch) fn annotated(manifest: &OciManifest) -> Option<Vec<u8>> {
    STANDARD.decode(manifest.annotations.get(artifact_manifest::SIGNATURE)?).ok()
}

/// The manifest of signatures by cosign, as payloads and signatures.
pub(in crate::fetch) fn cosign_manifest<'a>(
    signatures: impl IntoIterator<Item = &'a (Vec<u8>, String)>,
) -> Vec<u8> {
    let layer = |(payload, signature): &(Vec<u8>, String)| OciDescriptor {
        annotations: [(COSIGN_SIGNATURE.to_owned(), signature.clone())].into(),
        ..of(COSIGN_PAYLOAD, payload)
    };
    render(&OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: None,
        config: of(CONFIG, EMPTY_CONFIG),
        layers: signatures.into_iter().map(layer).collect(),
        subject: None,
        annotations: Annotations::default(),
    })
}

/// The signature in a layer by cosign.
pub(in crate::fetch) fn cosign_signature(layer: &OciDescriptor) -> Option<String> {
    let signature = layer.annotations.get(COSIGN_SIGNATURE);
    signature.filter(|_| layer.media_type == COSIGN_PAYLOAD).cloned()
}

/// The tag under which cosign puts what it says of a manifest.
pub(in crate::fetch) fn cosign_tag(subject: &Sha256Digest) -> String {
    format!("{}.sig", fallback_tag(subject))
}

/// The manifest that a tag of cosign is about.
pub(in crate::fetch) fn cosigned(tag: &str) -> Option<Sha256Digest> {
    let hex = tag.strip_prefix("sha256-")?.strip_suffix(".sig")?;
    format!("sha256:{hex}").parse().ok()
}

/// The tag under which what refers to an artifact is listed, where the registry does not
/// do it.
fn fallback_tag(subject: &Sha256Digest) -> String {
    format!("sha256-{}", subject.hex())
}
