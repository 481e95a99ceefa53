//! A cosign signature as one document that needs no registry: the manifest that was
//! signed, the payload and the signature.
//!
//! From the digest of an archive to the signature, everything follows from bytes: the
//! archive is a layer of the manifest, the digest of the manifest stands in the payload,
//! and the payload is signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::{PublicKey, SignatureError, cosign, strict_json};

/// The most that is read of a bundle: room for a manifest of a hundred KiB, where one of
/// a pack has one.
pub const MAX_BUNDLE_BYTES: u64 = 256 << 10;
/// The type of the document, which is ours.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.greentic.cosign-bundle.v1+json";

/// A cosign signature and what it is about. Nothing in it is believed before it is
/// [verified](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignBundle {
    manifest: Vec<u8>,
    payload: Vec<u8>,
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

/// What a document says it is.
#[derive(Deserialize)]
struct MediaTypeHeader {
    #[serde(rename = "mediaType")]
    media_type: String,
}

/// What counts of a manifest.
#[derive(Deserialize)]
struct SignedManifest {
    layers: Vec<ManifestLayer>,
}

#[derive(Deserialize)]
struct ManifestLayer {
    digest: String,
}

impl CosignBundle {
    /// Puts a bundle together: the exact bytes of the manifest and of the payload, and
    /// the signature in Base64, as a registry has them.
    ///
    /// # Errors
    /// [`SignatureError::TooLarge`]
    pub fn new(
        manifest: &[u8],
        payload: &[u8],
        signature_base64: &str,
    ) -> Result<Self, SignatureError> {
        let (manifest, payload) = (manifest.to_vec(), payload.to_vec());
        let bundle = Self { manifest, payload, signature: signature_base64.to_owned() };
        match bundle.render().len() as u64 > MAX_BUNDLE_BYTES {
            true => Err(SignatureError::TooLarge { limit: MAX_BUNDLE_BYTES }),
            false => Ok(bundle),
        }
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`SignatureError`] when it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_BUNDLE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_BUNDLE_BYTES });
        }
        if let Some(found) = media_type(bytes).filter(|found| found != BUNDLE_MEDIA_TYPE) {
            let found = ForeignText::excerpt(&found);
            return Err(SignatureError::WrongType {
                member: "mediaType",
                found,
                expected: BUNDLE_MEDIA_TYPE,
            });
        }
        let document: BundleDocument = strict_json::parse(bytes).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            SignatureError::malformed(place, &error.to_string())
        })?;
        let decode = |place: &str, text: &str| {
            STANDARD.decode(text).map_err(|_| SignatureError::malformed(place, "it is not Base64"))
        };
        Ok(Self {
            manifest: decode("`manifest`", &document.manifest)?,
            payload: decode("`payload`", &document.payload)?,
            signature: document.signature,
        })
    }

    /// What it is put together from: the manifest, the payload, and the signature in
    /// Base64.
    pub fn parts(&self) -> (&[u8], &[u8], &str) {
        (&self.manifest, &self.payload, &self.signature)
    }

    /// The document: always the same bytes.
    pub fn render(&self) -> Vec<u8> {
        let document = BundleDocument {
            media_type: BUNDLE_MEDIA_TYPE.to_owned(),
            manifest: STANDARD.encode(&self.manifest),
            payload: STANDARD.encode(&self.payload),
            signature: self.signature.clone(),
        };
        let mut text = serde_json::to_vec(&document).expect("text makes JSON");
        text.push(b'\n');
        text
    }

    /// Whether it is about this archive: the manifest has it as a layer, and the payload
    /// is about the manifest.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not.
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        let manifest: SignedManifest = strict_json::parse(&self.manifest)
            .map_err(|error| SignatureError::malformed("`manifest`", &error.to_string()))?;
        let archive_text = archive.to_string();
        if manifest.layers.iter().all(|layer| layer.digest != archive_text) {
            return Err(SignatureError::ArchiveNotInManifest { archive: *archive });
        }
        cosign::ensure_signs(&self.payload, &Sha256Digest::compute(&self.manifest))
    }

    /// Which of these keys vouches for an archive. Whoever signs a manifest vouches for
    /// every layer of it.
    ///
    /// # Errors
    /// [`SignatureError`] when none does.
    pub fn verify(
        &self,
        archive: &Sha256Digest,
        trusted: &[PublicKey],
    ) -> Result<KeyId, SignatureError> {
        self.ensure_signs(archive)?;
        cosign::verify(
            &self.payload,
            &self.signature,
            &Sha256Digest::compute(&self.manifest),
            trusted,
        )
    }
}

/// The media type that a document gives itself, if it gives one.
pub(super) fn media_type(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice(bytes).ok().map(|head: MediaTypeHeader| head.media_type)
}
