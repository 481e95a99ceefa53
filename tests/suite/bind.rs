//! `gtc op env-packs`: add, update, remove and rollback.

use serde_json::{Value, json};

use test_support::wat::Handler;
use test_support::{Output, Sandbox, packs};

const STASH: &str = "inline://eyJnZW5lcmF0aW9uIjowLCJraW5kIjoiZ3JlZW50aWMuc2VjcmV0cy5kZXYtc3RvcmVAMC4xLjAiLCJwYWNrX3JlZiI6ImdyZWVudGljLnNlY3JldHMuZGV2LXN0b3JlQDAuMS4wIiwic2xvdCI6InNlY3JldHMifQ";

fn bind(sandbox: &Sandbox, verb: &str, slot: &str, kind: &str, pack_ref: &str) -> Output {
    sandbox.gtc([
        "op",
        "env-packs",
        verb,
        "--env",
        "local",
        "--slot",
        slot,
        "--kind",
        kind,
        "--pack-ref",
        pack_ref,
    ])
}

fn unbind(sandbox: &Sandbox, verb: &str, slot: &str) -> Output {
    sandbox.gtc(["op", "env-packs", verb, "--env", "local", "--slot", slot])
}

fn generation(report: &Value) -> (Value, Value) {
    (report["generation"].clone(), report["has_previous"].clone())
}

#[test]
fn a_bound_slot_is_replaced_and_rolled_back_once() {
    let sandbox = Sandbox::with_local();
    let fresh = sandbox.document("local");
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    let conflict =
        bind(&sandbox, "add", "secrets", "acme.secrets.vault@0.4.2", &pack).refused(1, "conflict");
    assert!(
        conflict.contains("slot `secrets` is already bound") && conflict.contains("`update`"),
        "{conflict}"
    );
    assert_eq!(sandbox.document("local"), fresh);

    let report =
        bind(&sandbox, "update", "secrets", "acme.secrets.vault@0.4.2", &pack).succeeded().result();
    assert_eq!(generation(&report), (json!(1), json!(true)));
    assert_eq!(sandbox.document("local")["packs"][1]["previous_binding_ref"], STASH);
    sandbox.env().doctor().succeeded();

    let report = unbind(&sandbox, "rollback", "secrets").succeeded().result();
    assert_eq!(generation(&report), (json!(2), json!(false)));
    let mut restored = fresh;
    restored["packs"][1]["generation"] = json!(2);
    assert_eq!(sandbox.document("local"), restored);

    unbind(&sandbox, "rollback", "secrets").refused(1, "conflict");
    unbind(&sandbox, "remove", "secrets").succeeded();
    unbind(&sandbox, "rollback", "secrets").refused(1, "not-found");
    unbind(&sandbox, "remove", "secrets").refused(1, "not-found");
    bind(&sandbox, "update", "secrets", "acme.secrets.vault@0.4.2", &pack).refused(1, "not-found");
    let report =
        bind(&sandbox, "add", "secrets", "acme.secrets.vault@0.4.2", &pack).succeeded().result();
    assert_eq!(generation(&report), (json!(0), json!(false)));
}

#[test]
fn the_human_report_shows_the_same() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    let flags = ["--env", "local", "--slot", "secrets"];
    let kind = ["--kind", "acme.secrets.vault@0.4.2", "--pack-ref", &pack];
    let add = sandbox.human(["op", "env-packs", "add"].iter().chain(&flags).chain(&kind)).exited(1);
    assert!(
        add.stderr.contains(
            "error: slot `secrets` is already bound in environment `local`; use `update`"
        ),
        "{add:?}"
    );
    let update =
        sandbox.human(["op", "env-packs", "update"].iter().chain(&flags).chain(&kind)).succeeded();
    update.shows(&["✓ updated slot `secrets` of environment `local`: `acme.secrets.vault@0.4.2` (generation 1)"]);
    let rollback = sandbox.human(["op", "env-packs", "rollback"].iter().chain(&flags)).succeeded();
    rollback.shows(&["✓ rolled back slot `secrets`", "(generation 2)"]);
    let again = sandbox.human(["op", "env-packs", "rollback"].iter().chain(&flags)).exited(1);
    assert!(again.stderr.contains("has no previous binding to roll back to"), "{again:?}");
    sandbox
        .env_packs()
        .list()
        .human()
        .succeeded()
        .shows(&["greentic.secrets.dev-store@0.1.0", "GENERATION"]);
}

