//! Environments with a trust root bind and load only packs with a trusted signature.

use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

use test_support::verbs::Gtc;
use test_support::{Sandbox, assert_contains, members, repository, text};

const PATH: &str = "acme.secrets.signed";
const KIND: &str = "acme.secrets.signed@1.0.0";

fn sandbox() -> Sandbox {
    // environments that share a cache share its signatures
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    sandbox
}

fn update<'a>(sandbox: &'a Sandbox, pack: &Path) -> Gtc<'a> {
    sandbox.env_packs().update("secrets").kind(KIND).pack_ref(pack)
}

fn doctor(sandbox: &Sandbox, code: i32) -> Value {
    sandbox.env().doctor().exited(code).result()
}

/// Returns the kinds of the load failures.
fn failures(sandbox: &Sandbox) -> Vec<Value> {
    members(&doctor(sandbox, 1)["load_failures"], "error")
}

fn files(sandbox: &Sandbox) -> [Option<Vec<u8>>; 2] {
    ["environment.json", "packs.lock.json"]
        .map(|name| std::fs::read(sandbox.environment("local").join(name)).ok())
}

fn root(sandbox: &Sandbox) -> PathBuf {
    sandbox.environment("local").join("trust-root.json")
}

#[test]
fn only_a_pack_with_a_trusted_signature_is_bound() {
    let sandbox = sandbox();
    let (author, stranger) = (sandbox.key("author.key"), sandbox.key("stranger.key"));
    sandbox.trust(&author);
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    let extension = sandbox.valid_pack("extension", "acme.ext.signed", "^1");
    let before = files(&sandbox);
    let extend = sandbox.extensions().add().kind("acme.ext.signed@1.0.0").pack_ref(&extension);
    let refused = update(&sandbox, &pack).refused(1, "unsigned");
    assert_contains(&refused, &["was not bound: it is unsigned", ".sig"]);
    extend.clone().refused(1, "unsigned");
    for pack in [&pack, &extension] {
        sandbox.sign(pack, &stranger);
    }
    update(&sandbox, &pack).refused(1, "signer-not-trusted");
    extend.clone().refused(1, "signer-not-trusted");
    assert_eq!(files(&sandbox), before, "nothing was written");
    assert!(!sandbox.cache_folder().join("blobs").exists(), "nothing was kept");

    for pack in [&pack, &extension] {
        sandbox.sign(pack, &author);
    }
    assert_eq!(text(&update(&sandbox, &pack).succeeded().result()["signer"]), author.id);
    extend.human().succeeded().shows(&[&format!("  signed by `{}`\n", author.id)]);
    let pins: Value = serde_json::from_str(&sandbox.pins()).expect("JSON");
    assert_eq!(pins["bindings"]["secrets"]["signer"], author.id);
    let report = doctor(&sandbox, 0);
    assert_eq!(report["signatures"][0]["state"], "verified");
    assert_eq!(
        report["signatures"].as_array().map(Vec::len),
        Some(2),
        "built-in packs need no signature: {report}"
    );
    let human = sandbox.env().doctor().human().succeeded();
    human.shows(&[&format!("{PATH}.gtpack`: signed by `{}`\n", author.id)]);
}

#[test]
fn an_unchecked_pack_is_verified_when_it_is_loaded() {
    let sandbox = sandbox();
    let (author, stranger) = (sandbox.key("author.key"), sandbox.key("stranger.key"));
    sandbox.trust(&author);
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    update(&sandbox, &pack).no_fetch().succeeded();
    assert_eq!(failures(&sandbox), ["unsigned"]);
    let sidecar = sandbox.sign(&pack, &stranger);
    assert_eq!(failures(&sandbox), ["signer-not-trusted"]);
    sandbox.sign(&pack, &author);
    assert_eq!(failures(&sandbox), [""; 0]);
    sandbox.pack().sign(&pack).key(&author.private).arg("--replace").succeeded();
    let valid = std::fs::read_to_string(&sidecar).expect("a signature");
    let other = sandbox.valid_pack("secrets", "acme.secrets.other", "^1");
    let other = std::fs::read_to_string(sandbox.sign(&other, &author)).expect("a signature");
    let sig: Value = serde_json::from_str(&valid).expect("JSON");
    let sig = text(&sig["signatures"][0]["sig"]);
    for (content, kind) in [
        ("{", "signature-malformed"),
        (&valid.replacen("in-toto", "out-toto", 1), "signature-type"),
        (&valid.replacen(sig, &sig.to_lowercase(), 1), "signature-invalid"),
        (&other, "signature-other-archive"),
        (&" ".repeat(70_000), "signature-too-large"),
        (&" ".repeat(300_000), "signature-unreadable"),
    ] {
        std::fs::write(&sidecar, content).expect("a file");
        assert_eq!(failures(&sandbox), [kind]);
        let checked = sandbox.env().tool_check().exited(1).result();
        assert_eq!(
            checked["unresolved_bindings"].as_array().map(Vec::len),
            Some(1),
            "{kind}: {checked}"
        );
    }
}

