//! Keys, and the files they stand in: Ed25519 to sign and to verify with, P-256 to verify
//! with.
//!
//! An Ed25519 key has one encoding in each of its file formats, but for a private key,
//! which may have its public half beside it. So an encoding is compared, not parsed: what
//! differs in one byte is something else.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use env_pack_domain::KeyId;

use super::{KeyError, p256, pem};

/// The most that is read of a key file: the longest has 176 bytes.
pub const MAX_KEY_BYTES: u64 = 4 << 10;

const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";
/// What stands before a public key in the DER of its SPKI: a sequence of the algorithm
/// 1.3.101.112 and a string of 32 bytes.
const SPKI_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// What stands before a private key in the DER of its PKCS#8: version 1, the algorithm, a
/// string of 32 bytes in another.
const PKCS8_PREFIX: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// The same of version 2, which has the public key after it.
const PKCS8_V2_PREFIX: &[u8] = b"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// What stands between the two.
const PKCS8_V2_PUBLIC_PREFIX: &[u8] = b"\x81\x21\x00";

/// A key that signatures are checked with: Ed25519, as packs are signed with, or P-256,
/// as cosign signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
}

#[derive(Clone, PartialEq, Eq)]
enum Algorithm {
    Ed25519(VerifyingKey),
    P256(p256::CurvePoint),
}

/// A key that signatures are made with. It is never shown.
pub struct PrivateKey {
    key: SigningKey,
}

impl PublicKey {
    /// Reads a file that holds one public key, as SPKI in PEM.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let der = pem::decode(text, PUBLIC_LABEL)?;
        if let Some(point) = p256::CurvePoint::from_spki(&der) {
            return Ok(Self { algorithm: Algorithm::P256(point?) });
        }
        let key = der.strip_prefix(SPKI_PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok());
        Self::from_ed25519_bytes(
            &key.ok_or(KeyError::WrongAlgorithm { expected: "Ed25519 or P-256 public" })?,
        )
    }

    /// An Ed25519 key that is a point of the curve, in the only spelling of it, and of an
    /// order that only its owner can sign for.
    pub(super) fn from_ed25519_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::UnsafePoint)?;
        let is_canonical = key.to_edwards().compress().as_bytes() == bytes;
        match is_canonical && !key.is_weak() {
            true => Ok(Self { algorithm: Algorithm::Ed25519(key) }),
            false => Err(KeyError::UnsafePoint),
        }
    }

    /// The key as a file.
    pub fn to_pem(&self) -> String {
        match &self.algorithm {
            Algorithm::Ed25519(key) => {
                pem::encode(&[SPKI_PREFIX, key.as_bytes()].concat(), PUBLIC_LABEL)
            }
            Algorithm::P256(point) => pem::encode(&point.to_spki(), PUBLIC_LABEL),
        }
    }

    /// Its id: the first 16 bytes of a SHA-256, of the 32 bytes of an Ed25519 key, or of
    /// the SPKI of a P-256 key in DER.
    pub fn id(&self) -> KeyId {
        match &self.algorithm {
            Algorithm::Ed25519(key) => KeyId::from_public_key(key.as_bytes()),
            Algorithm::P256(point) => KeyId::from_public_key(&point.to_spki()),
        }
    }

    /// Whether this key has signed a message with these bytes. With Ed25519, they are the
    /// only ones: any other spelling is refused.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::Ed25519(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Algorithm::P256(point) => point.verifies(message, signature),
        }
    }
}

impl PrivateKey {
    /// Makes a key out of the system's randomness.
    ///
    /// # Errors
    /// [`KeyError::RandomSource`]
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| KeyError::RandomSource { reason: error.to_string() })?;
        Ok(Self { key: SigningKey::from_bytes(&seed) })
    }

    /// Reads a file that holds one private key, as PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let der = pem::decode(text, PRIVATE_LABEL)?;
        let other = || KeyError::WrongAlgorithm { expected: "Ed25519 private" };
        if let Some(seed) = der.strip_prefix(PKCS8_PREFIX) {
            let seed: [u8; 32] = seed.try_into().map_err(|_| other())?;
            return Ok(Self { key: SigningKey::from_bytes(&seed) });
        }
        let halves =
            der.strip_prefix(PKCS8_V2_PREFIX).and_then(|rest| rest.split_first_chunk::<32>());
        let (seed, rest) = halves.ok_or_else(other)?;
        let public = rest
            .strip_prefix(PKCS8_V2_PUBLIC_PREFIX)
            .filter(|public| public.len() == 32)
            .ok_or_else(other)?;
        let key = SigningKey::from_bytes(seed);
        match key.verifying_key().as_bytes() == public {
            true => Ok(Self { key }),
            false => Err(KeyError::MismatchedHalves),
        }
    }

    /// The key as a file. Whoever reads it can sign.
    pub fn to_pem(&self) -> String {
        pem::encode(&[PKCS8_PREFIX, self.key.as_bytes()].concat(), PRIVATE_LABEL)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519(self.key.verifying_key()) }
    }

    /// Signs a message: the same one always in the same way.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public().id())
    }
}
