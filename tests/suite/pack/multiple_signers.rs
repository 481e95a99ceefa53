//! Several signers of one pack, and signatures in files of other names.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use test_support::signing::Key;
use test_support::verbs::Gtc;
use test_support::{Sandbox, text};

fn sandbox() -> (Sandbox, PathBuf, String) {
    let sandbox = Sandbox::new().with_own_cache();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.signed", "^1");
    let name = pack.display().to_string();
    (sandbox, pack, name)
}

fn sign<'a>(sandbox: &'a Sandbox, pack: &str, key: &Key) -> Gtc<'a> {
    sandbox.pack().sign(pack).key(&key.private)
}

#[test]
fn a_second_signer_is_added_to_the_first() {
    let (sandbox, pack, name) = sandbox();
    let author = sandbox.key("author.key");
    let reviewer = sandbox.key("reviewer.key");
    let sidecar = sandbox.sign(&pack, &author);
    let first = fs::read(&sidecar).expect("a signature");
    let signed = sign(&sandbox, &name, &reviewer).succeeded().result();
    assert_eq!(
        (&signed["changed"], &signed["signers"]),
        (&json!(true), &json!([author.id, reviewer.id]))
    );
    for key in [&author, &reviewer] {
        let verified = sandbox.pack().verify(&name).key(&key.public).succeeded().result();
        assert_eq!(text(&verified["signer"]), key.id);
    }
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    let both = fs::read(&sidecar).expect("a signature");
    let before = parse(&first);
    let after = parse(&both);
    assert_eq!(
        (&before["payload"], &before["signatures"][0]),
        (&after["payload"], &after["signatures"][0])
    );

    // signing again does not even rewrite the file
    let inode = fs::metadata(&sidecar).expect("a file").ino();
    for key in [&author, &reviewer] {
        let again = sign(&sandbox, &name, key).succeeded().result();
        assert_eq!((&again["changed"], &again["key_id"]), (&json!(false), &json!(key.id)));
    }
    assert_eq!(
        (fs::read(&sidecar).expect("a file"), fs::metadata(&sidecar).expect("a file").ino()),
        (both, inode)
    );
    let human = sandbox.pack().sign(&name).key(&author.private).human().succeeded();
    human.shows(&["is already signed by this key; nothing changed", "the file has 2 signatures"]);

    sign(&sandbox, &name, &author).arg("--replace").succeeded();
    assert_eq!(fs::read(&sidecar).expect("a signature"), first);
}

#[test]
fn adding_a_signature_keeps_unknown_members() {
    let (sandbox, pack, name) = sandbox();
    let author = sandbox.key("author.key");
    let reviewer = sandbox.key("reviewer.key");
    let sidecar = sandbox.sign(&pack, &author);
    let mut envelope: Value =
        serde_json::from_slice(&fs::read(&sidecar).expect("a signature")).expect("JSON");
    let good = envelope["signatures"][0].clone();
    // by an unknown key, invalid with the id of the reviewer, and without an id
    envelope["signatures"] = json!([
        {"keyid": "SHA256:stranger", "sig": "e30=", "cert": "x"},
        {"keyid": reviewer.id, "sig": good["sig"]},
        {"sig": "no Base64"},
        good,
    ]);
    envelope["note"] = json!({"from": ["another tool", 1.5]});
    fs::write(&sidecar, envelope.to_string()).expect("a file");
    sign(&sandbox, &name, &reviewer).succeeded();
    let written: Value =
        serde_json::from_slice(&fs::read(&sidecar).expect("a signature")).expect("JSON");
    let signatures = written["signatures"].as_array().expect("a list");
    let kept = [0, 2, 3].map(|at| envelope["signatures"][at].clone());
    assert_eq!((&signatures[..3], signatures.len()), (&kept[..], 4));
    assert_eq!(written["note"], envelope["note"]);
    sandbox.pack().verify(&name).key(&reviewer.public).succeeded();
}

#[test]
fn a_signature_is_only_added_for_the_same_archive() {
    let (sandbox, pack, name) = sandbox();
    let author = sandbox.key("author.key");
    let reviewer = sandbox.key("reviewer.key");
    let sidecar = sandbox.sign(&pack, &author);
    let valid = fs::read_to_string(&sidecar).expect("a signature");
    let other = sandbox.valid_pack("secrets", "acme.secrets.other", "^1");
    let other = fs::read_to_string(sandbox.sign(&other, &author)).expect("a signature");
    let mut full: Value = serde_json::from_str(&valid).expect("JSON");
    full["signatures"] = vec![full["signatures"][0].clone(); 32].into();
    let mut long: Value = serde_json::from_str(&valid).expect("JSON");
    long["note"] = "x".repeat((64 << 10) - valid.len() - 20).into();
    for (content, words) in [
        ("", "malformed at line 1"),
        (&valid[..200], "malformed at line 1"),
        (&valid.replacen('{', "{\"payload\":\"e30=\",", 1), "duplicate member `payload`"),
        (&other, "is for another archive: sha256:"),
        (&full.to_string(), "there are already 32"),
        (&long.to_string(), "more than 65536 bytes"),
        (&" ".repeat(1 << 20), "has more than 65536 bytes"),
    ] {
        fs::write(&sidecar, content).expect("a file");
        let refused = sign(&sandbox, &name, &reviewer).refused(1, "conflict");
        assert!(refused.contains(words) && refused.contains("`--replace`"), "{words}: {refused}");
        assert_eq!(fs::read_to_string(&sidecar).expect("a file"), content, "{words}");
    }
    let replaced = sign(&sandbox, &name, &reviewer).arg("--replace").succeeded().result();
    assert_eq!(replaced["signers"], json!([reviewer.id]));
    // a pipe is written, but not read
    let output =
        sandbox.pack().sign(&name).key(&author.private).output("/dev/stdout").human().succeeded();
    output.shows(&["{\"payloadType\":"]);
}

#[test]
fn verify_reads_the_signature_files_it_is_given() {
    let (sandbox, pack, name) = sandbox();
    let author = sandbox.key("author.key");
    let reviewer = sandbox.key("reviewer.key");
    let sidecar = sandbox.sign(&pack, &author);
    let [one, two] =
        ["one.sig", "two.sig"].map(|name| sandbox.home().join(name).display().to_string());
    fs::rename(&sidecar, &one).expect("moved");
    sign(&sandbox, &name, &reviewer).output(&two).succeeded();
    let verify = |key: &str, signatures: &[&str]| {
        let flags = signatures.iter().flat_map(|file| ["--signature", file]);
        sandbox.pack().verify(&name).key(key).args(flags)
    };
    verify(&author.public, &[]).refused(1, "unsigned");
    verify(&author.public, &[&one]).succeeded();
    verify(&author.public, &[&two, &one]).succeeded();
    verify(&author.public, &[&two]).refused(1, "signer-not-trusted");
    let missing = verify(&author.public, &[&one, "no.sig"]).refused(2, "file-not-found");
    assert!(missing.contains("no.sig"), "{missing}");
    // `<pack>.sig` does not count then
    fs::rename(&one, &sidecar).expect("moved back");
    verify(&author.public, &[&two]).refused(1, "signer-not-trusted");
    let answers =
        json!({"pack_ref": name, "keys": [reviewer.public], "signatures": [two]}).to_string();
    let answers = sandbox.write("answers.json", answers);
    let verified = sandbox.verb("pack verify").answers(answers).succeeded().result();
    assert_eq!(text(&verified["signer"]), reviewer.id);
}
