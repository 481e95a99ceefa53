//! `gtc op env-packs`: add, update, remove and rollback.

use serde_json::{Value, json};
use snapbox::str;

use test_support::snapshots::assert_json;
use test_support::{Sandbox, assert_contains};

const KIND: &str = "acme.secrets.vault@0.4.2";
const PREVIOUS: &str = "inline://eyJnZW5lcmF0aW9uIjowLCJraW5kIjoiZ3JlZW50aWMuc2VjcmV0cy5kZXYtc3RvcmVAMC4xLjAiLCJwYWNrX3JlZiI6ImdyZWVudGljLnNlY3JldHMuZGV2LXN0b3JlQDAuMS4wIiwic2xvdCI6InNlY3JldHMifQ";

/// A sandbox, and the path of a pack for [`KIND`].
fn with_vault() -> (Sandbox, String) {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    (sandbox, pack)
}

#[test]
fn a_bound_slot_is_replaced_and_rolled_back_once() {
    let (sandbox, pack) = with_vault();
    let fresh = sandbox.document("local");
    let add = sandbox.env_packs().add("secrets").kind(KIND).pack_ref(&pack);
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&pack);
    let conflict = add.clone().refused(1, "conflict");
    assert_contains(&conflict, &["slot `secrets` is already bound", "`update`"]);
    assert_eq!(sandbox.document("local"), fresh);

    update.clone().succeeded().result_is(str![[r#"
{
  "environment_id": "local",
  "slot": "secrets",
  "kind": "acme.secrets.vault@0.4.2",
  "pack_ref": "[HOME]/packs/acme.secrets.vault.gtpack",
  "archive_sha256": "[DIGEST]",
  "generation": 1,
  "has_previous": true
}
"#]]);
    assert_eq!(sandbox.document("local")["packs"][1]["previous_binding_ref"], PREVIOUS);
    sandbox.env().doctor().succeeded();

    sandbox.env_packs().rollback("secrets").succeeded().result_is(str![[r#"
{
  "environment_id": "local",
  "slot": "secrets",
  "kind": "greentic.secrets.dev-store@0.1.0",
  "pack_ref": "greentic.secrets.dev-store@0.1.0",
  "generation": 2,
  "has_previous": false
}
"#]]);
    let mut restored = fresh;
    restored["packs"][1]["generation"] = json!(2);
    assert_eq!(sandbox.document("local"), restored);

    sandbox.env_packs().rollback("secrets").refused(1, "conflict");
    sandbox.env_packs().remove("secrets").succeeded();
    sandbox.env_packs().rollback("secrets").refused(1, "not-found");
    sandbox.env_packs().remove("secrets").refused(1, "not-found");
    update.refused(1, "not-found");
    add.succeeded().has(
        &["generation", "has_previous"],
        str![[r#"
generation: 0
has_previous: false
"#]],
    );
}

#[test]
fn the_human_report_shows_the_same() {
    let (sandbox, pack) = with_vault();
    let add = sandbox.env_packs().add("secrets").kind(KIND).pack_ref(&pack).human().exited(1);
    assert_contains(
        &add.stderr,
        &["error: slot `secrets` is already bound in environment `local`; use `update`"],
    );
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&pack).human();
    update.succeeded().shows(&["✓ updated slot `secrets` of environment `local`: `acme.secrets.vault@0.4.2` (generation 1)"]);
    let rollback = sandbox.env_packs().rollback("secrets").human();
    rollback.clone().succeeded().shows(&["✓ rolled back slot `secrets`", "(generation 2)"]);
    let again = rollback.exited(1);
    assert!(again.stderr.contains("has no previous binding to roll back to"), "{again:?}");
    let list = sandbox.env_packs().list().human().succeeded();
    list.shows(&["greentic.secrets.dev-store@0.1.0", "GENERATION"]);
}

#[test]
fn a_relative_path_is_stored_absolute() {
    let (sandbox, pack) = with_vault();
    let update = sandbox.env_packs().update("secrets").kind(KIND);
    update.clone().pack_ref("packs/acme.secrets.vault.gtpack").succeeded();
    let stored = sandbox.document("local")["packs"][1]["pack_ref"].clone();
    let path = std::path::Path::new(stored.as_str().expect("a path"));
    assert!(path.is_absolute(), "{stored}");
    assert_eq!(path.canonicalize().ok(), std::fs::canonicalize(&pack).ok());
    let url = format!("file://{pack}");
    update.pack_ref(&url).succeeded();
    assert_eq!(sandbox.document("local")["packs"][1]["pack_ref"], url);
    sandbox.env().doctor().succeeded();
}

#[test]
fn ungranted_permissions_are_refused_with_the_flags_that_grant_them() {
    let sandbox = Sandbox::with_local();
    let flags =
        [["--tool", "vault version"], ["--tool", "probed 'a b' *"], ["--network", "127.0.0.1:1"]];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", flags.as_flattened());
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    let update = update.pack_ref(pack);
    let message = update.clone().refused(1, "unauthorized");
    assert_contains(&message, &["to run `probed 'a b' *`", "to reach `127.0.0.1:1`"]);
    assert!(
        !message.contains("to run `vault version`"),
        "that asks for a version, as is known: {message}"
    );
    assert_contains(&message, &["--network 127.0.0.1:1", "--declared"]);

    let some = update.clone().grant_tool("probed 'a b' *");
    some.clone().refused(1, "unauthorized");
    let all = some.grant_network("127.0.0.1:1");
    // permissions that the pack does not declare are never granted
    all.clone().grant_tool("sh -c *").refused(1, "unauthorized");
    all.succeeded().has(
        &["grants"],
        str![[r#"
grants: {
  "tools": ["vault version", "probed 'a b' *"],
  "network": ["127.0.0.1:1"]
}
"#]],
    );
    // the same archive needs no new consent
    update.clone().succeeded();
    update.grant_declared().succeeded();
}

#[test]
fn arguments_come_from_a_file_or_from_flags() {
    let (sandbox, pack) = with_vault();
    let payload = json!({
        "environment_id": "local", "slot": "secrets", "kind": KIND, "pack_ref": pack,
        "idempotency_key": "once",
    });
    sandbox.write("update.json", payload.to_string());
    let with = |file: &str| sandbox.verb("op env-packs update").answers(file);
    with("update.json").succeeded().has(
        &["kind", "idempotency_key"],
        str![[r#"
kind: "acme.secrets.vault@0.4.2"
idempotency_key: "once"
"#]],
    );
    let yaml = format!(
        "environment_id: local\nslot: secrets\nkind: acme.secrets.vault@0.4.3\npack_ref: {pack}\n"
    );
    sandbox.write("update.yaml", yaml);
    assert_eq!(with("update.yaml").succeeded().result()["kind"], "acme.secrets.vault@0.4.3");
    let both = with("update.yaml").args(["--slot", "secrets"]).refused(2, "invalid-argument");
    assert!(both.contains("cannot be combined with flags"), "{both}");
    sandbox.write("typo.json", r#"{"environment_id": "local", "slots": "secrets"}"#);
    let typo = sandbox.verb("op env-packs rollback").answers("typo.json");
    let typo = typo.refused(2, "invalid-argument");
    assert!(typo.contains("typo.json") && typo.contains("slots"), "{typo}");
    assert!(sandbox.audit_log("local").contains("\"idempotency_key\":\"once\""));
}

#[test]
fn an_idempotency_key_is_for_one_request() {
    let sandbox = Sandbox::with_local();
    let remove = |slot| sandbox.env_packs().remove(slot).idempotency_key("k-1");
    remove("telemetry").succeeded();
    let refusal = remove("secrets").refused(1, "conflict");
    assert_contains(
        &refusal,
        &[
            "idempotency key `k-1` was already used for another request at 20",
            "Z: `env-packs remove` of slot `telemetry`, kind `greentic.telemetry.stdout@0.1.0`",
            "nothing was changed; use another key for each request",
        ],
    );
    assert!(sandbox.document("local").to_string().contains("greentic.secrets.dev-store"));

    // the refused request did not use the key
    sandbox.env_packs().remove("secrets").idempotency_key("k-2").succeeded();
}

#[test]
fn a_damaged_audit_log_hides_no_key() {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("telemetry").idempotency_key("k-1").succeeded();
    let log = sandbox.environment("local").join("audit/events.jsonl");
    let mut damaged = b"{\"idempotency_key\": \xff\n{\"idempotency_key\"\n".to_vec();
    damaged.resize(3 << 20, b'a');
    damaged.extend(b"\n{\"idempotency_key\": \"k-1\", \"noun\": \"\\u001b[2J\"}\n");
    damaged.extend(std::fs::read(&log).expect("the log"));
    std::fs::write(&log, damaged).expect("a log");
    sandbox.env_packs().remove("secrets").idempotency_key("k-1").refused(1, "conflict");
}

#[test]
fn every_requested_change_is_recorded() {
    let sandbox = Sandbox::with_local();
    let add = sandbox.env_packs().add("secrets").kind("a.b@1.0.0").pack_ref("/x.gtpack");
    add.refused(1, "conflict");
    sandbox.env_packs().remove("secrets").succeeded();
    let events = sandbox.audit_events("local").into_iter();
    let events = events.map(|event| {
        let generations = [&event["previous_generation"], &event["new_generation"]];
        json!([event["verb"], event["target"], event["result"], generations])
    });
    assert_json(
        &events.collect(),
        str![[r#"
[
  ["init", {"environment_id": "local"}, {"outcome": "ok"}, [null, null]],
  [
    "add",
    {"slot": "secrets", "kind": "a.b@1.0.0", "pack_ref": "/x.gtpack"},
    {
      "outcome": "error",
      "kind": "conflict",
      "message": "slot `secrets` is already bound in environment `local`; use `update` to replace it"
    },
    [null, null]
  ],
  [
    "remove",
    {
      "slot": "secrets",
      "kind": "greentic.secrets.dev-store@0.1.0",
      "pack_ref": "greentic.secrets.dev-store@0.1.0"
    },
    {"outcome": "ok"},
    [0, null]
  ]
]
"#]],
    );
}

#[test]
fn an_unchecked_binding_has_no_pin_and_its_rollback_restores_one() {
    let (sandbox, pack) = with_vault();
    let update = |kind| sandbox.env_packs().update("secrets").kind(kind).pack_ref(&pack);
    let digest =
        || sandbox.env_packs().list().succeeded().result()["bindings"][1]["archive_sha256"].clone();
    update(KIND).succeeded();
    let pinned = digest();
    update("acme.secrets.vault@0.4.3").no_fetch().succeeded();
    assert_eq!(digest(), Value::Null);
    let report = sandbox.env_packs().rollback("secrets").succeeded().result();
    assert_eq!(report["archive_sha256"], pinned);
    assert_eq!(digest(), pinned);
    sandbox.env().doctor().succeeded();
    sandbox.env_packs().remove("secrets").succeeded();
    assert!(!sandbox.pins().contains("archive_sha256"), "{}", sandbox.pins());
}

#[test]
fn registry_references_are_validated_before_they_are_stored() {
    let sandbox = Sandbox::with_local();
    let fresh = sandbox.document("local");
    let update = sandbox.env_packs().update("secrets").kind(KIND).no_fetch();
    for (bad, reason) in [
        ("oci://x y", "`/<repository>`"),
        ("oci://r/A:1", "lowercase"),
        ("oci://r/a@sha256:0", "64 hexadecimal"),
    ] {
        let refused = update.clone().pack_ref(bad).refused(2, "invalid-argument");
        assert!(refused.contains(bad) && refused.contains(reason), "{refused}");
    }
    assert_eq!(sandbox.document("local"), fresh);
    update.pack_ref("oci://registry.example/team/vault:0.4.2").succeeded();
}

#[test]
fn a_change_is_made_only_to_the_expected_generation() {
    let (sandbox, pack) = with_vault();
    let slots = sandbox.env_packs();
    let update = slots.update("secrets").kind(KIND).pack_ref(&pack);
    let message = update.clone().if_generation("1").refused(1, "stale");
    assert_contains(&message, &["slot `secrets`", "has generation 0, not the expected 1"]);
    update.if_generation("0").succeeded();
    for stale in [
        slots.update("secrets").refresh(),
        slots.rollback("secrets"),
        slots.remove("secrets"),
        sandbox.grants().revoke("acme.secrets.vault").declared(),
        sandbox.grants().add("acme.secrets.vault").declared(),
    ] {
        stale.if_generation("0").refused(1, "stale");
    }
    slots.rollback("secrets").if_generation("1").succeeded();
    slots.remove("secrets").if_generation("2").succeeded();
    slots.remove("secrets").if_generation("2").refused(1, "not-found");
}

#[test]
fn an_update_keeps_the_answers() {
    let (sandbox, pack) = with_vault();
    let update = |kind| sandbox.env_packs().update("secrets").kind(kind).pack_ref(&pack);
    let answers = || sandbox.document("local")["packs"][1]["answers_ref"].clone();
    update(KIND).answers_ref("secrets.json").succeeded();
    update("acme.secrets.vault@0.4.3").succeeded();
    assert_eq!(answers(), "secrets.json");
    update("acme.secrets.vault@0.4.3").answers_ref("other.json").succeeded();
    assert_eq!(answers(), "other.json");
    update(KIND).answers_ref("a.json").no_answers().refused(2, "invalid-argument");
    update("acme.secrets.vault@0.4.3").no_answers().succeeded();
    assert_eq!(answers(), Value::Null);
    sandbox.env_packs().rollback("secrets").succeeded();
    assert_eq!(answers(), "other.json");
}
