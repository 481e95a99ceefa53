//! A cosign signature in one document, for use without a registry: the signed manifest,
//! the payload and the signature.
//!
//! The parts are linked by digests: the archive is a layer of the manifest, the payload
//! has the digest of the manifest, and the signature is over the payload.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::cosign;
use super::error::SignatureError;
use super::key::PublicKey;
use super::strict_json;

/// Maximum size of a bundle, in bytes. It has room for a manifest of 100 KiB; that of a
/// pack has about one.
pub const MAX_BUNDLE_BYTES: u64 = 256 << 10;
/// The media type of a bundle. The format is specific to this host.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.greentic.cosign-bundle.v1+json";

/// A cosign signature with the manifest and payload that it signs. Do not rely on its
/// content before [`verify`](Self::verify) succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignBundle {
    manifest: Vec<u8>,
    payload: Vec<u8>,
    /// In Base64.
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleDocument {
    #[serde(rename = "mediaType")]
    media_type: String,
    manifest: String,
    payload: String,
    signature: String,
}

/// The member by which a bundle is recognised.
#[derive(Deserialize)]
struct MediaTypeHeader {
    #[serde(rename = "mediaType")]
    media_type: String,
}

/// The members of an OCI manifest that matter here.
#[derive(Deserialize)]
struct SignedManifest {
    layers: Vec<ManifestLayer>,
}

#[derive(Deserialize)]
struct ManifestLayer {
    digest: String,
}

impl CosignBundle {
    /// Makes a bundle of the exact bytes of manifest and payload, and the signature in
    /// Base64, as the registry returns them.
    ///
    /// # Errors
    /// [`SignatureError::TooLarge`]
    pub fn new(
        manifest: &[u8],
        payload: &[u8],
        signature_base64: &str,
    ) -> Result<Self, SignatureError> {
        let bundle = Self {
            manifest: manifest.to_vec(),
            payload: payload.to_vec(),
            signature: signature_base64.to_owned(),
        };
        if bundle.render().len() as u64 > MAX_BUNDLE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_BUNDLE_BYTES });
        }
        Ok(bundle)
    }

    /// Parses a bundle.
    ///
    /// # Errors
    /// [`SignatureError`] when it is malformed, too large, or has another media type.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_BUNDLE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_BUNDLE_BYTES });
        }
        if let Some(found) = media_type(bytes)
            && found != BUNDLE_MEDIA_TYPE
        {
            return Err(SignatureError::WrongType {
                member: "mediaType",
                found: ForeignText::excerpt(&found),
                expected: BUNDLE_MEDIA_TYPE,
            });
        }
        let document: BundleDocument =
            strict_json::parse(bytes).map_err(|error| SignatureError::malformed_json(&error))?;
        Ok(Self {
            manifest: decode_base64("`manifest`", &document.manifest)?,
            payload: decode_base64("`payload`", &document.payload)?,
            signature: document.signature,
        })
    }

    /// The arguments of [`new`](Self::new): the manifest, the payload, and the signature
    /// in Base64.
    pub fn parts(&self) -> (&[u8], &[u8], &str) {
        (&self.manifest, &self.payload, &self.signature)
    }

    /// Renders the bundle as JSON. Equal bundles render to equal bytes.
    pub fn render(&self) -> Vec<u8> {
        let document = BundleDocument {
            media_type: BUNDLE_MEDIA_TYPE.to_owned(),
            manifest: STANDARD.encode(&self.manifest),
            payload: STANDARD.encode(&self.payload),
            signature: self.signature.clone(),
        };
        let mut text = serde_json::to_vec(&document).expect("a bundle serialises");
        text.push(b'\n');
        text
    }

    /// Checks that it signs this archive, without verifying it: the manifest has the
    /// archive as a layer, and the payload is about the manifest.
    ///
    /// # Errors
    /// [`SignatureError`] when it signs something else.
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        let manifest: SignedManifest = strict_json::parse(&self.manifest)
            .map_err(|error| SignatureError::malformed("`manifest`", &error.to_string()))?;
        let archive_text = archive.to_string();
        if manifest.layers.iter().all(|layer| layer.digest != archive_text) {
            return Err(SignatureError::ArchiveNotInManifest { archive: *archive });
        }
        cosign::ensure_signs(&self.payload, &Sha256Digest::compute(&self.manifest))
    }

    /// Verifies it for an archive; returns the trusted key that signed it. Signing a
    /// manifest signs all of its layers.
    ///
    /// # Errors
    /// [`SignatureError`] when none of the keys did.
    pub fn verify(
        &self,
        archive: &Sha256Digest,
        trusted: &[PublicKey],
    ) -> Result<KeyId, SignatureError> {
        self.ensure_signs(archive)?;
        let manifest = Sha256Digest::compute(&self.manifest);
        cosign::verify(&self.payload, &self.signature, &manifest, trusted)
    }
}

/// The media type that a document states, if it states one.
pub(super) fn media_type(bytes: &[u8]) -> Option<String> {
    let header: MediaTypeHeader = serde_json::from_slice(bytes).ok()?;
    Some(header.media_type)
}

fn decode_base64(place: &str, text: &str) -> Result<Vec<u8>, SignatureError> {
    STANDARD.decode(text).map_err(|_| SignatureError::malformed(place, "it is not Base64"))
}
