//! Fuzzes cosign payloads, signatures and bundles with the key of the fixtures: only the
//! signed payload and the signed archive verify.

use std::sync::LazyLock;

use env_pack_domain::Sha256Digest;
use gtc_signing::{CosignBundle, PackSignature, PublicKey, cosign};

use crate::repository;
use crate::text::assert_readable;

/// Fixtures that OpenSSL signed.
struct Signed {
    keys: [PublicKey; 1],
    manifest: Vec<u8>,
    payload: Vec<u8>,
    signature: String,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| Signed {
    keys: [PublicKey::from_pem(&fixture("cosign.pub")).expect("a key")],
    manifest: fixture("manifest.json"),
    payload: fixture("payload.json"),
    signature: String::from_utf8(fixture("signature.b64")).expect("text"),
});

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("tests/fixtures/cosign").join(name)).expect("a fixture")
}

/// Verifies the input as payload, as signature and as bundle.
pub(crate) fn cosign(data: &[u8]) {
    let Signed { keys, manifest, payload, signature } = &*SIGNED;
    let manifest = Sha256Digest::compute(manifest);
    match cosign::verify(data, signature, &manifest, keys) {
        Ok(signer) => {
            assert_eq!(
                (signer, data),
                (keys[0].id(), payload.as_slice()),
                "another payload verifies"
            )
        }
        Err(error) => assert_readable(&error.to_string()),
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(error) = cosign::verify(payload, text, &manifest, keys)
    {
        assert_readable(&error.to_string());
    }
    match CosignBundle::parse(data) {
        Ok(bundle) => verify_bundle(&bundle),
        Err(error) => assert_readable(&error.to_string()),
    }
}

fn verify_bundle(bundle: &CosignBundle) {
    let rendered = bundle.render();
    assert_eq!(
        CosignBundle::parse(&rendered).as_ref(),
        Ok(bundle),
        "it changes when it is written"
    );
    let Signed { keys, manifest, payload, .. } = &*SIGNED;
    let archive = Sha256Digest::compute(b"the archive");
    match bundle.verify(&archive, keys) {
        Ok(signer) => {
            assert_eq!(signer, keys[0].id());
            // the signature may be spelled differently, but manifest and payload are those that
            // were signed
            let signature: serde_json::Value = serde_json::from_slice(&rendered).expect("JSON");
            let signature = signature["signature"].as_str().expect("text");
            assert_eq!(CosignBundle::new(manifest, payload, signature).as_ref(), Ok(bundle));
            assert!(bundle.verify(&archive, &[]).is_err(), "it verifies without a key");
            assert!(
                bundle.verify(&Sha256Digest::compute(b"another"), keys).is_err(),
                "it verifies another archive"
            );
            assert!(
                PackSignature::parse(&rendered)
                    .is_ok_and(|evidence| evidence.verify(&archive, keys).is_ok())
            );
        }
        Err(error) => assert_readable(&error.to_string()),
    }
}
