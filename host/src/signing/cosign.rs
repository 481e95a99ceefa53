//! Signatures that `cosign sign --key` makes: a "simple signing" payload about the
//! manifest of an image, and a signature over exactly its bytes.
//!
//! No certificates, logs or timestamps are looked at: whose key it is, the operator
//! knows. The name of the image that the payload gives is not either: a copy in another
//! repository is the same manifest, and stays signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::Deserialize;

use super::{PublicKey, SignatureError, strict_json};

/// The most that is read of a payload: an honest one has 250 bytes, and a few more for
/// each annotation.
pub const MAX_PAYLOAD_BYTES: usize = 64 << 10;
/// The most characters of a signature: the longest in DER has 72 bytes, which are 96
/// characters.
const MAX_SIGNATURE_CHARACTERS: usize = 128;
const TYPE: &str = "cosign container image signature";

/// What is signed. Members beside `critical` say nothing to us; within it there is
/// nothing that may be passed over.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Critical {
    #[expect(dead_code, reason = "it must be there, and is not believed")]
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    #[expect(dead_code, reason = "it must be a text, and is not believed")]
    #[serde(rename = "docker-reference")]
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    manifest: String,
}

/// Which of these keys vouches for a manifest, with a payload and its signature as a
/// registry has them: the layer of `sha256-<hex>.sig`, and the annotation
/// `dev.cosignproject.cosign/signature` of it.
///
/// # Errors
/// [`SignatureError`] when none does, or the payload is about something else.
pub fn verify(
    payload: &[u8],
    signature_base64: &str,
    manifest: &Sha256Digest,
    keys: &[PublicKey],
) -> Result<KeyId, SignatureError> {
    ensure_signs(payload, manifest)?;
    let signature = match signature_base64.len() <= MAX_SIGNATURE_CHARACTERS {
        true => STANDARD.decode(signature_base64).ok(),
        false => None,
    };
    let signature = signature
        .ok_or_else(|| SignatureError::malformed("`signature`", "it is no signature in Base64"))?;
    let signer = keys.iter().find(|key| key.verifies(payload, &signature));
    signer.map(PublicKey::id).ok_or(SignatureError::NoTrustedKey)
}

/// Whether a payload is about this manifest.
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
    let place = "`critical.image.docker-manifest-digest`";
    let signed = critical
        .image
        .manifest
        .parse()
        .map_err(|_| SignatureError::malformed(place, "it is no SHA-256"))?;
    match signed == *manifest {
        true => Ok(()),
        false => Err(SignatureError::WrongManifest { signed, manifest: *manifest }),
    }
}
