//! Cosign signatures, verified offline: payloads, bundles, P-256 keys, and environments
//! that trust one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::Sha256Digest;
use gtc_signing::{CosignBundle, KeyError, PublicKey, SignatureError, cosign};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use test_support::cosign::{CosignKey, SPKI, manifest, payload, public_pem};
use test_support::{Sandbox, repository, text};

fn archive() -> Sha256Digest {
    Sha256Digest::compute(b"the archive")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("tests/fixtures/cosign").join(name)).expect("a fixture")
}

fn kind<T>(outcome: Result<T, SignatureError>) -> Result<T, &'static str> {
    outcome.map_err(|error| error.kind())
}

#[test]
fn a_signature_by_openssl_verifies() {
    let key = PublicKey::from_pem(&fixture("cosign.pub")).expect("a key");
    // `openssl pkey -pubin -in cosign.pub -outform DER | sha256sum`
    assert_eq!(key.id().to_string(), "8c5734c6daba96780de6b3540449c36a");
    assert_eq!(key.to_pem().as_bytes(), fixture("cosign.pub"));
    let signature = String::from_utf8(fixture("signature.b64")).expect("text");
    let manifest = fixture("manifest.json");
    let payload = fixture("payload.json");
    let digest = Sha256Digest::compute(&manifest);
    assert_eq!(
        cosign::verify(&payload, &signature, &digest, std::slice::from_ref(&key)),
        Ok(key.id())
    );
    let bundle = CosignBundle::new(&manifest, &payload, &signature).expect("a bundle");
    let again = CosignBundle::parse(&bundle.render()).expect("a bundle");
    assert_eq!(
        (again.verify(&archive(), std::slice::from_ref(&key)), &again),
        (Ok(key.id()), &bundle)
    );
    let other =
        bundle.verify(&Sha256Digest::compute(b"another archive"), std::slice::from_ref(&key));
    assert_eq!(kind(other), Err("signature-other-archive"));
}

#[test]
fn a_payload_verifies_for_exactly_its_manifest() {
    let key = CosignKey::generate();
    let stranger = CosignKey::generate();
    let digest = Sha256Digest::compute(b"a manifest");
    let check = |payload: &str, keys: &[PublicKey]| {
        kind(cosign::verify(payload.as_bytes(), &key.sign(payload.as_bytes()), &digest, keys))
    };
    let valid = payload(&digest).to_string();
    assert_eq!(check(&valid, &[stranger.public(), key.public()]), Ok(key.public().id()));
    assert_eq!(check(&valid, &[stranger.public()]), Err("signer-not-trusted"));
    assert_eq!(check(&valid, &[]), Err("signer-not-trusted"));
    let other = payload(&Sha256Digest::compute(b"another")).to_string();
    assert_eq!(check(&other, &[key.public()]), Err("signature-other-manifest"));
    // the signature covers the bytes, not their meaning
    let spaced = valid.replacen('{', "{ ", 1);
    let moved =
        cosign::verify(spaced.as_bytes(), &key.sign(valid.as_bytes()), &digest, &[key.public()]);
    assert_eq!(kind(moved), Err("signer-not-trusted"));
    for (from, to, expected) in [
        ("cosign container image signature", "atomic container signature", "signature-type"),
        ("\"critical\":{", "\"critical\":{\"expires\":1,", "signature-malformed"),
        ("\"image\":{", "\"image\":{\"tag\":\"latest\",", "signature-malformed"),
        ("\"identity\":{", "\"identity\":{\"name\":\"x\",", "signature-malformed"),
        ("\"docker-reference\":\"", "\"docker-referents\":\"", "signature-malformed"),
        ("{\"critical\"", "{\"critical\":{},\"critical\"", "signature-malformed"),
        (
            "\"docker-manifest-digest\":",
            "\"docker-manifest-digest\":\"\",\"docker-manifest-digest\":",
            "signature-malformed",
        ),
        ("\"optional\":{", "\"optional\":{\"a\":1,\"a\":1,", "signature-malformed"),
        ("sha256:", "sha512:", "signature-malformed"),
        ("sha256:", "SHA256:", "signature-malformed"),
        ("{", "[{", "signature-malformed"),
    ] {
        let bad = valid.replacen(from, to, 1);
        assert_ne!(bad, valid, "{from}");
        assert_eq!(check(&bad, &[key.public()]), Err(expected), "{bad}");
    }
    let optional = valid.replacen("\"optional\":{", "\"optional\":{\"x\":[null,1.5],", 1);
    assert_eq!(check(&optional, &[key.public()]), Ok(key.public().id()), "`optional` is ignored");
    let long = format!("{valid}{}", " ".repeat(cosign::MAX_PAYLOAD_BYTES));
    assert_eq!(check(&long, &[key.public()]), Err("signature-too-large"));
}

