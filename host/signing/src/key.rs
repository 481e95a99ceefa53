//! Keys and their PEM files: Ed25519 for signing and verifying, P-256 for verifying only.
//!
//! A public key has exactly one accepted encoding for each algorithm, so encodings are compared
//! with fixed prefixes instead of being parsed. `pkcs8` parses private keys.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use env_pack_domain::KeyId;

use super::error::KeyError;
use super::p256;
use super::pem;
use super::pkcs8;

/// Maximum size of a key file, in bytes. A key has less than 200; text and attributes may be
/// around it.
pub const MAX_KEY_BYTES: u64 = 4 << 10;

const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";
/// The DER of an SPKI in front of a public key: a sequence of the algorithm 1.3.101.112
/// and a string of 32 bytes.
const SPKI_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// The DER of PKCS#8 in front of a private key that is written: version 1, the algorithm, a
/// string of 32 bytes in another.
const PKCS8_PREFIX: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// A key that verifies signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
}

#[derive(Clone, PartialEq, Eq)]
enum Algorithm {
    /// Signs packs with `gtc pack sign`.
    Ed25519(VerifyingKey),
    /// Signs OCI manifests with cosign.
    P256(p256::CurvePoint),
}

/// An Ed25519 key that makes signatures. `Debug` shows only the id of its public key.
pub struct PrivateKey {
    key: SigningKey,
}

impl PublicKey {
    /// Parses a PEM file with one public key (SPKI).
    ///
    /// # Errors
    /// [`KeyError`] when it is not an accepted encoding of an Ed25519 or P-256 key.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let der = pem::decode(text, PUBLIC_LABEL)?;
        if let Some(point) = p256::CurvePoint::from_spki(&der) {
            return Ok(Self { algorithm: Algorithm::P256(point?) });
        }
        let key = der.strip_prefix(SPKI_PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.ok_or(KeyError::WrongAlgorithm { expected: "Ed25519 or P-256 public" })?;
        Self::from_ed25519_bytes(&key)
    }

    /// Makes an Ed25519 key. Refuses points that are not in their canonical encoding, and
    /// points of small order, for which anyone can make signatures.
    pub(super) fn from_ed25519_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::UnsafePoint)?;
        let is_canonical = key.to_edwards().compress().as_bytes() == bytes;
        if !is_canonical || key.is_weak() {
            return Err(KeyError::UnsafePoint);
        }
        Ok(Self { algorithm: Algorithm::Ed25519(key) })
    }

    /// Encodes the key as a PEM file.
    pub fn to_pem(&self) -> String {
        match &self.algorithm {
            Algorithm::Ed25519(key) => {
                pem::encode(&[SPKI_PREFIX, key.as_bytes()].concat(), PUBLIC_LABEL)
            }
            Algorithm::P256(point) => pem::encode(&point.to_spki(), PUBLIC_LABEL),
        }
    }

    /// The id of the key, computed from the 32 bytes of an Ed25519 key, or from the SPKI
    /// of a P-256 key in DER.
    pub fn id(&self) -> KeyId {
        match &self.algorithm {
            Algorithm::Ed25519(key) => KeyId::from_public_key(key.as_bytes()),
            Algorithm::P256(point) => KeyId::from_public_key(&point.to_spki()),
        }
    }

    /// Returns true if this key signed the message. Ed25519 signatures are accepted in
    /// their canonical encoding only.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::Ed25519(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Algorithm::P256(point) => point.verifies(message, signature),
        }
    }
}

impl PrivateKey {
    /// Generates a key with random bytes of the operating system.
    ///
    /// # Errors
    /// [`KeyError::RandomSource`]
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| KeyError::RandomSource { reason: error.to_string() })?;
        Ok(Self { key: SigningKey::from_bytes(&seed) })
    }

    /// Parses a PEM file with one private key (PKCS#8).
    ///
    /// # Errors
    /// [`KeyError`] when it is not an accepted encoding of an Ed25519 key.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let der = pem::decode(text, PRIVATE_LABEL)?;
        let pkcs8::KeyHalves { seed, public } = pkcs8::parse(&der)?;
        let key = SigningKey::from_bytes(&seed);
        if public.is_some_and(|public| key.verifying_key().as_bytes() != &public) {
            return Err(KeyError::MismatchedHalves);
        }
        Ok(Self { key })
    }

    /// Encodes the key as a PEM file. Keep it secret.
    pub fn to_pem(&self) -> String {
        pem::encode(&[PKCS8_PREFIX, self.key.as_bytes()].concat(), PRIVATE_LABEL)
    }

    /// The key that verifies its signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519(self.key.verifying_key()) }
    }

    /// Signs a message deterministically.
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
