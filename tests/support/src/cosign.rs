//! P-256 keys and signatures in the formats of cosign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::Sha256Digest;
use gtc_signing::{CosignBundle, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// The DER of a public key in front of its point.
pub const SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\
      \x03\x01\x07\x03\x42\x00";

/// A key like those of `cosign generate-key-pair`.
pub struct CosignKey(EcdsaKeyPair);

impl CosignKey {
    pub fn generate() -> Self {
        let made =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            made.as_ref(),
            &SystemRandom::new(),
        );
        Self(key.expect("a key"))
    }

    /// The content of `cosign.pub`.
    pub fn pem(&self) -> String {
        public_pem(&[SPKI, self.0.public_key().as_ref()].concat())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from_pem(self.pem().as_bytes()).expect("a key")
    }

    /// Signs a message; the signature is DER in Base64.
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(&SystemRandom::new(), message).expect("a signature"))
    }

    /// A valid bundle for an archive in a registry.
    pub fn bundle(&self, archive: &Sha256Digest) -> CosignBundle {
        let manifest = manifest(archive).to_string();
        let payload = payload(&Sha256Digest::compute(manifest.as_bytes())).to_string();
        CosignBundle::new(manifest.as_bytes(), payload.as_bytes(), &self.sign(payload.as_bytes()))
            .expect("a bundle")
    }

    /// A valid DSSE envelope for an archive.
    pub fn envelope(&self, archive: &Sha256Digest) -> Value {
        let kind = "application/vnd.in-toto+json";
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "a", "digest": {"sha256": archive.hex()}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        });
        let statement = statement.to_string();
        let message = format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len());
        let signature =
            json!({"keyid": self.public().id().to_string(), "sig": self.sign(message.as_bytes())});
        json!({"payloadType": kind, "payload": STANDARD.encode(statement), "signatures": [signature]})
    }
}

/// The OCI manifest of an archive.
pub fn manifest(archive: &Sha256Digest) -> Value {
    json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:00", "size": 2},
        "layers": [{"mediaType": "text/plain", "digest": Sha256Digest::compute(b"").to_string(), "size": 0},
            {"mediaType": "application/vnd.greentic.gtpack.v1+zip", "digest": archive.to_string(), "size": 1}],
    })
}

/// The payload that cosign signs for a manifest.
pub fn payload(manifest: &Sha256Digest) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": "registry.example/acme/vault"},
            "image": {"docker-manifest-digest": manifest.to_string()},
            "type": "cosign container image signature",
        },
        "optional": {"creator": "a test"},
    })
}

/// Encodes a public key as PEM.
pub fn public_pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