#[test]
fn a_wrong_pack_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::with_local();
    unbind(&sandbox, "remove", "state").succeeded();
    let before = sandbox.document("local");
    let check = |kind: &str, pack: &str, error: &str, reason: &str| {
        let message = bind(&sandbox, "add", "state", kind, pack).refused(1, error);
        assert!(message.contains(reason) && message.contains(pack), "{message}");
        assert_eq!(sandbox.document("local"), before);
        assert!(!sandbox.environment("local").join("packs.lock.json").exists());
    };
    let secrets = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    check(
        "acme.secrets.vault@0.4.2",
        &secrets,
        "slot-mismatch",
        "serves slot `secrets`, cannot be bound to `state`",
    );
    let state = sandbox.valid_pack("state", "acme.state.redis", "^0.1.0").display().to_string();
    check(
        "acme.state.redis@9.9.9",
        &state,
        "version-skew",
        "supports versions `^0.1.0`, not `9.9.9`",
    );
    check(
        "acme.state.other@0.1.0",
        &state,
        "unknown-kind",
        "provides `acme.state.redis`, not `acme.state.other`",
    );
    check("acme.state.redis@0.1.0", "/nowhere.gtpack", "file-not-found", "there is no file");
    let garbage = sandbox.write("garbage.gtpack", "PK").display().to_string();
    check("acme.state.redis@0.1.0", &garbage, "zip-end-record", "canonical zip profile");
    let impostor =
        sandbox.valid_pack("state", "greentic.state.in-memory", "*").display().to_string();
    check(
        "greentic.state.in-memory@0.1.0",
        &impostor,
        "conflict",
        "already provided by the built-in pack",
    );
    let mut handler = Handler::new("state", "acme.state.bad", "^1");
    handler.slot_body = Some("unreachable".to_owned());
    let bad = sandbox
        .written_pack("state", "acme.state.bad", "^1", handler.component())
        .display()
        .to_string();
    check("acme.state.bad@1.0.0", &bad, "trapped", "handler trapped in `slot`");
}

#[test]
fn a_path_of_another_bound_pack_is_refused() {
    let sandbox = Sandbox::with_local();
    let first = sandbox.valid_pack("secrets", "acme.shared.path", "^1").display().to_string();
    bind(&sandbox, "update", "secrets", "acme.shared.path@1.0.0", &first).succeeded();
    let component = Handler::new("state", "acme.shared.path", "^1").component();
    let second = packs::archive("state", "acme.shared.path", "^1", component, Default::default());
    let second = sandbox.write("packs/second.gtpack", second).display().to_string();
    let message =
        bind(&sandbox, "update", "state", "acme.shared.path@1.0.0", &second).refused(1, "conflict");
    assert!(message.contains(&first) && message.contains("slot `secrets`"), "{message}");
}

#[test]
fn many_valued_slots_have_nouns_of_their_own() {
    let sandbox = Sandbox::with_local();
    let check = |slot: &str, noun: &str| {
        let message =
            bind(&sandbox, "add", slot, "a.b@1.0.0", "x.gtpack").refused(1, "invalid-argument");
        assert!(message.contains(noun), "{message}");
    };
    check("messaging", "gtc op messaging endpoint");
    check("extension", "gtc op extensions");
    let message =
        bind(&sandbox, "add", "widgets", "a.b@1.0.0", "x.gtpack").refused(2, "invalid-argument");
    assert!(message.contains("`widgets` is not a capability slot"), "{message}");
}

