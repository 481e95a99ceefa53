//! Valid and hostile keys and envelopes.

mod cosign;
mod limits;
mod private_keys;
mod several_signers;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

use super::*;

/// A key file written by the existing tools.
const NATIVE: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA1TlCbuF82VfAoZWEsWcWbKhfcvf7iNRxuo0ApBmrFi8=\n-----END PUBLIC KEY-----\n";
const TYPE: &str = "application/vnd.in-toto+json";

fn key(seed: u8) -> PrivateKey {
    let der = [
        b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
        &[seed; 32],
    ]
    .concat();
    PrivateKey::from_pem(pem::encode(&der, "PRIVATE KEY").as_bytes()).expect("a key")
}

fn archive() -> Sha256Digest {
    Sha256Digest::compute(b"the archive")
}

/// A valid envelope, as JSON.
fn valid(signer: &PrivateKey) -> Value {
    serde_json::from_slice(&Envelope::sign("a.b@1.0.0", &archive(), signer)).expect("JSON")
}

/// An envelope with this type and payload, and a valid signature of them.
fn around(kind: &str, payload: &str, signer: &PrivateKey) -> Value {
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let sig = STANDARD.encode(signer.sign(message.as_bytes()));
    json!({
        "payloadType": kind,
        "payload": STANDARD.encode(payload),
        "signatures": [{"keyid": signer.public().id().to_string(), "sig": sig}],
    })
}

fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": archive().hex()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    })
}

/// Parses and verifies an envelope; returns the kind of error.
fn outcome(envelope: &[u8], trusted: &[PublicKey]) -> Result<(), &'static str> {
    let verified =
        Envelope::parse(envelope).and_then(|envelope| envelope.verify(&archive(), trusted));
    verified.map(drop).map_err(|error| error.kind())
}

#[track_caller]
fn check(envelope: &Value, expected: Result<(), &'static str>) {
    assert_eq!(
        outcome(envelope.to_string().as_bytes(), &[key(1).public()]),
        expected,
        "{envelope}"
    );
}

#[test]
fn signing_is_deterministic_and_verifies() {
    let signer = key(1);
    let bytes = Envelope::sign("a.b@1.0.0", &archive(), &signer);
    assert_eq!(bytes, Envelope::sign("a.b@1.0.0", &archive(), &signer));
    let envelope = Envelope::parse(&bytes).expect("an envelope");
    let trusted = [key(2).public(), signer.public()];
    assert_eq!(envelope.verify(&archive(), &trusted), Ok(signer.public().id()));
    check(&around(TYPE, &statement().to_string(), &signer), Ok(()));
}

#[test]
fn the_written_envelope_has_the_documented_form() {
    let envelope = valid(&key(1));
    assert_eq!(envelope["payloadType"], TYPE);
    let payload = STANDARD.decode(envelope["payload"].as_str().expect("text")).expect("Base64");
    let statement: Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!(
        statement["subject"],
        json!([{"name": "a.b@1.0.0", "digest": {"sha256": archive().hex()}}])
    );
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    assert!(statement["predicate"].is_object(), "existing tools require one");
}

#[test]
fn another_archive_or_another_type_does_not_verify() {
    let signer = key(1);
    let signed = Envelope::parse(valid(&signer).to_string().as_bytes()).expect("an envelope");
    let other = signed
        .verify(&Sha256Digest::compute(b"another"), &[signer.public()])
        .expect_err("another archive");
    assert_eq!(other.kind(), "signature-other-archive");

    check(&around("application/json", &statement().to_string(), &signer), Err("signature-type"));
    for (member, value) in
        [("_type", "https://in-toto.io/Statement/v0.1"), ("predicateType", "https://example.com")]
    {
        let mut statement = statement();
        statement[member] = value.into();
        check(&around(TYPE, &statement.to_string(), &signer), Err("signature-type"));
    }
    // the type of the envelope is part of the signed message
    let mut relabelled = around("application/json", &statement().to_string(), &signer);
    relabelled["payloadType"] = TYPE.into();
    check(&relabelled, Err("signature-invalid"));
}

