//! ECDSA with the curve P-256 and SHA-256: the keys that `cosign generate-key-pair` makes.
//!
//! Only one encoding of a key is accepted: SPKI with an uncompressed point. Of a
//! signature, two encodings can be valid, because signers do not agree on one of them.
//! Nothing here depends on a signature being unique.

use ring::agreement::{self, ECDH_P256, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::error::KeyError;

/// The DER of an SPKI in front of the point: a sequence of the algorithm 1.2.840.10045.2.1
/// with the curve 1.2.840.10045.3.1.7, and a string of 65 bytes.
const SPKI_PREFIX: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;
const POINT_BYTES: usize = 65;

/// A public key: a point of the curve.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct CurvePoint([u8; POINT_BYTES]);

impl CurvePoint {
    /// Parses a key in DER; returns `None` for keys of other algorithms.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Result<Self, KeyError>> {
        let point: [u8; POINT_BYTES] = der.strip_prefix(SPKI_PREFIX)?.try_into().ok()?;
        if point[0] != UNCOMPRESSED {
            return None;
        }
        if is_on_curve(&point) { Some(Ok(Self(point))) } else { Some(Err(KeyError::UnsafePoint)) }
    }

    /// Encodes the key in DER.
    pub(crate) fn to_spki(&self) -> Vec<u8> {
        [SPKI_PREFIX, &self.0].concat()
    }

    /// Returns true if the key signed this message. The signature is in DER.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, signature).is_ok()
    }
}

/// Returns true for a point of the curve.
///
/// Other points verify nothing, but an operator who trusts a damaged key should learn it
/// at once. The library checks a point only when it is used, here for a key agreement.
fn is_on_curve(point: &[u8; POINT_BYTES]) -> bool {
    let peer = agreement::UnparsedPublicKey::new(&ECDH_P256, point);
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())
        .and_then(|key| agreement::agree_ephemeral(key, &peer, |_| ()))
        .is_ok()
}