#[test]
fn a_p256_signature_must_be_strict_der() {
    let key = CosignKey::generate();
    let digest = Sha256Digest::compute(b"a manifest");
    let payload = payload(&digest).to_string();
    let check = |signature: &str| {
        kind(cosign::verify(payload.as_bytes(), signature, &digest, &[key.public()]))
    };
    let valid = key.sign(payload.as_bytes());
    let der = STANDARD.decode(&valid).expect("Base64");
    assert!(check(&valid).is_ok());
    let encode = |bytes: &[u8]| STANDARD.encode(bytes);
    let long_form = [&[0x30, 0x81], &der[1..]].concat();
    let raw: Vec<u8> = der[4..].iter().copied().chain([0; 64]).take(64).collect();
    for bad in [
        &der[..der.len() - 1],
        &[&der[..], &[0]].concat(),
        &long_form,
        &raw,
        &[0x30, 6, 2, 1, 0, 2, 1, 0],
        &[],
    ] {
        assert_eq!(check(&encode(bad)), Err("signer-not-trusted"), "{bad:02x?}");
    }
    for bad in ["*", &valid[1..], &format!("{valid}\n"), &format!(" {valid}"), &encode(&[0; 97])] {
        assert_eq!(check(bad), Err("signature-malformed"), "{bad}");
    }
    // an Ed25519 key signs the payload itself
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let spki =
        [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", pair.public_key().as_ref()].concat();
    let public = PublicKey::from_pem(public_pem(&spki).as_bytes()).expect("a key");
    let signature = encode(pair.sign(payload.as_bytes()).as_ref());
    let keys = [key.public(), public.clone()];
    assert_eq!(cosign::verify(payload.as_bytes(), &signature, &digest, &keys), Ok(public.id()));
}

#[test]
fn a_bundle_links_the_archive_to_the_signature() {
    let key = CosignKey::generate();
    let outcome = |bytes: &[u8]| {
        kind(
            CosignBundle::parse(bytes)
                .and_then(|bundle| bundle.verify(&archive(), &[key.public()])),
        )
    };
    let valid = String::from_utf8(key.bundle(&archive()).render()).expect("text");
    assert_eq!(outcome(valid.as_bytes()), Ok(key.public().id()));
    for end in 0..valid.trim_end().len() {
        assert_eq!(outcome(&valid.as_bytes()[..end]), Err("signature-malformed"), "cut at {end}");
    }
    let with = |member: &str, value: &str| {
        let mut bundle: Value = serde_json::from_str(&valid).expect("JSON");
        bundle[member] = value.into();
        outcome(bundle.to_string().as_bytes())
    };
    // another manifest with the same layer, and valid manifests of other archives
    let own = manifest(&archive());
    let mut renamed = own.clone();
    renamed["layers"][1]["mediaType"] = "text/plain".into();
    assert_eq!(
        with("manifest", &STANDARD.encode(renamed.to_string())),
        Err("signature-other-manifest")
    );
    let other = manifest(&Sha256Digest::compute(b"another")).to_string();
    assert_eq!(with("manifest", &STANDARD.encode(&other)), Err("signature-other-archive"));
    for bad in
        ["{}", "{\"layers\":{}}", "{\"manifests\":[]}", "[]", "", "{\"layers\":[{\"size\":1}]}"]
    {
        assert_eq!(with("manifest", &STANDARD.encode(bad)), Err("signature-malformed"), "{bad}");
    }
    let twice = own.to_string().replacen("\"layers\":", "\"layers\":[],\"layers\":", 1);
    assert_eq!(with("manifest", &STANDARD.encode(twice)), Err("signature-malformed"));
    assert_eq!(
        with("mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"),
        Err("signature-type")
    );
    assert_eq!(with("payload", "*"), Err("signature-malformed"));
    assert_eq!(with("signature", "*"), Err("signature-malformed"));
    assert_eq!(with("certificate", "x"), Err("signature-malformed"));
    let doubled = valid.replacen("{", "{\"payload\":\"\",", 1);
    assert_eq!(outcome(doubled.as_bytes()), Err("signature-malformed"));
    let padded = format!("{valid}{}", " ".repeat(256 << 10));
    assert_eq!(outcome(padded.as_bytes()), Err("signature-too-large"));
    let huge = CosignBundle::new(&vec![b' '; 256 << 10], b"{}", "");
    assert_eq!(kind(huge.map(drop)), Err("signature-too-large"));
}

#[test]
fn a_p256_key_has_one_encoding_and_is_on_the_curve() {
    let pem = CosignKey::generate().pem();
    let der = STANDARD
        .decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>())
        .expect("Base64");
    let read = |der: &[u8]| PublicKey::from_pem(public_pem(der).as_bytes()).map(drop);
    assert_eq!(read(&der), Ok(()));
    let point = &der[SPKI.len()..];
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let short = [b"\x30\x39", &SPKI[2..24], b"\x22\x00", &compressed].concat();
    let hybrid = [SPKI, &[6 + (point[64] & 1)], &point[1..]].concat();
    let p384 = der
        .iter()
        .copied()
        .enumerate()
        .map(|(at, byte)| if at == 22 { 8 } else { byte })
        .collect::<Vec<_>>();
    for other in [&short[..], &hybrid, &p384, &der[..90], &[&der[..], &[0]].concat(), SPKI] {
        let error = read(other).expect_err("another encoding");
        assert_eq!(error.to_string(), "it does not hold an Ed25519 or P-256 public key");
    }
    let mut off_curve = der.clone();
    off_curve[90] ^= 1;
    let zero = [SPKI, &[4], &[0; 64]].concat();
    let beyond = [SPKI, &[4], &[0xff; 64]].concat();
    for point in [&off_curve, &zero, &beyond] {
        assert_eq!(read(point), Err(KeyError::UnsafePoint), "{point:02x?}");
    }
}

