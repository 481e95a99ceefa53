//! Public keys of ECDSA over the curve P-256, as `cosign generate-key-pair` makes them,
//! and what they have signed with SHA-256.
//!
//! A key has one encoding, with its point in full, and is compared to it like any other.
//! A signature has two values that verify, since signers do not agree on one of them;
//! nothing here counts on there being only one.

use ring::agreement::{self, ECDH_P256, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::KeyError;

/// What stands before the point in the DER of an SPKI: a sequence of the algorithm
/// 1.2.840.10045.2.1 with the curve 1.2.840.10045.3.1.7, and a string of 65 bytes.
const SPKI_PREFIX: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// What a point begins with that is written in full.
const UNCOMPRESSED: u8 = 4;
const POINT_BYTES: usize = 65;

/// A point of the curve.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct CurvePoint([u8; POINT_BYTES]);

impl CurvePoint {
    /// The point of a key; nothing when it is a key of another kind.
    pub fn from_spki(der: &[u8]) -> Option<Result<Self, KeyError>> {
        let point: [u8; POINT_BYTES] = der.strip_prefix(SPKI_PREFIX)?.try_into().ok()?;
        (point[0] == UNCOMPRESSED).then(|| match is_on_curve(&point) {
            true => Ok(Self(point)),
            false => Err(KeyError::UnsafePoint),
        })
    }

    /// The key as DER.
    pub fn to_spki(&self) -> Vec<u8> {
        [SPKI_PREFIX, &self.0].concat()
    }

    /// Whether this key has signed a message with a signature in DER.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, signature).is_ok()
    }
}

/// Whether it is a point of the curve. The library says so only when something is done
/// with it: nothing that is not one verifies anything either, but whoever trusts a
/// damaged key learns it now.
fn is_on_curve(point: &[u8; POINT_BYTES]) -> bool {
    let agree = |key| {
        agreement::agree_ephemeral(
            key,
            &agreement::UnparsedPublicKey::new(&ECDH_P256, point),
            |_| (),
        )
    };
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).and_then(agree).is_ok()
}