#[test]
fn a_statement_has_exactly_one_subject() {
    let with_subject = |subject: Value| {
        let mut statement = statement();
        statement["subject"] = subject;
        around(TYPE, &statement.to_string(), &key(1))
    };
    let this = json!({"name": "a", "digest": {"sha256": archive().hex()}});
    check(&with_subject(json!([this, this])), Err("signature-subjects"));
    check(&with_subject(json!([])), Err("signature-subjects"));
    check(
        &with_subject(json!([{"name": "a", "digest": {"sha512": "00"}}])),
        Err("signature-malformed"),
    );
    let upper = json!([{"name": "a", "digest": {"sha256": archive().hex().to_uppercase()}}]);
    check(&with_subject(upper), Err("signature-malformed"));
    check(&with_subject(json!({"name": "a"})), Err("signature-malformed"));
}

#[test]
fn one_valid_signature_suffices() {
    let good = valid(&key(1))["signatures"][0].clone();
    let with = |signatures: Vec<Value>| {
        let mut envelope = valid(&key(1));
        envelope["signatures"] = signatures.into();
        envelope
    };
    let id = &good["keyid"];
    let bad = [
        json!({"keyid": id, "sig": "AAAA"}),
        json!({"keyid": id, "sig": "not Base64"}),
        json!({"keyid": id, "sig": STANDARD.encode([0; 64])}),
        json!({"keyid": "00", "sig": good["sig"]}),
        json!({"sig": good["sig"]}),
    ];
    check(&with([bad.to_vec(), vec![good.clone()]].concat()), Ok(()));
    check(&with([vec![good.clone()], bad.to_vec()].concat()), Ok(()));
    check(&with(bad[..3].to_vec()), Err("signature-invalid"));
    check(&with(bad[3..].to_vec()), Err("signer-not-trusted"));
    check(&with(Vec::new()), Err("signature-malformed"));
    check(&with(vec![good; 33]), Err("signature-malformed"));
}

#[test]
fn a_key_id_alone_proves_nothing() {
    // an unknown key, with its own id or with that of a trusted key
    check(&valid(&key(2)), Err("signer-not-trusted"));
    let mut pretender = valid(&key(2));
    pretender["signatures"][0]["keyid"] = key(1).public().id().to_string().into();
    check(&pretender, Err("signature-invalid"));
    let mut renamed = valid(&key(1));
    renamed["signatures"][0]["keyid"] = key(2).public().id().to_string().into();
    check(&renamed, Err("signer-not-trusted"));
    assert_eq!(
        outcome(valid(&key(1)).to_string().as_bytes(), &[]),
        Err("signer-not-trusted"),
        "no trusted keys"
    );
}

#[test]
fn malformed_envelopes_are_refused() {
    let text = valid(&key(1)).to_string();
    let trusted = [key(1).public()];
    assert_eq!(outcome(text.as_bytes(), &trusted), Ok(()));
    for end in 0..text.len() {
        assert_eq!(
            outcome(&text.as_bytes()[..end], &trusted),
            Err("signature-malformed"),
            "cut at {end}"
        );
    }
    assert_eq!(
        outcome(format!("{text}{text}").as_bytes(), &trusted),
        Err("signature-malformed"),
        "twice"
    );
    let payload = valid(&key(1))["payload"].as_str().expect("text").to_owned();
    for bad in [
        payload.trim_end_matches('='),
        &payload[1..],
        &format!("{payload}\n"),
        &format!("{payload}===="),
        "=",
    ] {
        let mut envelope = valid(&key(1));
        envelope["payload"] = bad.into();
        if bad != payload {
            check(&envelope, Err("signature-malformed"));
        }
    }
    let deep = "[".repeat(10_000);
    assert_eq!(
        outcome(text.replacen('{', &format!("{{\"x\":{deep},"), 1).as_bytes(), &trusted),
        Err("signature-malformed")
    );
    let padded = format!("{text}{}", " ".repeat(64 << 10));
    assert_eq!(outcome(padded.as_bytes(), &trusted), Err("signature-too-large"));
}

