//! Fuzzes signature envelopes for a fixed key and a fixed archive, and key files: an invalid
//! signature verifies nothing, and its error is readable.

use std::sync::LazyLock;

use env_pack_domain::Sha256Digest;
use gtc_signing::{Envelope, PrivateKey, PublicKey, SignatureError};

use crate::text::assert_readable;

/// Not a secret: the corpus is signed with it.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n-----END PRIVATE KEY-----\n";

static TRUSTED: LazyLock<[PublicKey; 1]> =
    LazyLock::new(|| [PrivateKey::from_pem(PRIVATE.as_bytes()).expect("a key").public()]);

/// The key of a second signer.
static SECOND: LazyLock<PrivateKey> = LazyLock::new(|| {
    let other = PRIVATE.replace("BwcH\n", "BwcI\n");
    PrivateKey::from_pem(other.as_bytes()).expect("a key")
});

/// Parses the input as envelope and as public key.
pub(crate) fn signature(data: &[u8]) {
    envelope(data);
    add_signature(data);
    match PublicKey::from_pem(data) {
        Ok(key) => {
            let again = key.to_pem();
            let lines = |text: &str| text.lines().map(str::trim_end).collect::<String>();
            assert!(
                lines(&String::from_utf8_lossy(data)).contains(&lines(&again)),
                "a key has one spelling, except for line breaks and the text around it"
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
                "it verifies another archive"
            );
            assert!(envelope.verify(&archive, &[]).is_err(), "it verifies without a key");
        }
        Err(error) => assert_readable(&error.to_string()),
    }
}

/// Adding a signature keeps the existing ones.
fn add_signature(data: &[u8]) {
    let archive = Sha256Digest::compute(b"archive");
    let verifies = |bytes: &[u8], keys: &[PublicKey]| {
        Envelope::parse(bytes).is_ok_and(|envelope| envelope.verify(&archive, keys).is_ok())
    };
    match Envelope::add_signature(data, &archive, &SECOND) {
        Ok(Some(more)) => {
            assert!(verifies(&more, &[SECOND.public()]), "the new signature is missing");
            assert_eq!(
                verifies(&more, &*TRUSTED),
                verifies(data, &*TRUSTED),
                "an existing signature is lost"
            );
            assert_eq!(
                Envelope::add_signature(&more, &archive, &SECOND),
                Ok(None),
                "it is added twice"
            );
        }
        Ok(None) => assert!(verifies(data, &[SECOND.public()])),
        Err(error) => assert_readable(&error.to_string()),
    }
}