#[test]
fn a_bad_descriptor_says_what_and_where() {
    let sandbox = Sandbox::with_local();
    let check = |kind: &str, expected: &str| {
        let message =
            bind(&sandbox, "update", "secrets", kind, "x.gtpack").refused(2, "invalid-argument");
        assert!(
            message.contains("argument `kind`") && message.contains(expected),
            "{kind}: {message}"
        );
    };
    check("A.b@1", "`A` at offset 0");
    check("nodot@1.0.0", "`.`");
    check("a.b", "has no `@<version>`");
    check("a.b@1.0.0@2", "second `@` at offset 9");
    check("a..b@1.0.0", "empty path segment at offset 2");
    check("", "empty");
    check(&"a.".repeat(5000), "10000 bytes");
    check("a.b@1", "1");
    check("a.b\u{1b}[2J@1.0.0", r"\u{1b}");
}

#[test]
fn a_relative_path_is_stored_absolute() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    bind(
        &sandbox,
        "update",
        "secrets",
        "acme.secrets.vault@0.4.2",
        "packs/acme.secrets.vault.gtpack",
    )
    .succeeded();
    let stored = sandbox.document("local")["packs"][1]["pack_ref"].clone();
    assert_eq!(
        std::path::Path::new(stored.as_str().expect("a path")).canonicalize().ok(),
        pack.canonicalize().ok()
    );
    let url = format!("file://{}", pack.display());
    bind(&sandbox, "update", "secrets", "acme.secrets.vault@0.4.2", &url).succeeded();
    assert_eq!(sandbox.document("local")["packs"][1]["pack_ref"], url);
    sandbox.env().doctor().succeeded();
}

#[test]
fn ungranted_permissions_are_refused_with_the_flags_that_grant_them() {
    let sandbox = Sandbox::with_local();
    let flags = [
        "--allow-tool",
        "vault version",
        "--allow-tool",
        "probed 'a b' *",
        "--allow-network",
        "127.0.0.1:1",
    ];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags).display().to_string();
    let kind = "test.deployer.prober@1.0.0";
    let message = bind(&sandbox, "update", "deployer", kind, &pack).refused(1, "unauthorized");
    assert!(
        message.contains("to run `probed 'a b' *`") && message.contains("to reach `127.0.0.1:1`"),
        "{message}"
    );
    assert!(
        !message.contains("to run `vault version`"),
        "that asks for a version, as is known: {message}"
    );
    assert!(
        message.contains("--grant-network 127.0.0.1:1") && message.contains("--grant declared"),
        "{message}"
    );

    let base = [
        "op",
        "env-packs",
        "update",
        "--env",
        "local",
        "--slot",
        "deployer",
        "--kind",
        kind,
        "--pack-ref",
        &pack,
    ];
    let some = base.iter().chain(&["--grant-tool", "probed 'a b' *"]);
    sandbox.gtc(some).refused(1, "unauthorized");
    let all = base.iter().chain(&[
        "--grant-tool",
        "probed 'a b' *",
        "--grant-network",
        "127.0.0.1:1",
        "--grant-tool",
        "sh -c *",
    ]);
    let report = sandbox.gtc(all).succeeded().result();
    // what the pack does not declare is not granted either
    assert_eq!(
        report["grants"],
        json!({"tools": ["vault version", "probed 'a b' *"], "network": ["127.0.0.1:1"]})
    );
    // the same archive needs no new consent
    bind(&sandbox, "update", "deployer", kind, &pack).succeeded();
    sandbox.gtc(base.iter().chain(&["--grant", "declared"])).succeeded();
}

#[test]
fn arguments_come_from_a_file_or_from_flags() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    let payload = json!({
        "environment_id": "local", "slot": "secrets", "kind": "acme.secrets.vault@0.4.2", "pack_ref": pack,
        "idempotency_key": "once",
    });
    let file = sandbox.write("update.json", payload.to_string()).display().to_string();
    let report =
        sandbox.gtc(["op", "env-packs", "update", "--answers", &file]).succeeded().result();
    assert_eq!(report["idempotency_key"], "once");
    let yaml = format!(
        "environment_id: local\nslot: secrets\nkind: acme.secrets.vault@0.4.3\npack_ref: {pack}\n"
    );
    let file = sandbox.write("update.yaml", yaml).display().to_string();
    let report =
        sandbox.gtc(["op", "env-packs", "update", "--answers", &file]).succeeded().result();
    assert_eq!(report["kind"], "acme.secrets.vault@0.4.3");
    let both = sandbox
        .gtc(["op", "env-packs", "update", "--answers", &file, "--slot", "secrets"])
        .refused(2, "invalid-argument");
    assert!(both.contains("cannot be combined with flags"), "{both}");
    let file = sandbox
        .write("typo.json", r#"{"environment_id": "local", "slots": "secrets"}"#)
        .display()
        .to_string();
    let typo = sandbox
        .gtc(["op", "env-packs", "rollback", "--answers", &file])
        .refused(2, "invalid-argument");
    assert!(typo.contains("typo.json") && typo.contains("slots"), "{typo}");
    let audit = std::fs::read_to_string(sandbox.environment("local").join("audit/events.jsonl"))
        .expect("a log");
    assert!(audit.contains("\"idempotency_key\":\"once\""), "{audit}");
}

