//! `gtc op extensions`: any number of instances, identified by path and instance id.

use serde_json::{Value, json};
use snapbox::str;

use test_support::snapshots::assert_json;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, members, repository};

const KIND: &str = "acme.oauth.auth0@1.0.0";
/// A later version, by which the tests update.
const LATER: &str = "acme.oauth.auth0@1.2.0";

/// A sandbox whose environment binds the default instance and two named ones.
fn three_instances() -> (Sandbox, String) {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1").display().to_string();
    let answers = "extensions/acme.oauth.auth0-primary/answers.json";
    sandbox.write(
        format!(".greentic/environments/local/{answers}"),
        "{\n  \"tenant\": \"acme\", \"big\": 1.50\n}\n",
    );
    let add = sandbox.extensions().add().kind(KIND).pack_ref(&pack);
    add.clone().succeeded();
    add.clone().instance_id("primary").answers_ref(answers).succeeded();
    add.instance_id("secondary").succeeded();
    (sandbox, pack)
}

/// A later version of the pack, in a file of its own.
fn later_version(sandbox: &Sandbox) -> String {
    let handler = Handler::new("extension", "acme.oauth.auth0", "^1.2, <1.9");
    let later = handler.archive_by("test", "1.2.0");
    sandbox.write("packs/later.gtpack", later).display().to_string()
}

/// The archive that each instance pins.
fn archives(sandbox: &Sandbox) -> Vec<Value> {
    members(&sandbox.extensions().list().succeeded().result()["extensions"], "archive_sha256")
}

fn instances(sandbox: &Sandbox) -> Vec<Value> {
    members(&sandbox.extensions().list().succeeded().result()["extensions"], "instance_id")
}

fn refs(sandbox: &Sandbox) -> Vec<Value> {
    members(&sandbox.document("local")["extensions"], "pack_ref")
}

