//! `gtc pack keygen`, `sign` and `verify`, with files and offline.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gtc_signing::{Envelope, PrivateKey};
use serde_json::{Value, json};

use test_support::signing::Key;
use test_support::verbs::Gtc;
use test_support::{Sandbox, text};

const PATH: &str = "acme.secrets.signed";

fn sandbox() -> (Sandbox, PathBuf) {
    // signatures in the cache would be visible to other tests
    let sandbox = Sandbox::new().with_own_cache();
    let pack = sandbox.valid_pack("secrets", PATH, "^1");
    (sandbox, pack)
}

fn verify<'a>(sandbox: &'a Sandbox, pack: &Path, key: &Key) -> Gtc<'a> {
    sandbox.pack().verify(pack).key(&key.public)
}

#[test]
fn keygen_never_overwrites_and_writes_mode_0600() {
    let sandbox = Sandbox::new();
    let key = sandbox.key("author.key");
    let read = |path: &str| std::fs::read_to_string(path).expect("a key");
    let private = read(&key.private);
    let public = read(&key.public);
    assert!(
        private.starts_with("-----BEGIN PRIVATE KEY-----\n")
            && public.starts_with("-----BEGIN PUBLIC KEY-----\n")
    );
    assert_eq!(
        std::fs::metadata(&key.private).expect("a file").permissions().mode() & 0o777,
        0o600
    );
    let again = sandbox.gtc(["pack", "keygen", "-o", &key.private]).refused(1, "conflict");
    assert!(again.contains("author.key") && again.contains("never overwritten"), "{again}");
    assert_eq!((read(&key.private), read(&key.public)), (private, public));
    sandbox.write("other.key.pub", "mine");
    sandbox.gtc(["pack", "keygen", "-o", "other.key"]).refused(1, "conflict");
    assert!(!sandbox.home().join("other.key").exists(), "no private key without its public key");
    assert_ne!(sandbox.key("second.key").id, key.id);
    sandbox.gtc(["pack", "keygen", "-o", "no/such/folder.key"]).refused(2, "io");
}

#[test]
fn verify_names_the_signer() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    let other = sandbox.key("other.key");
    verify(&sandbox, &pack, &author).refused(1, "unsigned");
    let sidecar = sandbox.sign(&pack, &author);
    let signature = std::fs::read(&sidecar).expect("a signature");
    sandbox.sign(&pack, &author);
    assert_eq!(
        std::fs::read(&sidecar).expect("a signature"),
        signature,
        "signing is deterministic"
    );

    let verified = verify(&sandbox, &pack, &author).succeeded().result();
    assert_eq!(text(&verified["signer"]), author.id);
    let refused = verify(&sandbox, &pack, &other).refused(1, "signer-not-trusted");
    assert!(refused.contains(&author.id) && refused.contains("trust-root add"), "{refused}");
    let pack = pack.display().to_string();
    let both = sandbox.pack().verify(&pack).key(&other.public).key(&author.public);
    both.human().succeeded().shows(&[&format!("is signed by `{}`", author.id)]);

    let output = sandbox.home().join("elsewhere.sig").display().to_string();
    sandbox.pack().sign(&pack).key(&author.private).output(&output).succeeded();
    assert_eq!(std::fs::read(output).expect("a signature"), signature);
}

#[test]
fn a_pack_changed_after_signing_does_not_verify() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    let sidecar = sandbox.sign(&pack, &author);
    let other = sandbox.valid_pack("secrets", PATH, "^2");
    assert_eq!(other, pack, "it replaces the first");
    let refused = verify(&sandbox, &pack, &author).refused(1, "signature-other-archive");
    assert!(refused.contains("is for another archive: sha256:"), "{refused}");
    std::fs::remove_file(sidecar).expect("removed");
    verify(&sandbox, &pack, &author).refused(1, "unsigned");
}

#[test]
fn a_malformed_signature_is_refused_with_a_reason() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    let sidecar = sandbox.sign(&pack, &author);
    let valid = std::fs::read_to_string(&sidecar).expect("a signature");
    let check = |content: &str, kind: &str, words: &str| {
        std::fs::write(&sidecar, content).expect("a file");
        let refused = verify(&sandbox, &pack, &author).refused(1, kind);
        assert!(refused.contains(words) && !refused.contains('\u{1b}'), "{kind}: {refused}");
    };
    check("", "signature-malformed", "line 1 column 0");
    check(&valid[..valid.len() / 2], "signature-malformed", "EOF");
    check(
        &valid.replacen('{', "{\"payload\":\"e30=\",", 1),
        "signature-malformed",
        "duplicate member `payload`",
    );
    check(
        &valid.replacen("\"payload\":\"", "\"payload\":\"*", 1),
        "signature-malformed",
        "not Base64",
    );
    check(&valid.replacen("vnd.in-toto+json", "x\\u001b[2J", 1), "signature-type", "`payloadType`");
    check(&valid.replacen(&author.id, "\\u001b[2J", 1), "signer-not-trusted", r"`\u{1b}[2J`");
    check(
        &format!("{valid}{}", " ".repeat(64 << 10)),
        "signature-too-large",
        "more than 65536 bytes",
    );
    check(
        &format!("{valid}{}", " ".repeat(256 << 10)),
        "signature-unreadable",
        "more than 262144 bytes",
    );
    let sig: Value = serde_json::from_str(&valid).expect("JSON");
    let sig = text(&sig["signatures"][0]["sig"]);
    check(&valid.replacen(sig, &sig.to_lowercase(), 1), "signature-invalid", &author.id);
    std::fs::remove_file(&sidecar).expect("removed");
    std::fs::create_dir(&sidecar).expect("a folder");
    let refused = verify(&sandbox, &pack, &author).refused(1, "signature-unreadable");
    assert!(refused.contains("a folder"), "{refused}");
}

