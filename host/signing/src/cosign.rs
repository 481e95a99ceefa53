//! Signatures made by `cosign sign --key`: a [simple signing] payload about an OCI
//! manifest, and a signature of exactly these bytes.
//!
//! Certificates, transparency logs and timestamps are ignored, because the operator knows
//! whose key it is. The image name in the payload is ignored too, because a copy in
//! another repository has the same manifest.
//!
//! [simple signing]: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::Deserialize;

use super::error::SignatureError;
use super::key::PublicKey;
use super::strict_json;

/// Maximum size of a payload, in bytes. A typical one has 250, and some more for each
/// annotation.
pub const MAX_PAYLOAD_BYTES: usize = 64 << 10;
/// Maximum length of a signature in Base64. The longest one in DER has 72 bytes, which
/// take 96 characters.
const MAX_SIGNATURE_CHARS: usize = 128;
const TYPE: &str = "cosign container image signature";

/// The signed document. Unknown members are ignored here, but refused in `critical`.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Critical {
    #[expect(dead_code, reason = "required, but not trusted")]
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    #[expect(dead_code, reason = "must be a string, but is not trusted")]
    #[serde(rename = "docker-reference")]
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    manifest: String,
}

/// Verifies a cosign signature of a manifest; returns the key that made it.
///
/// In a registry, the payload is the layer of the tag `sha256-<hex>.sig`, and the signature
/// is the layer's annotation `dev.cosignproject.cosign/signature`.
///
/// # Errors
/// [`SignatureError`] when the payload is malformed or about another manifest, or none of
/// the keys made the signature.
pub fn verify(
    payload: &[u8],
    signature_base64: &str,
    manifest: &Sha256Digest,
    keys: &[PublicKey],
) -> Result<KeyId, SignatureError> {
    ensure_signs(payload, manifest)?;
    let malformed = || SignatureError::malformed("`signature`", "it is not a signature in Base64");
    if signature_base64.len() > MAX_SIGNATURE_CHARS {
        return Err(malformed());
    }
    let signature = STANDARD.decode(signature_base64).map_err(|_| malformed())?;
    let signer = keys.iter().find(|key| key.verifies(payload, &signature));
    signer.map(PublicKey::id).ok_or(SignatureError::NoTrustedKey)
}

/// Checks that a payload is about this manifest.
pub(super) fn ensure_signs(payload: &[u8], manifest: &Sha256Digest) -> Result<(), SignatureError> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(SignatureError::TooLarge { limit: MAX_PAYLOAD_BYTES as u64 });
    }
    let Payload { critical } = strict_json::parse(payload)
        .map_err(|error| SignatureError::malformed("`payload`", &error.to_string()))?;
    if critical.kind != TYPE {
        let found = ForeignText::excerpt(&critical.kind);
        return Err(SignatureError::WrongType { member: "critical.type", found, expected: TYPE });
    }
    let signed = critical.image.manifest.parse().map_err(|_| {
        let place = "`critical.image.docker-manifest-digest`";
        SignatureError::malformed(place, "it is not a SHA-256 digest")
    })?;
    if signed != *manifest {
        return Err(SignatureError::WrongManifest { signed, manifest: *manifest });
    }
    Ok(())
}