#[test]
fn a_signature_is_cached_with_its_archive_and_verified_again() {
    let sandbox = sandbox();
    let author = sandbox.key("author.key");
    sandbox.trust(&author);
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    let sidecar = sandbox.sign(&pack, &author);
    update(&sandbox, &pack).succeeded();
    std::fs::write(&sidecar, "overwritten").expect("a file");
    doctor(&sandbox, 0);
    std::fs::remove_file(&sidecar).expect("removed");
    std::fs::remove_file(&pack).expect("removed");
    doctor(&sandbox, 0);

    let only = |folder: &Path| {
        let mut entries = std::fs::read_dir(folder).expect("a folder");
        entries.next().expect("one entry").expect("an entry").path()
    };
    let folder = only(&sandbox.cache_folder().join("signatures/sha256"));
    let kept = only(&folder);
    let valid = std::fs::read(&kept).expect("a signature");
    std::fs::write(&kept, "overwritten").expect("a file");
    assert_eq!(failures(&sandbox), ["unsigned"], "what is damaged is as good as none");
    // a file placed next to it, even with the right name, changes nothing
    std::fs::write(folder.join(Sha256Digest::compute(b"planted").hex()), "planted")
        .expect("a file");
    std::fs::write(folder.join("0.sig"), "planted").expect("a file");
    std::fs::write(&kept, &valid).expect("a file");
    doctor(&sandbox, 0);
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(failures(&sandbox), ["unsigned"]);
    std::fs::write(&sidecar, valid).expect("a file");
    doctor(&sandbox, 0);
}

#[test]
fn a_removed_key_verifies_nothing() {
    let sandbox = sandbox();
    let (author, other) = (sandbox.key("author.key"), sandbox.key("other.key"));
    sandbox.trust(&author);
    sandbox.trust(&other);
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    sandbox.sign(&pack, &author);
    update(&sandbox, &pack).succeeded();
    let verify = || sandbox.pack().verify(&pack).args(["--env", "local"]);
    assert_eq!(text(&verify().succeeded().result()["signer"]), author.id);
    let remove = |key: &str| sandbox.trust_root().remove(key);
    assert_eq!(remove(&author.id).succeeded().result()["keys"], 1);
    remove(&author.id).refused(1, "not-found");
    assert_eq!(failures(&sandbox), ["signer-not-trusted"]);
    verify().refused(1, "signer-not-trusted");
    let human = sandbox.trust_root().remove(&other.id).human().succeeded();
    human.shows(&["trusts no key now, so signatures are not checked"]);
    assert_eq!(doctor(&sandbox, 0)["signatures"][0]["state"], "not-checked");
    verify().refused(1, "not-found");
}