#[test]
fn named_instances_and_a_default_coexist() {
    let (sandbox, pack) = three_instances();
    assert_eq!(instances(&sandbox), [json!(null), json!("primary"), json!("secondary")]);
    let list = sandbox.extensions().list().human().succeeded();
    list.shows(&["(default)", "primary", "secondary"]);
    // one archive bound by several instances registers once
    let report = sandbox.env().doctor().succeeded();
    report.has(
        &["extensions", "duplicate_registrations"],
        str![[r#"
extensions: {"count": 3, "unknown_kinds": [], "slot_mismatches": [], "version_skew": []}
duplicate_registrations: []
"#]],
    );
    let add = sandbox.extensions().add().kind("acme.oauth.auth0@1.5.0").pack_ref(&pack);
    for add in [add.clone(), add.instance_id("primary")] {
        let message = add.refused(1, "conflict");
        assert_contains(&message, &["extension `acme.oauth.auth0`", "`update`"]);
    }
}

#[test]
fn the_version_is_not_part_of_the_identity() {
    let (sandbox, pack) = three_instances();
    let update = sandbox.extensions().update().kind("acme.oauth.auth0@1.1.0").pack_ref(&pack);
    update.instance_id("primary").succeeded().has(
        &["generation", "has_previous"],
        str![[r#"
generation: 1
has_previous: true
"#]],
    );
    let rollback = |kind| sandbox.extensions().rollback().kind(kind).instance_id("primary");
    assert_eq!(rollback("acme.oauth.auth0@7.7.7").succeeded().result()["kind"], KIND);
    assert_eq!(
        sandbox.document("local")["extensions"][1]["answers_ref"],
        "extensions/acme.oauth.auth0-primary/answers.json"
    );
    let remove = |kind| sandbox.extensions().remove().kind(kind);
    remove("acme.oauth.auth0").instance_id("primary").succeeded();
    assert_eq!(instances(&sandbox), [json!(null), json!("secondary")]);
    rollback(KIND).refused(1, "not-found");
    remove("acme.oauth.other").refused(1, "not-found");
    remove(KIND).instance_id("Primary").refused(2, "invalid-argument");
}

#[test]
fn one_instance_tries_a_new_version_alone() {
    let (sandbox, _) = three_instances();
    let first = archives(&sandbox)[0].clone();
    let update = sandbox.extensions().update().kind(LATER).pack_ref(later_version(&sandbox));
    let report = update.instance_id("primary").succeeded().result();
    let second = report["archive_sha256"].clone();
    assert_ne!(first, second);
    assert_eq!(archives(&sandbox), [first.clone(), second, first.clone()]);
    // each binding resolves to the handler in its own archive
    sandbox.env().doctor().succeeded().has(
        &["extensions", "duplicate_registrations", "healthy"],
        str![[r#"
extensions: {"count": 3, "unknown_kinds": [], "slot_mismatches": [], "version_skew": []}
duplicate_registrations: []
healthy: true
"#]],
    );
    let checks = sandbox.env().tool_check().succeeded().result();
    assert_eq!(members(&checks["extension_bindings"], "kind"), [KIND, LATER, KIND]);
    let resolve = |reference| sandbox.extensions().resolve(reference).succeeded().result();
    assert_eq!(resolve("ext://acme.oauth.auth0")["answers"], json!({}));
    assert_eq!(resolve("ext://acme.oauth.auth0/secondary")["answers"], json!({}));

    let rollback = sandbox.extensions().rollback().kind(LATER).instance_id("primary");
    assert_eq!(rollback.succeeded().result()["archive_sha256"], first);
    assert_eq!(archives(&sandbox), vec![first; 3]);
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_version_that_the_pinned_archive_does_not_support_is_reported() {
    let (sandbox, _) = three_instances();
    let update = sandbox.extensions().update().pack_ref(later_version(&sandbox));
    update.clone().kind(KIND).instance_id("primary").refused(1, "version-skew");
    update.kind(LATER).instance_id("primary").succeeded();
    // as another tool would
    let path = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, text.replacen(LATER, "acme.oauth.auth0@1.0.0", 1)).expect("a file");
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["extensions"]["version_skew"][0]["requested"], "1.0.0");
}

#[test]
fn an_unrelated_pack_cannot_use_the_path() {
    let (sandbox, _) = three_instances();
    let unrelated = Handler::new("extension", "acme.oauth.auth0", "^1").archive_by("evil", "1.0.0");
    let unrelated = sandbox.write("packs/unrelated.gtpack", unrelated);
    let add = sandbox.extensions().add().kind(KIND).pack_ref(&unrelated).instance_id("new");
    let message = add.refused(1, "conflict");
    assert_contains(&message, &["already provided by pack", "only versions of one pack"]);
    let update = sandbox.extensions().update().kind(KIND).pack_ref(&unrelated);
    update.clone().refused(1, "conflict");
    // all instances are replaced at once, so it takes the path of no other pack
    update.all_instances().succeeded();
    sandbox.env().doctor().succeeded();
}

#[test]
fn instances_are_updated_together() {
    let (sandbox, _) = three_instances();
    let later = later_version(&sandbox);
    let update = sandbox.extensions().update().kind(LATER).pack_ref(&later).instance_id("primary");
    update.clone().all_instances().succeeded().has(
        &["moved"],
        str![[r#"
moved: [{
  "environment_id": "local",
  "kind": "acme.oauth.auth0@1.2.0",
  "pack_ref": "[HOME]/packs/later.gtpack",
  "archive_sha256": "[DIGEST]",
  "generation": 1,
  "has_previous": true
}, {
  "environment_id": "local",
  "instance_id": "secondary",
  "kind": "acme.oauth.auth0@1.2.0",
  "pack_ref": "[HOME]/packs/later.gtpack",
  "archive_sha256": "[DIGEST]",
  "generation": 1,
  "has_previous": true
}]
"#]],
    );
    assert_eq!(refs(&sandbox), vec![later; 3]);
    sandbox.env().doctor().succeeded();
    let again = update.all_instances().succeeded();
    again.has(
        &["unchanged", "generation"],
        str![[r#"
unchanged: true
generation: 1
"#]],
    );
    assert_eq!(again.result()["moved"], Value::Null);
}

#[test]
fn instances_that_are_there_already_stay_as_they_are() {
    let (sandbox, _) = three_instances();
    let later = later_version(&sandbox);
    let update = sandbox.extensions().update().kind(LATER).pack_ref(&later);
    update.clone().instance_id("primary").succeeded();
    let report = update.all_instances().succeeded().result();
    assert_eq!(members(&report["moved"], "instance_id"), ["secondary"]);
    let generations = members(&sandbox.document("local")["extensions"], "generation");
    assert_eq!(generations, [json!(1), json!(1), json!(1)]);
}

#[test]
fn instances_updated_together_are_rolled_back_together() {
    let (sandbox, pack) = three_instances();
    let later = later_version(&sandbox);
    let update = sandbox.extensions().update().kind(LATER).pack_ref(&later).instance_id("primary");
    update.all_instances().succeeded();
    let rollback = sandbox.extensions().rollback().kind(LATER).instance_id("primary");
    rollback.all_instances().succeeded().has(
        &["generation", "moved"],
        str![[r#"
generation: 2
moved: [{
  "environment_id": "local",
  "kind": "acme.oauth.auth0@1.0.0",
  "pack_ref": "[HOME]/packs/acme.oauth.auth0.gtpack",
  "archive_sha256": "[DIGEST]",
  "generation": 2,
  "has_previous": false
}, {
  "environment_id": "local",
  "instance_id": "secondary",
  "kind": "acme.oauth.auth0@1.0.0",
  "pack_ref": "[HOME]/packs/acme.oauth.auth0.gtpack",
  "archive_sha256": "[DIGEST]",
  "generation": 2,
  "has_previous": false
}]
"#]],
    );
    assert_eq!(refs(&sandbox), vec![pack; 3]);
    sandbox.env().doctor().succeeded();

    // each updated instance has an event of its own
    let events = sandbox.audit_events("local");
    let moved = events.iter().filter(|event| event["verb"] != "init" && event["verb"] != "add");
    let moved = moved.filter(|event| event["result"]["outcome"] == "ok").map(|event| {
        json!([
            event["verb"],
            event["target"]["instance_id"],
            event["previous_generation"],
            event["new_generation"]
        ])
    });
    assert_json(
        &moved.collect(),
        str![[r#"
[
  ["update", "primary", 0, 1],
  ["update", null, 0, 1],
  ["update", "secondary", 0, 1],
  ["rollback", "primary", 1, 2],
  ["rollback", null, 1, 2],
  ["rollback", "secondary", 1, 2]
]
"#]],
    );
}

#[test]
fn an_instance_without_a_previous_binding_is_not_rolled_back() {
    let (sandbox, pack) = three_instances();
    let later = later_version(&sandbox);
    let update = sandbox.extensions().update().kind(LATER).pack_ref(&later).instance_id("primary");
    update.all_instances().succeeded();
    let add = sandbox.extensions().add().kind(LATER).pack_ref(&later).instance_id("late");
    add.succeeded();
    let rollback = sandbox.extensions().rollback().kind(LATER).instance_id("primary");
    rollback.all_instances().succeeded();
    assert_eq!(refs(&sandbox), [&pack, &pack, &pack, &later].map(|text| json!(text)));
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_new_instance_may_have_another_version() {
    let (sandbox, pack) = three_instances();
    let later = later_version(&sandbox);
    let add = sandbox.extensions().add().kind(LATER).pack_ref(&later);
    add.clone().instance_id("new").succeeded();
    assert_eq!(refs(&sandbox), [&pack, &pack, &pack, &later].map(|text| json!(text)));
    add.instance_id("newer").all_instances().succeeded();
    assert_eq!(refs(&sandbox), vec![later; 5]);
    let answers = sandbox.document("local")["extensions"][1]["answers_ref"].clone();
    assert_eq!(
        answers, "extensions/acme.oauth.auth0-primary/answers.json",
        "the others keep their answers"
    );
}

#[test]
fn a_pack_of_another_slot_is_not_an_extension() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^1");
    let add = sandbox.extensions().add().kind("acme.secrets.vault@1.0.0").pack_ref(pack);
    let message = add.refused(1, "slot-mismatch");
    assert!(message.contains("serves slot `secrets`, cannot be bound to `extension`"), "{message}");
}

#[test]
fn a_workload_resolves_the_answers_or_nothing() {
    let (sandbox, _) = three_instances();
    let resolve = |reference| sandbox.extensions().resolve(reference);
    let primary = "ext://acme.oauth.auth0/primary";
    let report = resolve(primary).succeeded();
    assert_eq!(report.result()["answers"], json!({"tenant": "acme", "big": 1.50}));
    let line = report.stdout;
    assert!(line.ends_with("\"answers\":{\"tenant\":\"acme\",\"big\":1.50}}}\n"), "{line}");
    let exact = resolve(primary).human().succeeded();
    assert_eq!(exact.stdout, "{\n  \"tenant\": \"acme\", \"big\": 1.50\n}\n");
    assert_eq!(resolve("ext://acme.oauth.auth0").succeeded().result()["answers"], json!({}));
    assert_eq!(resolve("ext://acme.oauth.auth0/secondary").human().run().stdout, "{}\n");
    resolve("ext://acme.oauth.auth0/tertiary").refused(1, "not-found");
    resolve("ext://acme.oauth.other").refused(1, "not-found");
    let add = sandbox.extensions().add().kind(KIND).pack_ref("x").instance_id("new");
    add.answers_ref("../../secret.json").refused(2, "invalid-argument");
}

#[test]
fn lists_and_tool_checks_keep_the_native_form() {
    let sandbox = Sandbox::with_fixture("busy");
    let native = |file: &str| -> Value {
        let path = repository().join("tests/fixtures/native/busy").join(file);
        let text = std::fs::read_to_string(path).expect("a fixture");
        serde_json::from_str::<Value>(&text).expect("JSON")["result"].clone()
    };
    let mut ours = sandbox.extensions().list().succeeded().result();
    for bound in ours["extensions"].as_array_mut().expect("a list") {
        let members = bound.as_object_mut().expect("an object");
        for ours in ["answers_ref", "unpinned", "previous"] {
            members.remove(ours);
        }
    }
    assert_eq!(ours, native("extensions-list.json"));
    let mut ours = sandbox.env_packs().list().succeeded().result();
    let vault = ours["bindings"][1].as_object_mut().expect("an object");
    assert_eq!(vault.remove("unpinned"), Some(json!(true)));
    vault.remove("previous");
    let mut expected = native("env-packs-list.json");
    expected["bindings"][1]["answers_ref"] = json!("env-packs/secrets/answers.json");
    assert_eq!(ours, expected);
    let mut ours = sandbox.env().show().succeeded().result();
    assert_eq!(ours.as_object_mut().expect("an object").remove("revision"), Some(json!(1)));
    assert_eq!(ours, native("env-show.json"));
    let ours = sandbox.env().tool_check().exited(1).result();
    let native = native("tool-check.json");
    for field in ["bindings", "total_checks", "failed_checks", "extension_bindings"] {
        assert_eq!(ours[field], native[field], "{field}");
    }
    for list in ["unresolved_bindings", "extension_unresolved_bindings"] {
        assert_eq!(members(&ours[list], "kind"), members(&native[list], "kind"));
    }
}
