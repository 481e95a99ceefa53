//! Envelopes against a fixed key and a fixed archive, and key files: what is no signature
//! vouches for nothing, and says why.

use std::sync::LazyLock;

use env_pack_domain::Sha256Digest;
use gtc::signing::{Envelope, PrivateKey, PublicKey, SignatureError};

use crate::text::assert_readable;

/// No secret: the kept inputs are signed with it.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n-----END PRIVATE KEY-----\n";

static TRUSTED: LazyLock<[PublicKey; 1]> =
    LazyLock::new(|| [PrivateKey::from_pem(PRIVATE.as_bytes()).expect("a key").public()]);

/// Somebody who signs too.
static SECOND: LazyLock<PrivateKey> = LazyLock::new(|| {
    let other = PRIVATE.replace("BwcH\n", "BwcI\n");
    PrivateKey::from_pem(other.as_bytes()).expect("a key")
});

/// Envelopes and public keys.
pub fn signature(data: &[u8]) {
    envelope(data);
    second(data);
    match PublicKey::from_pem(data) {
        Ok(key) => {
            let again = key.to_pem();
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<String>();
            assert_eq!(
                lines(&String::from_utf8_lossy(data)).trim_end(),
                lines(&again),
                "a key has one spelling, but for line breaks"
            );
            assert_eq!(PublicKey::from_pem(again.as_bytes()), Ok(key));
        }
        Err(error) => assert_readable(&error.to_string()),
    }
}

fn envelope(data: &[u8]) {
    let archive = Sha256Digest::compute(b"archive");
    let read = Envelope::parse(data)
        .and_then(|envelope| Ok((envelope.verify(&archive, &*TRUSTED)?, envelope)));
    match read {
        Ok((signer, envelope)) => {
            assert_eq!(signer, TRUSTED[0].id());
            let other = envelope.verify(&Sha256Digest::compute(b"another"), &*TRUSTED);
            assert!(
                matches!(other, Err(SignatureError::WrongArchive { .. })),
                "it vouches for whatever there is"
            );
            assert!(envelope.verify(&archive, &[]).is_err(), "it is trusted by nobody");
        }
        Err(error) => assert_readable(&error.to_string()),
    }
}

/// Whoever signs too is found, and nobody else's signature is lost.
fn second(data: &[u8]) {
    let archive = Sha256Digest::compute(b"archive");
    let verifies = |bytes: &[u8], keys: &[PublicKey]| {
        Envelope::parse(bytes).is_ok_and(|envelope| envelope.verify(&archive, keys).is_ok())
    };
    match Envelope::add_signature(data, &archive, &SECOND) {
        Ok(Some(more)) => {
            assert!(verifies(&more, &[SECOND.public()]), "it is signed");
            assert_eq!(
                verifies(&more, &*TRUSTED),
                verifies(data, &*TRUSTED),
                "and the others are as they were"
            );
            assert_eq!(Envelope::add_signature(&more, &archive, &SECOND), Ok(None), "once");
        }
        Ok(None) => assert!(verifies(data, &[SECOND.public()])),
        Err(error) => assert_readable(&error.to_string()),
    }
}