#[test]
fn one_valid_signature_among_invalid_ones_suffices() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    let sidecar = sandbox.sign(&pack, &author);
    let mut envelope: Value =
        serde_json::from_slice(&std::fs::read(&sidecar).expect("a signature")).expect("JSON");
    let good = envelope["signatures"][0].clone();
    let bad = json!({"keyid": author.id, "sig": "AAAA"});
    envelope["signatures"] = json!([bad, {"keyid": "", "sig": ""}, good]);
    std::fs::write(&sidecar, envelope.to_string()).expect("a file");
    verify(&sandbox, &pack, &author).succeeded();
}

#[test]
fn a_malformed_key_file_is_named() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    sandbox.sign(&pack, &author);
    let pack = pack.display().to_string();
    let public = std::fs::read_to_string(&author.public).expect("a key");
    for content in
        ["", "no key", &format!("{public}{public}"), &public.replace("K2Vw", "K2Vu"), "\u{1b}[2J"]
    {
        let file = sandbox.write("x.pub", content).display().to_string();
        for verb in [sandbox.pack().verify(&pack), sandbox.pack().sign(&pack)] {
            let refused = verb.key(&file).refused(2, "invalid-key");
            assert!(refused.contains("x.pub") && !refused.contains('\u{1b}'), "{refused}");
        }
    }
    let swapped = sandbox.pack().verify(&pack).key(&author.private).refused(2, "invalid-key");
    assert!(swapped.contains("it holds `PRIVATE KEY`, expected `PUBLIC KEY`"), "{swapped}");
    sandbox.pack().sign(&pack).key(&author.public).refused(2, "invalid-key");
    sandbox.pack().sign(&pack).key("nowhere.key").refused(2, "file-not-found");
}

#[test]
fn sign_accepts_only_packs_and_overwrites_nothing() {
    let (sandbox, pack) = sandbox();
    let author = sandbox.key("author.key");
    let no_pack = sandbox.write("no.gtpack", "words");
    sandbox.pack().sign(&no_pack).key(&author.private).exited(1);
    assert!(!sandbox.home().join("no.gtpack.sig").exists());
    let pack = pack.display().to_string();
    for taken in [&pack, &author.private] {
        let before = std::fs::read(taken).expect("a file");
        sandbox.pack().sign(&pack).key(&author.private).output(taken).refused(1, "conflict");
        assert_eq!(std::fs::read(taken).expect("a file"), before);
    }
    sandbox.pack().verify(&pack).refused(2, "invalid-argument");
    sandbox
        .pack()
        .verify(&pack)
        .key(&author.public)
        .args(["--env", "local"])
        .refused(2, "invalid-argument");
}

#[test]
fn inspect_reports_the_signature() {
    let (sandbox, pack) = sandbox();
    let inspect = || sandbox.pack().inspect(&pack);
    inspect().human().succeeded().shows(&["\n  unsigned\n"]);
    assert_eq!(inspect().succeeded().result()["signature"], json!({"state": "unsigned"}));
    let author = sandbox.key("author.key");
    let sidecar = sandbox.sign(&pack, &author);
    inspect()
        .human()
        .succeeded()
        .shows(&[&format!("\n  signed by `{}` (not checked: no trust root)\n", author.id)]);
    let expected = json!({"state": "not-checked", "signers": [author.id]});
    assert_eq!(inspect().succeeded().result()["signature"], expected);
    std::fs::write(sidecar, "{}").expect("a file");
    let useless = inspect().human().succeeded();
    useless.shows(&[
        "\n  signature is invalid: its signature is malformed at line 1 column 2: missing field",
    ]);
    let builtin = sandbox.pack().inspect("greentic.state.in-memory@0.1.0").succeeded().result();
    assert_eq!(builtin["signature"], json!({"state": "built-in"}));
}

/// The program verifies signatures that the library made.
#[test]
fn the_library_signs_what_the_program_verifies() {
    let (sandbox, pack) = sandbox();
    let key = PrivateKey::generate().expect("randomness");
    let digest = env_pack_domain::Sha256Digest::compute(&std::fs::read(&pack).expect("a pack"));
    std::fs::write(format!("{}.sig", pack.display()), Envelope::sign("x", &digest, &key))
        .expect("a file");
    let public = sandbox.write("library.pub", key.public().to_pem());
    let verified = sandbox.pack().verify(&pack).key(&public).succeeded().result();
    assert_eq!(text(&verified["signer"]), key.public().id().to_string());
}
