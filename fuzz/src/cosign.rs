//! What cosign signs, against the key and the signature of the fixtures: only the one
//! payload that was signed is vouched for, and only the one archive.

use std::sync::LazyLock;

use env_pack_domain::Sha256Digest;
use gtc::signing::{CosignBundle, PackSignature, PublicKey, cosign};

use crate::repository;
use crate::text::assert_readable;

/// What OpenSSL made.
struct Signed {
    keys: [PublicKey; 1],
    manifest: Vec<u8>,
    payload: Vec<u8>,
    signature: String,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let read = |name: &str| {
        std::fs::read(repository().join("tests/fixtures/cosign").join(name)).expect("a fixture")
    };
    Signed {
        keys: [PublicKey::from_pem(&read("cosign.pub")).expect("a key")],
        manifest: read("manifest.json"),
        payload: read("payload.json"),
        signature: String::from_utf8(read("signature.b64")).expect("text"),
    }
});

/// Payloads, signatures and bundles.
pub fn cosign(data: &[u8]) {
    let Signed { keys, manifest, payload, signature } = &*SIGNED;
    let manifest = Sha256Digest::compute(manifest);
    match cosign::verify(data, signature, &manifest, keys) {
        Ok(signer) => {
            assert_eq!((signer, data), (keys[0].id(), payload.as_slice()), "nobody signed that")
        }
        Err(error) => assert_readable(&error.to_string()),
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(error) = cosign::verify(payload, text, &manifest, keys)
    {
        assert_readable(&error.to_string());
    }
    match CosignBundle::parse(data) {
        Ok(bundle) => self::bundle(&bundle),
        Err(error) => assert_readable(&error.to_string()),
    }
}

fn bundle(bundle: &CosignBundle) {
    let rendered = bundle.render();
    assert_eq!(CosignBundle::parse(&rendered).as_ref(), Ok(bundle), "it is written as it was read");
    let Signed { keys, manifest, payload, .. } = &*SIGNED;
    let archive = Sha256Digest::compute(b"the archive");
    match bundle.verify(&archive, keys) {
        Ok(signer) => {
            assert_eq!(signer, keys[0].id());
            // whatever the signature is spelt like, these are the manifest and the payload that
            // were signed
            let signature: serde_json::Value = serde_json::from_slice(&rendered).expect("JSON");
            let signature = signature["signature"].as_str().expect("text");
            assert_eq!(CosignBundle::new(manifest, payload, signature).as_ref(), Ok(bundle));
            assert!(bundle.verify(&archive, &[]).is_err(), "it is trusted by nobody");
            assert!(
                bundle.verify(&Sha256Digest::compute(b"another"), keys).is_err(),
                "it vouches for whatever there is"
            );
            assert!(
                PackSignature::parse(&rendered)
                    .is_ok_and(|evidence| evidence.verify(&archive, keys).is_ok())
            );
        }
        Err(error) => assert_readable(&error.to_string()),
    }
}
