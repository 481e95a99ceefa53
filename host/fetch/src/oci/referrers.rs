//! Signatures in registries: DSSE envelopes that refer to a manifest, and signatures of
//! cosign.
//!
//! Referrers are listed with the referrers API of the OCI distribution specification 1.1,
//! or under the fallback tag that it defines for registries without this API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, Sha256Digest};

use super::artifact_manifest::{EMPTY_CONFIG, SIGNATURE, single_layer_manifest};
use super::client::RepositoryClient;
use super::error::RegistryError;
use super::manifest::{
    Annotations, CONFIG, INDEX, MANIFEST, OciDescriptor, OciIndex, OciManifest, to_json,
};
use super::pull::FetchedManifest;
use super::request::HttpRequest;
use crate::progress::NoProgress;

/// The media type of a [DSSE envelope](https://github.com/secure-systems-lab/dsse).
pub(crate) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

/// The media type of a payload that cosign signs. It names the digest of the manifest.
const COSIGN_PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation with cosign's signature of the payload, in Base64.
const COSIGN_SIGNATURE: &str = "dev.cosignproject.cosign/signature";

const REFERRERS: &str = "the list of referrers";

/// A signature in a registry, not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedSignature {
    /// A DSSE envelope that signs the archive.
    Envelope(Vec<u8>),
    /// A signature of cosign, which signs the manifest.
    Cosign {
        /// The manifest.
        manifest: Vec<u8>,
        /// The signed payload, which names the digest of the manifest.
        payload: Vec<u8>,
        /// The signature, in Base64.
        signature: String,
    },
}

/// Signatures, and the errors of those that cannot be fetched.
type SignatureResults = Vec<Result<PublishedSignature, RegistryError>>;

impl RepositoryClient<'_> {
    /// Publishes a signature of a manifest. Returns whether it is new; publishing the same
    /// signature again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not accept it.
    pub(crate) fn push_signature(
        &mut self,
        subject: &FetchedManifest,
        envelope: &[u8],
    ) -> Result<bool, RegistryError> {
        let manifest = signature_manifest(subject, envelope);
        let digest = Sha256Digest::compute(&manifest);
        let is_new = match self.manifest_at(&digest.to_string(), Some(&digest)) {
            Ok(_) => false,
            Err(RegistryError::NotFound { .. }) => true,
            Err(error) => return Err(error),
        };
        for blob in [EMPTY_CONFIG, envelope] {
            self.push_blob(&Sha256Digest::compute(blob), blob)?;
        }
        let is_listed = self.push_manifest(&digest.to_string(), MANIFEST, &manifest)?;
        if !is_listed {
            let mut referrer = OciDescriptor::of_bytes(MANIFEST, &manifest);
            referrer.artifact_type = Some(ENVELOPE.to_owned());
            self.list_referrer(&subject.digest, referrer)?;
        }
        Ok(is_new)
    }

    /// Adds a referrer under the fallback tag, which clients maintain themselves.
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
        self.push_manifest(&tag, INDEX, &to_json(&index))?;
        Ok(())
    }

    /// The signatures of a manifest: envelopes, then signatures of cosign, then errors. An
    /// error matters only if no signature is trusted.
    pub(crate) fn signatures(&mut self, subject: &FetchedManifest, limit: u64) -> SignatureResults {
        let max = usize::try_from(self.http().limits().signatures).unwrap_or(usize::MAX);
        let tag = fallback_tag(&subject.digest);
        let mut signatures = SignatureResults::new();
        // a registry may fail one of these requests and answer the others
        for index in [self.listed_referrers(&subject.digest), self.tagged_referrers(&tag)] {
            match index {
                Ok(index) => {
                    let referrers = index.map(|index| index.manifests).unwrap_or_default();
                    let envelopes = referrers
                        .iter()
                        .filter(|referrer| referrer.artifact_type.as_deref() == Some(ENVELOPE));
                    for referrer in envelopes.take(max) {
                        let envelope = self.envelope(referrer, limit);
                        signatures.push(envelope.map(PublishedSignature::Envelope));
                    }
                }
                Err(error) => signatures.push(Err(error)),
            }
        }
        match self.cosign_signatures(subject, limit) {
            Ok(found) => signatures.extend(found.into_iter().take(max)),
            Err(error) => signatures.push(Err(error)),
        }
        signatures.sort_by_key(Result::is_err);
        signatures
    }

    /// The signatures under the tag that cosign derives from the digest.
    fn cosign_signatures(
        &mut self,
        subject: &FetchedManifest,
        limit: u64,
    ) -> Result<SignatureResults, RegistryError> {
        let tagged = match self.manifest_at(&cosign_tag(&subject.digest), None) {
            Ok(tagged) => self.parse_manifest(&tagged)?,
            Err(RegistryError::NotFound { .. }) => return Ok(SignatureResults::new()),
            Err(error) => return Err(error),
        };
        let mut signatures = SignatureResults::new();
        for layer in &tagged.layers {
            let Some(signature) = cosign_signature(layer) else { continue };
            let manifest = subject.bytes.clone();
            let payload = self.blob(layer, limit, &NoProgress);
            signatures.push(payload.map(|payload| PublishedSignature::Cosign {
                manifest,
                payload,
                signature,
            }));
        }
        Ok(signatures)
    }

    /// Fetches the envelope of a referrer.
    fn envelope(&mut self, referrer: &OciDescriptor, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let digest = referrer.digest;
        let manifest = self.manifest_at(&digest.to_string(), Some(&digest))?;
        let parsed = self.parse_manifest(&manifest)?;
        match parsed.layers.as_slice() {
            [layer] if layer.media_type == ENVELOPE => self.blob(layer, limit, &NoProgress),
            _ => Err(RegistryError::Malformed {
                host: self.endpoint.host(),
                what: "a signature",
                reason: ForeignText::new("it is not a single envelope"),
            }),
        }
    }

    /// The referrers that the API lists; none if the registry does not have the API.
    fn listed_referrers(
        &mut self,
        subject: &Sha256Digest,
    ) -> Result<Option<OciIndex>, RegistryError> {
        let request = HttpRequest::get(self.endpoint.referrers(subject), REFERRERS)
            .with_header("accept", INDEX);
        let response = self.send(&request)?;
        // registries without the API respond with different statuses
        if !response.is_success() {
            return Ok(None);
        }
        let bytes = response.bytes(self.http().limits().manifest_bytes)?;
        self.parse_index(&bytes).map(Some)
    }

    fn tagged_referrers(&mut self, tag: &str) -> Result<Option<OciIndex>, RegistryError> {
        match self.manifest_at(tag, None) {
            Ok(found) => self.parse_index(&found.bytes).map(Some),
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse_index(&self, bytes: &[u8]) -> Result<OciIndex, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| RegistryError::Malformed {
            host: self.endpoint.host(),
            what: REFERRERS,
            reason: ForeignText::sentence(&error.to_string()),
        })
    }
}

