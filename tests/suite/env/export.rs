//! `gtc op env export` and `import`: an environment moves in one document.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};

use test_support::{Output, Sandbox, assert_contains};

const KIND: &str = "acme.secrets.vault@0.4.2";

/// A sandbox with an environment that has pins, permissions, trusted keys and answers.
fn moving() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    put(&sandbox, "vault.json", r#"{"a": 1.50, "list": [1e400], "token_ref": "secret://prod/db"}"#);
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&pack);
    update.answers_ref("vault.json").succeeded();
    put(&sandbox, "deep/er/other.json", "[\"\\u202e\"]");
    let add = sandbox.extensions().add().kind("acme.oauth.auth0@1.0.0").no_fetch();
    add.pack_ref("/x.gtpack").instance_id("eu").answers_ref("deep/er/other.json").succeeded();
    sandbox.env_packs().remove("telemetry").succeeded();
    // another tool's key, which the environment's packs need not have
    let key = sandbox.key("key.pem");
    sandbox.trust_root().add(&key.public).succeeded();
    sandbox
}

fn put(sandbox: &Sandbox, path: &str, text: &str) {
    let path = sandbox.environment("local").join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn exported(sandbox: &Sandbox) -> String {
    sandbox.env().export().succeeded().stdout
}

/// Parses a document, without the number that is too large for the parser of this test.
fn parsed(document: &str) -> Value {
    serde_json::from_str(&document.replace("1e400", "1")).expect("JSON")
}

/// Imports a document into a store without environments.
fn imported(document: &str, arguments: &[&str]) -> (Sandbox, Output) {
    let sandbox = Sandbox::new();
    sandbox.write("moved.json", document);
    let output = sandbox.env().import("moved.json").args(arguments).run();
    (sandbox, output)
}

#[test]
fn an_imported_environment_exports_the_same_document() {
    let sandbox = moving();
    let document = exported(&sandbox);
    let parts = parsed(&document);
    assert_eq!(parts["schema"], "gtc.environment-export.v1");
    assert_eq!(parts["environment_id"], "local");
    assert_contains(&document, &["1.50", "1e400", "\\u202e", "emptied_slots"]);
    let (target, output) = imported(&document, &[]);
    let report = output.succeeded().result();
    let counts = ["revision", "bindings", "answers", "granted"].map(|name| report[name].clone());
    assert_eq!(counts, [json!(1), json!(5), json!(2), json!(0)]);
    assert_eq!(exported(&target), document);
    for file in ["environment.json", "packs.lock.json", "trust-root.json"] {
        let read = |sandbox: &Sandbox| {
            std::fs::read_to_string(sandbox.environment("local").join(file)).expect("a file")
        };
        assert_eq!(read(&target), read(&sandbox), "{file}");
    }
    let answers = target.environment("local").join("vault.json");
    assert_eq!(answers.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(target.audit().verify().succeeded().result()["intact"], true);
    let event = target.audit_events("local").pop().expect("an event");
    assert_eq!((&event["verb"], &event["result"]["outcome"]), (&json!("import"), &json!("ok")));
    let human = Sandbox::new();
    human.write("moved.json", &document);
    human.env().import("moved.json").human().succeeded().shows(&[
        "✓ imported environment `local` (revision 1)\n",
        "  5 bindings, 2 answers documents\n",
        "  ! it trusts key `",
        "next: examine it with `gtc op env doctor local`\n",
    ]);
    // what an operator emptied stays empty
    let bound = target.env().init().run().result()["bound"].clone();
    assert_eq!(bound, json!([]));
}

#[test]
fn fixtures_of_others_move_byte_for_byte() {
    for name in ["fresh", "busy"] {
        let sandbox = Sandbox::with_fixture(name);
        let (target, output) = imported(&exported(&sandbox), &[]);
        output.succeeded();
        let read = |sandbox: &Sandbox| {
            let path = sandbox.environment("local").join("environment.json");
            std::fs::read_to_string(path).expect("a file")
        };
        assert_eq!(read(&target), read(&sandbox), "{name}");
    }
}

#[test]
fn a_document_goes_to_a_private_file_or_through_a_pipe() {
    let sandbox = moving();
    let human = sandbox.env().export().output("out.json").human().succeeded();
    human.shows(&[
        "✓ exported environment `local` to out.json (",
        "  5 bindings, 2 answers documents, 1 trusted key\n",
        "next: import it with `gtc op env import out.json`\n",
    ]);
    assert_eq!(sandbox.read_text("out.json"), exported(&sandbox));
    let mode = sandbox.home().join("out.json").metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(sandbox.env().export().output("-").succeeded().stdout, exported(&sandbox));
    sandbox.env().backup("-").refused(2, "invalid-argument");
    sandbox.env().export().args(["--out", "again.json"]).succeeded();
    let target = Sandbox::new();
    let mut import = target.env().import("-").command();
    import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut import = import.spawn().expect("it starts");
    let mut stdin = import.stdin.take().expect("a pipe");
    stdin.write_all(sandbox.read_text("again.json").as_bytes()).expect("written");
    drop(stdin);
    let output: Output = import.wait_with_output().expect("it ends").into();
    output.succeeded();
    sandbox.env().export().output("no/folder/x.json").refused(2, "io");
    sandbox.env().export().env("nowhere").refused(1, "not-found");
}

#[test]
fn another_id_is_written_wherever_the_old_one_was() {
    let sandbox = Sandbox::with_fixture("busy");
    let (target, output) = imported(&exported(&sandbox), &["--env", "prod"]);
    let report = output.succeeded().result();
    assert_eq!(
        (&report["environment_id"], &report["exported_id"]),
        (&json!("prod"), &json!("local"))
    );
    assert!(!target.environment("local").exists());
    let document = target.document("prod");
    let ids = [
        &document["environment_id"],
        &document["name"],
        &document["host_config"]["env_id"],
        &document["bundles"][0]["env_id"],
        &document["messaging_endpoints"][1]["env_id"],
    ];
    assert_eq!(ids, ["prod"; 5].map(Value::from).each_ref());
    // secrets are kept under the old id; moving them is not up to this program
    let secret = &document["messaging_endpoints"][1]["webhook_secret_ref"];
    assert!(secret.as_str().expect("a text").starts_with("secret://local/"), "{secret}");
    let mut expected = sandbox.document("local").to_string();
    expected = expected.replace("\"env_id\":\"local\"", "\"env_id\":\"prod\"");
    expected = expected.replace(
        "\"environment_id\":\"local\",\"name\":\"local\"",
        "\"environment_id\":\"prod\",\"name\":\"prod\"",
    );
    assert_eq!(document.to_string(), expected);
    for bad in ["", "..", "a/b"] {
        imported("{}", &["--env", bad]).1.refused(2, "invalid-argument");
    }
}

#[test]
fn answers_that_no_binding_names_are_refused() {
    let document = parsed(&exported(&moving()));
    let (_, output) = imported(&with(&document, "/answers/unnamed.json", json!({})), &[]);
    let message = output.refused(2, "store");
    assert_contains(&message, &["`answers.unnamed.json`", "no binding names these answers"]);
}

#[test]
fn deeply_nested_documents_are_refused() {
    let sandbox = moving();
    let document = exported(&sandbox);
    for depth in [200, 100_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let answers = format!("{{\"a\": {}}}", deep);
        sandbox.write("deep.json", &answers);
        let written = sandbox.answers().put().answers_ref("vault.json").file("deep.json");
        let message = written.refused(1, "answers-parse");
        assert_contains(&message, &["nested more than 128 deep"]);
        let (_, output) = imported(&document.replacen("[1e400]", &deep, 1), &[]);
        assert_contains(&output.refused(2, "store"), &["nested more than 128 deep"]);
        // as another tool may have written it
        std::fs::write(sandbox.environment("local").join("vault.json"), &answers).expect("a file");
        sandbox.answers().show().answers_ref("vault.json").refused(1, "answers-parse");
        put(&sandbox, "vault.json", "{}");
        let stored = sandbox.environment("local").join("environment.json");
        let text = std::fs::read_to_string(&stored).expect("a file");
        let member = format!("{{\"deep\": {},", deep);
        std::fs::write(&stored, text.replacen('{', &member, 1)).expect("a file");
        let message = sandbox.env().backup("backup.json").refused(2, "store");
        assert_contains(&message, &["environment.json", "nested more than 128 deep"]);
        std::fs::write(&stored, text).expect("a file");
    }
}

#[test]
fn a_backup_keeps_credentials_and_is_restored() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = moving();
    let answers = r#"{"client_secret": "hunter2", "n": 1.00}"#;
    sandbox.write("new.json", answers);
    sandbox.answers().put().answers_ref("vault.json").file("new.json").succeeded();
    sandbox.env().export().refused(1, "credentials");
    let report = sandbox.env().backup("backup.json").succeeded().result();
    assert_eq!(report["path"], "backup.json");
    let mode = sandbox.home().join("backup.json").metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    sandbox.env().backup("backup.json").human().succeeded().shows(&[
        "✓ backed up environment `local` to backup.json",
        "next: restore it with `gtc op env restore backup.json --replace local`",
    ]);
    let before = [sandbox.document("local").to_string(), sandbox.pins()];
    sandbox.env_packs().remove("sessions").yes().succeeded();
    sandbox.write("new.json", "{}");
    sandbox.answers().put().answers_ref("vault.json").file("new.json").succeeded();
    sandbox.env().restore("backup.json").refused(1, "conflict");
    let restore = sandbox.env().restore("backup.json").args(["--replace", "local"]);
    restore.idempotency_key("k").succeeded();
    assert_eq!([sandbox.document("local").to_string(), sandbox.pins()], before);
    let restored = std::fs::read_to_string(sandbox.environment("local").join("vault.json"));
    assert_eq!(restored.expect("answers"), answers);
    sandbox.audit().verify().succeeded();
}

#[test]
fn an_environment_is_replaced_only_when_it_is_named() {
    let sandbox = moving();
    sandbox.write("moved.json", exported(&sandbox));
    put(&sandbox, "vault.json", "{\"newer\": true}");
    sandbox.env_packs().remove("state").succeeded();
    let before = exported(&sandbox);
    let import = || sandbox.env().import("moved.json");
    let message = import().refused(1, "conflict");
    assert_contains(&message, &["`local` already exists", "--replace local"]);
    let message = import().args(["--replace", "other"]).refused(1, "conflict");
    assert_contains(&message, &["of environment `local`, but `other` may be replaced"]);
    sandbox.write("damaged.json", "{");
    sandbox.env().import("damaged.json").args(["--replace", "local"]).exited(2);
    let events = sandbox.audit_events("local");
    let refused = events.iter().filter(|event| event["verb"] == "import");
    assert!(refused.clone().all(|event| event["result"]["outcome"] == "error"), "{events:?}");
    assert_eq!(refused.count(), 3);
    assert_eq!(exported(&sandbox), before);
    let replace = import().args(["--replace", "local"]).idempotency_key("k");
    let first = replace.clone().succeeded();
    assert_eq!(first.result()["replaced"], true);
    assert_eq!(exported(&sandbox), sandbox.read_text("moved.json"));
    // what was there is kept, and can be brought back
    let kept = sandbox.environment("local").join("backups/environment-export.json");
    assert_eq!(std::fs::read_to_string(&kept).expect("a file"), before);
    sandbox.env().import(&kept).args(["--replace", "local"]).succeeded();
    assert_eq!(exported(&sandbox), before);
    assert_eq!(replace.succeeded().stdout, first.stdout);
    assert_eq!(exported(&sandbox), before);
    import().args(["--replace", "local"]).if_revision("1").refused(1, "stale");
    assert_eq!(sandbox.audit().verify().succeeded().result()["intact"], true);
}

#[test]
fn values_that_look_like_credentials_are_not_exported() {
    for (text, place) in [
        (r#"{"db": {"password": "hunter2-canary"}}"#, "vault.json#/db/password"),
        (r#"{"a/b~": ["x", "ghp_canary0123456789abcdef"]}"#, "vault.json#/a~1b~0/1"),
        (r#"{"url": "https://user:canary@db.example/"}"#, "vault.json#/url"),
        (r#"{"n": 1e400, "token": "canary"}"#, "vault.json#/token"),
        (r#"{"token": "canary", "token": ""}"#, "vault.json#/token"),
    ] {
        let sandbox = moving();
        put(&sandbox, "vault.json", text);
        let refused = sandbox.env().export().output("out.json").exited(1);
        assert_contains(&refused.stderr, &[place, "secret://", "credentials"]);
        assert!(!refused.stderr.contains("canary") && refused.stdout.is_empty(), "{refused:?}");
        assert!(!sandbox.home().join("out.json").exists());
    }
    // also where other tools write
    let sandbox = Sandbox::with_local();
    let mut document = sandbox.document("local");
    document["messaging_endpoints"] = json!([{"env_id": "local", "api_token": "canary"}]);
    let path = sandbox.environment("local").join("environment.json");
    std::fs::write(path, document.to_string()).expect("a file");
    let message = sandbox.env().export().refused(1, "credentials");
    assert_contains(&message, &["environment.json#/messaging_endpoints/0/api_token"]);
}

#[test]
fn answers_that_are_missing_are_left_out_and_damaged_ones_are_refused() {
    let sandbox = moving();
    let path = sandbox.environment("local").join("vault.json");
    std::fs::remove_file(&path).expect("removed");
    let document = parsed(&exported(&sandbox));
    let names: Vec<_> = document["answers"].as_object().expect("an object").keys().collect();
    assert_eq!(names, ["deep/er/other.json"]);
    std::fs::write(&path, "{").expect("a file");
    let message = sandbox.env().export().refused(1, "answers-parse");
    assert_contains(&message, &["vault.json", "is not a JSON document"]);
}

/// Returns an exported document with another value at a JSON pointer.
fn with(document: &Value, pointer: &str, value: Value) -> String {
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("it exists");
    parent[name.replace("~1", "/")] = value;
    document.to_string()
}

#[test]
fn malformed_documents_are_refused_and_nothing_is_left() {
    let sandbox = moving();
    let document = parsed(&exported(&sandbox));
    let change = |pointer: &str, value: Value| with(&document, pointer, value);
    for (text, expected) in [
        (String::new(), "line 1 column 0"),
        ("[]".to_owned(), "line 1"),
        ("{}".to_owned(), "`schema`: it is missing"),
        (document.to_string().replacen("{", "{\"schema\": 1,", 1), "duplicate member `schema`"),
        (
            change("/schema", json!("gtc.environment-export.v9")),
            "it is `gtc.environment-export.v9`, expected `gtc.environment-export.v1`",
        ),
        (change("/x", json!(1)), "`x`: no such member is known"),
        (change("/environment_id", json!("../up")), "`environment_id`"),
        (change("/environment_id", json!("prod")), "`document`, `environment_id`: it is `local`"),
        (change("/document", json!([])), "`document`"),
        (change("/document/schema", json!("x.v1")), "`document`, `schema`: it is `x.v1`, expected"),
        (change("/document/packs", json!([7])), "`document`, `packs[0]`"),
        (change("/pins", json!({"schema": "x"})), "`pins`, `schema`: it is `x`"),
        (change("/trust_root/keys", json!([{}])), "`trust_root`, `keys[0].key_id`"),
        (
            change("/trust_root/keys", json!([{"key_id": "0".repeat(32), "public_key_pem": "x"}])),
            "keys[0]",
        ),
        (change("/answers/..~1up.json", json!({})), "answers_ref `../up.json`"),
        (change("/answers/~1etc~1x", json!({})), "answers_ref `/etc/x`"),
        (change("/answers/a\u{0}b", json!({})), "does not stay inside"),
        (change("/answers/revision.json", json!({})), "that other parts of the environment use"),
        (
            change("/answers/audit~1events.jsonl", json!({})),
            "that other parts of the environment use",
        ),
        (change("/answers/.lock", json!({})), "that other parts of the environment use"),
        (change("/answers/.~1vault.json", json!({})), "other answers have the same place"),
        (change("/answers/deep~1er", json!({})), "other answers have the same place"),
    ] {
        let (target, output) = imported(&text, &[]);
        assert!(output.code == 1 || output.code == 2, "{output:?}");
        assert!(
            output.stderr.contains(&expected.replace('"', "\\\"")),
            "{expected}: {}",
            output.stderr
        );
        assert!(!target.environment("local").exists(), "{expected}");
        assert!(!target.home().join("up.json").exists());
    }
    let (_, output) = imported(&change("/answers/large.json", json!("x".repeat(1 << 20))), &[]);
    assert!(output.stderr.contains("more than 1048576 bytes"), "{}", output.stderr);
    let sandbox = Sandbox::new();
    sandbox.env().import("nowhere.json").refused(2, "file-not-found");
    let large = std::fs::File::create(sandbox.home().join("large.json")).expect("a file");
    large.set_len((64 << 20) + 1).expect("a length");
    let output = sandbox.env().import("large.json").exited(2);
    assert_contains(&output.stderr, &["large.json", "67108864"]);
}

#[test]
fn what_a_document_says_is_escaped() {
    let document = parsed(&exported(&moving()));
    for (pointer, value) in [
        ("/schema", json!("\u{1b}[2J")),
        ("/environment_id", json!("\u{1b}[2J")),
        ("/\u{1b}[2J", json!(1)),
        ("/answers/\u{1b}[2J~1..~1x", json!(1)),
    ] {
        let target = Sandbox::new();
        target.write("moved.json", with(&document, pointer, value));
        let output = target.env().import("moved.json").human().run();
        assert!(output.code != 0 && !output.stderr.contains('\u{1b}'), "{output:?}");
    }
}