#[test]
fn every_requested_change_is_recorded() {
    let sandbox = Sandbox::with_local();
    bind(&sandbox, "add", "secrets", "a.b@1.0.0", "/x.gtpack").refused(1, "conflict");
    unbind(&sandbox, "remove", "secrets").succeeded();
    let audit = std::fs::read_to_string(sandbox.environment("local").join("audit/events.jsonl"))
        .expect("a log");
    let lines: Vec<Value> =
        audit.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[1]["verb"], &lines[1]["result"]["outcome"], &lines[1]["result"]["kind"]),
        (&json!("add"), &json!("error"), &json!("conflict"))
    );
    assert_eq!(
        (&lines[2]["verb"], &lines[2]["result"]),
        (&json!("remove"), &json!({"outcome": "ok"}))
    );
    assert_eq!(
        lines[2]["target"],
        json!({"slot": "secrets", "kind": "greentic.secrets.dev-store@0.1.0"})
    );
    assert_eq!(
        (&lines[2]["previous_generation"], &lines[2]["new_generation"]),
        (&json!(0), &json!(null))
    );
}

#[test]
fn a_pin_survives_an_unchecked_binding() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    bind(&sandbox, "update", "secrets", "acme.secrets.vault@0.4.2", &pack).succeeded();
    let pins = || {
        std::fs::read_to_string(sandbox.environment("local").join("packs.lock.json")).expect("pins")
    };
    let pinned = pins();
    let flags = [
        "--slot",
        "secrets",
        "--kind",
        "acme.secrets.vault@0.4.3",
        "--pack-ref",
        &pack,
        "--no-fetch",
    ];
    sandbox.gtc(["op", "env-packs", "update", "--env", "local"].iter().chain(&flags)).succeeded();
    assert_eq!(pins(), pinned);
    // a rollback finds the pin of the binding it restores; unusable pins are removed
    unbind(&sandbox, "rollback", "secrets").succeeded();
    assert_eq!(pins(), pinned);
    unbind(&sandbox, "remove", "secrets").succeeded();
    bind(
        &sandbox,
        "add",
        "secrets",
        "greentic.secrets.dev-store@0.1.0",
        "greentic.secrets.dev-store@0.1.0",
    )
    .succeeded();
    assert!(!pins().contains("archive_sha256"), "{}", pins());
}

#[test]
fn registry_references_are_validated_before_they_are_stored() {
    let sandbox = Sandbox::with_local();
    let fresh = sandbox.document("local");
    let update = |pack_ref: &str| {
        let flags = [
            "--slot",
            "secrets",
            "--kind",
            "acme.secrets.vault@0.4.2",
            "--no-fetch",
            "--pack-ref",
            pack_ref,
        ];
        sandbox.gtc(["op", "env-packs", "update", "--env", "local"].iter().chain(&flags))
    };
    for (bad, reason) in [
        ("oci://x y", "`/<repository>`"),
        ("oci://r/A:1", "lowercase"),
        ("oci://r/a@sha256:0", "64 hexadecimal"),
    ] {
        let refused = update(bad).refused(2, "invalid-argument");
        assert!(refused.contains(bad) && refused.contains(reason), "{refused}");
    }
    assert_eq!(sandbox.document("local"), fresh);
    update("oci://registry.example/team/vault:0.4.2").succeeded();
}