#[test]
fn without_a_trust_root_signatures_are_reported_unchecked() {
    let sandbox = sandbox();
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    update(&sandbox, &pack).succeeded();
    let shown = |words: &str| sandbox.env().doctor().human().succeeded().shows(&[words]);
    shown(&format!("pack `{}`: unsigned\n", pack.display()));
    let author = sandbox.key("author.key");
    let sidecar = sandbox.sign(&pack, &author);
    shown(&format!("signed by `{}` (not checked: no trust root)\n", author.id));
    std::fs::write(&sidecar, "{").expect("a file");
    shown("signature is invalid: its signature is malformed");
    std::fs::write(root(&sandbox), r#"{"schema": "greentic.trust-root.v1", "keys": []}"#)
        .expect("a file");
    assert_eq!(doctor(&sandbox, 0)["signatures"][0]["state"], "useless");
    update(&sandbox, &pack).succeeded();
}

#[test]
fn a_trust_root_keeps_unknown_members() {
    let sandbox = Sandbox::with_fixture("fresh").with_own_cache();
    let fixture = std::fs::read_to_string(root(&sandbox)).expect("a trust root");
    let list = || sandbox.trust_root().list().succeeded().result()["keys"].clone();
    assert_eq!(list()[0]["key_id"], "ff53c19cf65c1d6e4b434750e2cc902d");
    let noted = fixture.replacen("{\n", "{\n  \"note\": [1e400],\n", 1);
    let noted = noted.replacen(
        "{\n      \"key_id\"",
        "{\n      \"of\": {\"n\": 1.00},\n      \"key_id\"",
        1,
    );
    assert!(noted.contains("\"of\""), "{noted}");
    std::fs::write(root(&sandbox), &noted).expect("a file");
    let author = sandbox.key("author.key");
    sandbox.trust(&author);
    let written = std::fs::read_to_string(root(&sandbox)).expect("a trust root");
    assert!(
        written.contains(&author.id) && list().as_array().map(Vec::len) == Some(2),
        "{written}"
    );
    let again = sandbox.trust_root().add(&author.public).succeeded().result();
    assert_eq!((&again["changed"], &again["keys"]), (&json!(false), &json!(2)));
    sandbox.trust_root().remove(&author.id).idempotency_key("7").succeeded();
    assert_eq!(
        std::fs::read_to_string(root(&sandbox)).expect("a trust root"),
        noted,
        "byte for byte"
    );

    let events = sandbox.audit_events("local");
    let last = events.last().expect("an event");
    assert_eq!((&last["noun"], &last["verb"]), (&json!("trust-root"), &json!("remove")));
    assert_eq!(
        (text(&last["target"]["key_id"]), text(&last["idempotency_key"])),
        (author.id.as_str(), "7")
    );
}

#[test]
fn a_new_trust_root_is_what_the_existing_tools_read() {
    let sandbox = sandbox();
    let empty = sandbox.trust_root().list().human().succeeded();
    empty.shows(&["has no trust root: signatures are not checked"]);
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA1TlCbuF82VfAoZWEsWcWbKhfcvf7iNRxuo0ApBmrFi8=\n-----END PUBLIC KEY-----\n";
    let key = sandbox.write("native.pub", pem).display().to_string();
    sandbox.trust_root().add(&key).succeeded();
    let fixture = repository().join("tests/fixtures/native/fresh/trust-root.json");
    let written = std::fs::read_to_string(root(&sandbox)).expect("a trust root");
    assert_eq!(written.trim_end(), std::fs::read_to_string(fixture).expect("a fixture").trim_end());
    sandbox.trust_root().list().human().succeeded().shows(&["this key\n  ff53c19cf65c"]);
    sandbox.trust_root().add(&key).env("nowhere").refused(1, "not-found");
    sandbox.trust_root().list().env("nowhere").refused(1, "not-found");
    sandbox.trust_root().remove("../x").refused(2, "invalid-argument");
}

#[test]
fn a_malformed_trust_root_is_reported_and_trusts_no_key() {
    let sandbox = sandbox();
    let author = sandbox.key("author.key");
    sandbox.trust(&author);
    let good = std::fs::read_to_string(root(&sandbox)).expect("a trust root");
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    sandbox.sign(&pack, &author);
    let before = files(&sandbox);
    let pem = std::fs::read_to_string(&author.public).expect("a key");
    let body = pem.lines().nth(1).expect("a line");
    let weak = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let twice = good.replacen(
        "\"keys\": [",
        &format!("\"keys\": [{{\"key_id\": \"{}\", \"public_key_pem\": \"\"}},", author.id),
        1,
    );
    for (content, place) in [
        (good[..good.len() / 2].to_owned(), "line "),
        (String::new(), "line 1"),
        (good.replace("trust-root.v1", "trust-root.v2"), "`schema`"),
        (good.replace("\"keys\"", "\"kees\""), "`keys`"),
        (good.replacen('{', "{\"keys\": [],", 1), "line "),
        (good.replace(&author.id, &"0".repeat(32)), "`keys[0].key_id`"),
        (good.replace(&author.id, "x"), "`keys[0].key_id`"),
        (good.replace("\"key_id\"", "\"kid\""), "`keys[0].key_id`"),
        (good.replace("public_key_pem\": \"", "public_key_pem\": \"x"), "`keys[0].public_key_pem`"),
        (good.replace(body, weak), "`keys[0].public_key_pem`"),
        (twice, "`keys[1]`"),
        (good.replacen("\"keys\": [", "\"keys\": [1,", 1), "`keys[0]`"),
    ] {
        assert_ne!(content, good, "{place}");
        std::fs::write(root(&sandbox), &content).expect("a file");
        let verbs = [
            sandbox.env().doctor(),
            sandbox.env().tool_check(),
            sandbox.trust_root().list(),
            sandbox.trust_root().add(&author.public),
            sandbox.pack().verify(&pack).args(["--env", "local"]),
            update(&sandbox, &pack),
        ];
        for verb in verbs {
            let message = verb.refused(2, "store");
            assert!(
                message.contains("local/trust-root.json") && message.contains(place),
                "{place}: {message}"
            );
        }
        assert_eq!(std::fs::read_to_string(root(&sandbox)).expect("a file"), content);
    }
    assert_eq!(files(&sandbox), before, "nothing was written");
}
