//! Cosign signatures of payloads and bundles. The fixtures are made by OpenSSL; payloads
//! of other content are signed with an Ed25519 key.

use super::*;

const PUBLIC: &[u8] = include_bytes!("../../../../tests/fixtures/cosign/cosign.pub");
const MANIFEST: &[u8] = include_bytes!("../../../../tests/fixtures/cosign/manifest.json");
const PAYLOAD: &[u8] = include_bytes!("../../../../tests/fixtures/cosign/payload.json");
const SIGNATURE: &str = include_str!("../../../../tests/fixtures/cosign/signature.b64");

fn public() -> PublicKey {
    PublicKey::from_pem(PUBLIC).expect("a key")
}

/// A valid bundle about [`archive`].
pub(super) fn bundle() -> CosignBundle {
    CosignBundle::new(MANIFEST, PAYLOAD, SIGNATURE).expect("a bundle")
}

/// Verifies a payload that an Ed25519 key signed; returns the kind of error.
pub(super) fn payload_outcome(payload: &str) -> Result<(), &'static str> {
    let signer = key(1);
    let signature = STANDARD.encode(signer.sign(payload.as_bytes()));
    let manifest = Sha256Digest::compute(MANIFEST);
    crate::cosign::verify(payload.as_bytes(), &signature, &manifest, &[public(), signer.public()])
        .map(|signed_by| assert_eq!(signed_by, signer.public().id()))
        .map_err(|error| error.kind())
}

/// Parses and verifies a bundle; returns the kind of error.
fn bundle_outcome(bytes: &[u8]) -> Result<(), &'static str> {
    PackSignature::parse(bytes)
        .and_then(|signature| signature.verify(&archive(), &[key(1).public(), public()]))
        .map(|signed_by| assert_eq!(signed_by, public().id()))
        .map_err(|error| error.kind())
}

/// A bundle in which one member has another value.
fn bundle_with(member: &str, value: &str) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&bundle().render()).expect("JSON");
    document[member] = value.into();
    document.to_string().into_bytes()
}

#[test]
fn a_p256_key_verifies_what_openssl_signed() {
    assert_eq!(public().id().to_string(), "8c5734c6daba96780de6b3540449c36a");
    assert_eq!(public().to_pem().as_bytes(), PUBLIC);
    let signature = STANDARD.decode(SIGNATURE).expect("Base64");
    assert!(public().verifies(PAYLOAD, &signature));
    assert!(!public().verifies(MANIFEST, &signature));
    assert!(!public().verifies(PAYLOAD, &signature[1..]));
}

#[test]
fn a_p256_key_is_an_uncompressed_point_of_the_curve() {
    let der = pem::decode(PUBLIC, "PUBLIC KEY").expect("a block");
    let changed = |at: usize, bits: u8| {
        let mut changed = der.clone();
        changed[at] ^= bits;
        PublicKey::from_pem(pem::encode(&changed, "PUBLIC KEY").as_bytes())
    };
    assert_eq!(changed(90, 1), Err(KeyError::UnsafePoint));
    // byte 26 says that the point is not compressed
    let another_form = KeyError::WrongAlgorithm { expected: "Ed25519 or P-256 public" };
    assert_eq!(changed(26, 2), Err(another_form));
}

#[test]
fn a_payload_is_about_exactly_one_manifest() {
    let valid = std::str::from_utf8(PAYLOAD).expect("text");
    assert_eq!(payload_outcome(valid), Ok(()));
    for (from, to, expected) in [
        ("cosign container image signature", "atomic container signature", "signature-type"),
        ("sha256:abcd", "sha256:abce", "signature-other-manifest"),
        ("sha256:", "sha512:", "signature-malformed"),
        ("\"image\":{", "\"image\":{\"tag\":\"latest\",", "signature-malformed"),
        ("{", "[{", "signature-malformed"),
    ] {
        let bad = valid.replacen(from, to, 1);
        assert_ne!(bad, valid, "{from}");
        assert_eq!(payload_outcome(&bad), Err(expected), "{bad}");
    }
    let manifest = Sha256Digest::compute(MANIFEST);
    assert_eq!(
        crate::cosign::verify(PAYLOAD, SIGNATURE, &manifest, &[key(1).public()]),
        Err(SignatureError::NoTrustedKey)
    );
}

#[test]
fn a_bundle_links_the_archive_to_the_signature() {
    assert_eq!(bundle_outcome(&bundle().render()), Ok(()));
    let other = Sha256Digest::compute(b"another");
    let manifest = std::str::from_utf8(MANIFEST).expect("text");
    let of_other_archive = manifest.replace(&archive().to_string(), &other.to_string());
    assert_ne!(of_other_archive, manifest);
    for (member, value, expected) in [
        ("manifest", STANDARD.encode(of_other_archive), "signature-other-archive"),
        ("manifest", STANDARD.encode(format!("{manifest} ")), "signature-other-manifest"),
        ("manifest", STANDARD.encode("{}"), "signature-malformed"),
        ("manifest", "*".to_owned(), "signature-malformed"),
        ("payload", "*".to_owned(), "signature-malformed"),
        ("signature", "*".to_owned(), "signature-malformed"),
        ("signature", STANDARD.encode([0; 72]), "signer-not-trusted"),
        ("certificate", "x".to_owned(), "signature-malformed"),
        ("mediaType", "application/x".to_owned(), "signature-type"),
        ("mediaType", String::new(), "signature-type"),
    ] {
        assert_eq!(bundle_outcome(&bundle_with(member, &value)), Err(expected), "{member} {value}");
    }
    let mut both = bundle().render();
    both.extend(bundle().render());
    assert_eq!(bundle_outcome(&both), Err("signature-malformed"));
}

#[test]
fn a_bundle_is_checked_against_the_archive_before_it_is_verified() {
    let signature = PackSignature::parse(&bundle().render()).expect("a bundle");
    assert_eq!(signature.ensure_signs(&archive()), Ok(()));
    let other = Sha256Digest::compute(b"another");
    assert_eq!(
        signature.ensure_signs(&other),
        Err(SignatureError::ArchiveNotInManifest { archive: other })
    );
    assert_eq!(signature.claimed_signers(), [], "cosign states no signer");
}

#[test]
fn a_bundle_keeps_its_parts() {
    let parsed = CosignBundle::parse(&bundle().render()).expect("a bundle");
    assert_eq!(parsed.parts(), (MANIFEST, PAYLOAD, SIGNATURE));
    assert_eq!(parsed, bundle());
    let text = String::from_utf8(bundle().render()).expect("text");
    assert!(text.starts_with("{\"mediaType\":\"application/vnd.greentic.cosign-bundle.v1+json\""));
    assert!(text.ends_with("}\n"));
}

#[test]
fn a_document_without_a_media_type_is_not_a_bundle() {
    let mut document: Value = serde_json::from_slice(&bundle().render()).expect("JSON");
    drop(document.as_object_mut().expect("an object").remove("mediaType"));
    let text = document.to_string();
    let error = CosignBundle::parse(text.as_bytes()).expect_err("no media type");
    assert!(error.to_string().contains("missing field `mediaType`"), "{error}");
    let error = PackSignature::parse(text.as_bytes()).expect_err("no envelope");
    assert!(error.to_string().contains("missing field `payloadType`"), "{error}");
}
