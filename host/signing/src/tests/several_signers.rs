//! Signatures that are added to an envelope, and the signers that an envelope names.

use super::*;

fn added(envelope: &Value, signer: &PrivateKey) -> Result<Option<Value>, SignatureError> {
    let bytes = envelope.to_string().into_bytes();
    let added = Envelope::add_signature(&bytes, &archive(), signer)?;
    Ok(added.map(|bytes| serde_json::from_slice(&bytes).expect("JSON")))
}

fn id(signer: &PrivateKey) -> String {
    signer.public().id().to_string()
}

#[test]
fn a_second_signature_is_added_to_the_first() {
    let first = valid(&key(1));
    let both = added(&first, &key(2)).expect("an envelope").expect("another signature");
    assert_eq!(both["payload"], first["payload"]);
    assert_eq!(both["signatures"][0], first["signatures"][0]);
    assert_eq!(both["signatures"][1]["keyid"], id(&key(2)));
    for signer in [key(1), key(2)] {
        assert_eq!(outcome(both.to_string().as_bytes(), &[signer.public()]), Ok(()));
        assert_eq!(added(&both, &signer), Ok(None), "signed already");
    }
    let bytes = Envelope::add_signature(first.to_string().as_bytes(), &archive(), &key(2));
    assert!(bytes.expect("an envelope").expect("another signature").ends_with(b"}\n"));
}

#[test]
fn adding_a_signature_replaces_only_invalid_ones_of_the_same_key() {
    let mut envelope = valid(&key(1));
    let good = envelope["signatures"][0].clone();
    let kept = [
        json!({"keyid": "SHA256:stranger", "sig": "e30=", "cert": "x"}),
        json!({"sig": "not Base64"}),
        good.clone(),
    ];
    let invalid = json!({"keyid": id(&key(2)), "sig": good["sig"]});
    envelope["signatures"] = json!([kept[0], invalid, kept[1], invalid, kept[2]]);
    envelope["note"] = json!({"from": ["another tool", 1.5]});
    let signed = added(&envelope, &key(2)).expect("an envelope").expect("another signature");
    let signatures = signed["signatures"].as_array().expect("a list");
    assert_eq!(signatures[..3], kept);
    assert_eq!((signatures.len(), &signatures[3]["keyid"]), (4, &id(&key(2)).into()));
    assert_eq!(signed["note"], envelope["note"]);
}

#[test]
fn a_signature_is_only_added_for_the_same_archive() {
    let envelope = valid(&key(1)).to_string();
    let other = Sha256Digest::compute(b"another");
    let refused = Envelope::add_signature(envelope.as_bytes(), &other, &key(2));
    assert_eq!(refused, Err(SignatureError::WrongArchive { signed: archive(), archive: other }));
    let refused = Envelope::add_signature(b"{}", &archive(), &key(2)).expect_err("malformed");
    assert_eq!(refused.kind(), "signature-malformed");
    let parsed = PackSignature::parse(envelope.as_bytes()).expect("an envelope");
    assert_eq!(parsed.ensure_signs(&archive()), Ok(()));
    assert_eq!(parsed.ensure_signs(&other).map_err(|e| e.kind()), Err("signature-other-archive"));
}

#[test]
fn a_32nd_signature_can_be_added_and_no_33rd() {
    let with = |count: usize| {
        let mut envelope = valid(&key(1));
        envelope["signatures"] = vec![envelope["signatures"][0].clone(); count].into();
        envelope
    };
    let full = added(&with(31), &key(2)).expect("room for one").expect("another signature");
    assert_eq!(full["signatures"].as_array().expect("a list").len(), 32);
    let refused = added(&with(32), &key(2)).expect_err("full");
    assert_eq!(
        refused.to_string(),
        "its signature is malformed at `signatures`: there are already 32, the maximum"
    );
}

#[test]
fn an_envelope_does_not_grow_beyond_its_limit() {
    let with_note = |chars: usize| {
        let mut envelope = valid(&key(1));
        envelope["note"] = "x".repeat(chars).into();
        Envelope::add_signature(envelope.to_string().as_bytes(), &archive(), &key(2))
    };
    let around = with_note(0).expect("small").expect("another signature").len();
    let largest = with_note(65_536 - around).expect("fits").expect("another signature");
    assert_eq!(largest.len(), 65_536);
    assert_eq!(with_note(65_537 - around), Err(SignatureError::TooLarge { limit: 65_536 }));
}

#[test]
fn an_error_names_three_claimed_signers() {
    let message = |count: u8| {
        let mut envelope = valid(&key(9));
        let signatures = (1..=count).map(|seed| json!({"keyid": format!("k{seed}"), "sig": ""}));
        envelope["signatures"] = signatures.collect::<Vec<_>>().into();
        let envelope = Envelope::parse(envelope.to_string().as_bytes()).expect("an envelope");
        envelope.verify(&archive(), &[]).expect_err("nothing is trusted").to_string()
    };
    assert_eq!(message(1), "it is signed by `k1`, which is not trusted");
    assert_eq!(message(3), "it is signed by `k1`, `k2`, `k3`, which is not trusted");
    assert_eq!(message(4), "it is signed by `k1`, `k2`, `k3` and 1 more, which is not trusted");
    assert_eq!(message(5), "it is signed by `k1`, `k2`, `k3` and 2 more, which is not trusted");
}

#[test]
fn an_envelope_lists_the_signers_that_it_claims() {
    let mut envelope = valid(&key(1));
    let unnamed = json!({"sig": ""});
    envelope["signatures"].as_array_mut().expect("a list").push(unnamed);
    let parsed = PackSignature::parse(envelope.to_string().as_bytes()).expect("an envelope");
    let claimed: Vec<_> = parsed.claimed_signers().iter().map(ToString::to_string).collect();
    assert_eq!(claimed, [id(&key(1)), String::new()]);
    let signer = parsed.verify(&archive(), &[key(1).public()]);
    assert_eq!(signer, Ok(key(1).public().id()));
}