#[test]
fn duplicate_members_are_refused() {
    let signer = key(1);
    let envelope = valid(&signer).to_string();
    let trusted = [signer.public()];
    for (from, to) in [
        ("{", "{\"payloadType\":\"application/json\","),
        ("{", "{\"payl\\u006fad\":\"e30=\","),
        ("{\"keyid\"", "{\"keyid\":\"00\",\"keyid\""),
        ("{", "{\"extra\":{\"a\":1,\"a\":2},"),
    ] {
        let doubled = envelope.replacen(from, to, 1);
        assert_ne!(doubled, envelope);
        assert_eq!(outcome(doubled.as_bytes(), &trusted), Err("signature-malformed"), "{doubled}");
    }
    let statement = statement().to_string();
    let hex = archive().hex();
    for (from, to) in [
        (
            format!("\"sha256\":\"{hex}\""),
            format!("\"sha256\":\"{}\",\"sha256\":\"{hex}\"", "0".repeat(64)),
        ),
        ("\"subject\":".to_owned(), "\"subject\":[],\"subject\":".to_owned()),
        ("\"predicate\":{}".to_owned(), "\"predicate\":{\"a\":{\"b\":1,\"b\":1}}".to_owned()),
    ] {
        let doubled = statement.replacen(&from, &to, 1);
        assert_ne!(doubled, statement);
        check(&around(TYPE, &doubled, &signer), Err("signature-malformed"));
    }
    let unknown = envelope.replacen('{', "{\"extra\":[null,true,-1,1.5,{\"a\":\"b\"}],", 1);
    assert_eq!(outcome(unknown.as_bytes(), &trusted), Ok(()), "unknown members are ignored");
}

#[test]
fn keys_round_trip_through_pem() {
    let generated = PrivateKey::generate().expect("randomness");
    let again = PrivateKey::from_pem(generated.to_pem().as_bytes()).expect("a key");
    assert_eq!(again.public(), generated.public());
    assert_ne!(PrivateKey::generate().expect("randomness").public(), generated.public());
    let native = PublicKey::from_pem(NATIVE.as_bytes()).expect("a key");
    assert_eq!(
        (native.to_pem().as_str(), native.id().to_string().as_str()),
        (NATIVE, "ff53c19cf65c1d6e4b434750e2cc902d")
    );
    assert_eq!(PublicKey::from_pem(NATIVE.replace('\n', "\r\n").as_bytes()), Ok(native));
    assert!(!format!("{generated:?}").contains(&generated.to_pem()[30..60]));
}

#[test]
fn text_around_a_key_and_a_byte_order_mark_are_ignored() {
    let native = PublicKey::from_pem(NATIVE.as_bytes()).expect("a key");
    for text in [
        format!("\u{feff}{NATIVE}"),
        format!("Key of Acme\n\n{NATIVE}\nIssued in 2026\n"),
        NATIVE.replace('\n', " \t\r\n"),
        NATIVE.trim_end().to_owned(),
    ] {
        assert_eq!(PublicKey::from_pem(text.as_bytes()).as_ref(), Ok(&native), "{text:?}");
    }
}