#[test]
fn an_environment_accepts_a_cosign_signature() {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let key = CosignKey::generate();
    let stranger = CosignKey::generate();
    let public = sandbox.write("cosign.pub", key.pem());
    let pack = sandbox.valid_pack("secrets", "acme.secrets.signed", "^1");
    let name = pack.display().to_string();
    let digest = Sha256Digest::compute(&std::fs::read(&pack).expect("a pack"));
    let sidecar = format!("{name}.sig");
    let put = |bytes: &[u8]| std::fs::write(&sidecar, bytes).expect("a file");
    let inspected = || sandbox.pack().inspect(&name).succeeded().result()["signature"].clone();
    put(&key.bundle(&digest).render());
    assert_eq!(inspected(), json!({"state": "not-checked", "signers": []}));
    sandbox
        .pack()
        .inspect(&name)
        .human()
        .succeeded()
        .shows(&["signed with cosign, which names no signer"]);
    let trusted = sandbox.trust_root().add(&public).succeeded().result();
    assert_eq!(trusted["key_id"], key.public().id().to_string());

    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.signed@1.0.0");
    let update = update.pack_ref(&name);
    for (bad, kind) in [
        (stranger.bundle(&digest).render(), "signer-not-trusted"),
        (key.bundle(&Sha256Digest::compute(b"another")).render(), "signature-other-archive"),
        (b"{\"mediaType\": \"application/x\"}".to_vec(), "signature-type"),
        (stranger.envelope(&digest).to_string().into_bytes(), "signer-not-trusted"),
        (" ".repeat(300 << 10).into_bytes(), "signature-unreadable"),
    ] {
        put(&bad);
        update.clone().refused(1, kind);
    }
    // a bundle and an envelope by the same key are equivalent
    for good in [key.envelope(&digest).to_string().into_bytes(), key.bundle(&digest).render()] {
        put(&good);
        let verified = sandbox.pack().verify(&name).key(&public).succeeded().result();
        assert_eq!(text(&verified["signer"]), key.public().id().to_string());
        assert_eq!(update.clone().succeeded().result()["signer"], key.public().id().to_string());
    }
    // the signature stays in the cache and remains valid
    std::fs::remove_file(&sidecar).expect("removed");
    let doctor = sandbox.env().doctor().succeeded().result();
    assert_eq!(doctor["signatures"][0]["state"], "verified");
    sandbox.cache().verify().succeeded();
    sandbox.trust_root().remove(key.public().id().to_string()).succeeded();
    // no signature can be added to a cosign bundle
    put(&key.bundle(&digest).render());
    let author = sandbox.key("author.key");
    sandbox.pack().sign(&name).key(&author.private).refused(1, "conflict");
}
