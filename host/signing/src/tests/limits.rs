//! Each limit, from both sides.

use super::cosign::{bundle, payload_outcome};
use super::*;

/// The largest size of each document, in bytes. Users can rely on these.
#[test]
fn limits_have_their_documented_values() {
    assert_eq!(MAX_KEY_BYTES, 4096);
    assert_eq!(MAX_ENVELOPE_BYTES, 65_536);
    assert_eq!(MAX_BUNDLE_BYTES, 262_144);
    assert_eq!(MAX_SIGNATURE_BYTES, 262_144);
    assert_eq!(crate::cosign::MAX_PAYLOAD_BYTES, 65_536);
}

/// A document of exactly this size, with spaces at its end.
fn padded(document: &[u8], bytes: u64) -> Vec<u8> {
    let mut padded = document.to_vec();
    padded.resize(usize::try_from(bytes).expect("a size"), b' ');
    padded
}

#[test]
fn an_envelope_may_have_64_kib() {
    let envelope = valid(&key(1)).to_string();
    let trusted = [key(1).public()];
    let of_size = |bytes: u64| outcome(&padded(envelope.as_bytes(), bytes), &trusted);
    assert_eq!(of_size(65_535), Ok(()));
    assert_eq!(of_size(65_536), Ok(()));
    assert_eq!(of_size(65_537), Err("signature-too-large"));
}

#[test]
fn a_bundle_may_have_256_kib() {
    let limit = SignatureError::TooLarge { limit: 262_144 };
    let of_size = |bytes: u64| padded(&bundle().render(), bytes);
    assert_eq!(CosignBundle::parse(&of_size(262_144)), Ok(bundle()));
    assert_eq!(CosignBundle::parse(&of_size(262_145)), Err(limit.clone()));
    let parsed = PackSignature::parse(&of_size(262_144)).expect("a bundle");
    assert_eq!(parsed.ensure_signs(&archive()), Ok(()));
    assert_eq!(PackSignature::parse(&of_size(262_145)).expect_err("too large"), limit);
    // whatever the document is
    assert_eq!(PackSignature::parse(&[b' '; 262_145]).expect_err("too large"), limit);
}

#[test]
fn a_new_bundle_may_have_256_kib() {
    let of_signature = |chars: usize| CosignBundle::new(b"{}", b"{}", &"A".repeat(chars));
    let around = of_signature(0).expect("a bundle").render().len();
    let largest = of_signature(262_144 - around).expect("a bundle");
    assert_eq!(largest.render().len(), 262_144);
    assert_eq!(
        of_signature(262_145 - around),
        Err(SignatureError::TooLarge { limit: MAX_BUNDLE_BYTES })
    );
}

#[test]
fn a_payload_may_have_64_kib() {
    let payload = include_bytes!("../../../../tests/fixtures/cosign/payload.json");
    let of_size = |bytes: u64| {
        let text = String::from_utf8(padded(payload, bytes)).expect("text");
        payload_outcome(&text)
    };
    assert_eq!(of_size(65_535), Ok(()));
    assert_eq!(of_size(65_536), Ok(()));
    assert_eq!(of_size(65_537), Err("signature-too-large"));
}

#[test]
fn a_cosign_signature_may_have_128_characters() {
    let bundle = bundle();
    let (manifest, payload, _) = bundle.parts();
    let manifest = Sha256Digest::compute(manifest);
    let of_size = |chars: usize| {
        crate::cosign::verify(payload, &"A".repeat(chars), &manifest, &[key(1).public()])
            .map_err(|error| error.kind())
    };
    for chars in [0, 124, 128] {
        assert_eq!(of_size(chars), Err("signer-not-trusted"), "{chars}");
    }
    assert_eq!(of_size(132), Err("signature-malformed"));
}

#[test]
fn an_envelope_may_have_32_signatures() {
    let with = |count: usize| {
        let mut envelope = valid(&key(1));
        envelope["signatures"] = vec![envelope["signatures"][0].clone(); count].into();
        envelope
    };
    check(&with(31), Ok(()));
    check(&with(32), Ok(()));
    check(&with(33), Err("signature-malformed"));
    check(&with(0), Err("signature-malformed"));
}

#[test]
fn a_line_of_a_key_file_may_have_64_characters() {
    let der = [0; 49];
    let encoded = STANDARD.encode(der);
    assert!(encoded.len() > 65);
    let file = |line_chars: usize| {
        let (first, rest) = encoded.split_at(line_chars);
        let text = format!("-----BEGIN X-----\n{first}\n{rest}\n-----END X-----\n");
        pem::decode(text.as_bytes(), "X")
    };
    assert_eq!(file(63), Ok(der.to_vec()));
    assert_eq!(file(64), Ok(der.to_vec()));
    let too_long = KeyError::NotPem { reason: "its block has a line that is empty or too long" };
    assert_eq!(file(65), Err(too_long));
}