#[test]
fn malformed_key_files_are_refused() {
    let body = "MCowBQYDK2VwAyEA1TlCbuF82VfAoZWEsWcWbKhfcvf7iNRxuo0ApBmrFi8=";
    let check = |text: String, reason: &str| {
        let error = PublicKey::from_pem(text.as_bytes()).expect_err(reason).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    };
    check(String::new(), "no line `-----BEGIN");
    check(body.to_owned(), "no line `-----BEGIN");
    check(format!("{NATIVE}{NATIVE}"), "several blocks");
    check(format!("{NATIVE}words\n{}", key(1).to_pem()), "several blocks");
    check(format!(" {NATIVE}"), "no line `-----BEGIN");
    check(NATIVE.replace("-----END PUBLIC KEY-----\n", ""), "no end");
    check(NATIVE.replace("END PUBLIC", "END PRIVATE"), "ends with another label");
    check(NATIVE.replace(body, &format!("Comment: mine\n\n{body}")), "empty or too long");
    check(NATIVE.replace(body, &body.replace('=', "")), "not Base64");
    check(NATIVE.replace(body, &format!("{body}AAAA")), "not Base64");
    check(NATIVE.replace("Fi8=", "Fi9="), "not Base64");
    check(NATIVE.replace("PUBLIC", "CERTIFICATE"), "`CERTIFICATE KEY`");
    check(key(1).to_pem(), "it holds `PRIVATE KEY`, expected `PUBLIC KEY`");
    check(pem::encode(&[0; 44], "PUBLIC KEY"), "not hold an Ed25519 or P-256 public key");
    let x25519 = NATIVE.replace("K2Vw", "K2Vu");
    check(x25519, "not hold an Ed25519 or P-256 public key");
    let spki = pem::decode(NATIVE.as_bytes(), "PUBLIC KEY").expect("a block");
    check(
        pem::encode(&[spki.as_slice(), &[0]].concat(), "PUBLIC KEY"),
        "not hold an Ed25519 or P-256 public key",
    );
    check(pem::encode(&spki[..43], "PUBLIC KEY"), "not hold an Ed25519 or P-256 public key");
    assert!(PublicKey::from_pem(b"\xff\xfe").is_err());
    let public = PrivateKey::from_pem(NATIVE.as_bytes()).expect_err("a public key").to_string();
    assert_eq!(public, "it holds `PUBLIC KEY`, expected `PRIVATE KEY`");
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let digits =
        text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("text"));
    let bytes: Vec<u8> =
        digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect();
    bytes.try_into().expect("its length")
}

/// Points of small order, points in a second encoding, and a value that is not a point.
#[test]
fn unsafe_points_are_refused() {
    let unsafe_points = [
        // points of small order
        "0100000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        // the same, not reduced modulo the field prime
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        // points of large order, not reduced modulo the field prime
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        // not a point
        "0200000000000000000000000000000000000000000000000000000000000000",
    ];
    for point in unsafe_points {
        assert_eq!(
            PublicKey::from_ed25519_bytes(&hex(point)),
            Err(KeyError::UnsafePoint),
            "{point}"
        );
    }
}

/// Signatures of `message` that a lax verifier accepts.
#[test]
fn a_signature_has_one_encoding() {
    let signer = key(7);
    let public = signer.public();
    let canonical = "9e46ad095242486ab68b0b6664ade0909c98e02de019d98810c448d7e58d4319c8ae941a474f6ef64ea9dd22106c5c52196e4728f9a3464737bbac84df2fab0a";
    assert_eq!(signer.sign(b"message"), hex::<64>(canonical));
    assert!(public.verifies(b"message", &hex::<64>(canonical)));
    assert!(!public.verifies(b"massage", &hex::<64>(canonical)));
    assert!(!public.verifies(b"message", &hex::<64>(canonical)[..63]));
    let lax = [
        // the scalar with the order of the group added
        "9e46ad095242486ab68b0b6664ade0909c98e02de019d98810c448d7e58d4319b5828a7761b2804e2546d5c5ee653b67196e4728f9a3464737bbac84df2fab1a",
        // R of small order, canonical and not reduced
        "0100000000000000000000000000000000000000000000000000000000000000d4c5323131ff9683cfb3d30197c786c9043f1052d6c2d5293f19d6f36b911104",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f429287529325c4ed20a20ad97fccf713cadc367a64bb7024b811454179bf3707",
    ];
    for signature in lax {
        assert!(!public.verifies(b"message", &hex::<64>(signature)), "{signature}");
    }
}