/// The manifest of a signature, which refers to the signed manifest.
pub(crate) fn signature_manifest(subject: &FetchedManifest, envelope: &[u8]) -> Vec<u8> {
    let subject = Some(OciDescriptor::of_bytes(MANIFEST, &subject.bytes));
    to_json(&OciManifest { subject, ..single_layer_manifest(ENVELOPE, envelope) })
}

/// The signature in the annotations of a manifest.
pub(crate) fn annotated_signature(manifest: &OciManifest) -> Option<Vec<u8>> {
    STANDARD.decode(manifest.annotations.get(SIGNATURE)?).ok()
}

/// The manifest of signatures of cosign, each a payload and its signature.
pub(crate) fn cosign_manifest<'a>(
    signatures: impl IntoIterator<Item = &'a (Vec<u8>, String)>,
) -> Vec<u8> {
    let layers = signatures.into_iter().map(|(payload, signature)| {
        let mut layer = OciDescriptor::of_bytes(COSIGN_PAYLOAD, payload);
        layer.annotations.insert(COSIGN_SIGNATURE.to_owned(), signature.clone());
        layer
    });
    to_json(&OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: None,
        config: OciDescriptor::of_bytes(CONFIG, EMPTY_CONFIG),
        layers: layers.collect(),
        subject: None,
        annotations: Annotations::default(),
    })
}

/// The signature of a layer that cosign wrote.
pub(crate) fn cosign_signature(layer: &OciDescriptor) -> Option<String> {
    let signature = layer.annotations.get(COSIGN_SIGNATURE);
    signature.filter(|_| layer.media_type == COSIGN_PAYLOAD).cloned()
}

/// The tag under which cosign stores the signatures of a manifest.
pub(crate) fn cosign_tag(subject: &Sha256Digest) -> String {
    format!("{}.sig", fallback_tag(subject))
}

/// The digest of the manifest whose signatures are under this tag of cosign.
pub(crate) fn cosign_subject(tag: &str) -> Option<Sha256Digest> {
    let hex = tag.strip_prefix("sha256-")?.strip_suffix(".sig")?;
    format!("sha256:{hex}").parse().ok()
}

/// The tag for the referrers of a manifest in registries without the referrers API.
fn fallback_tag(subject: &Sha256Digest) -> String {
    format!("sha256-{}", subject.hex())
}
