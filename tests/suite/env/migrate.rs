//! `gtc op env migrate`: brings environments of earlier versions up to date, and leaves empty what
//! an operator emptied.

use serde_json::{Value, json};
use snapbox::str;

use super::drop_binding;
use test_support::{Sandbox, assert_contains, members};

const STATE: &str = "greentic.state.in-memory@0.1.0";

fn path(sandbox: &Sandbox, id: &str, name: &str) -> std::path::PathBuf {
    sandbox.environment(id).join(name)
}

fn slots(sandbox: &Sandbox, id: &str) -> Vec<Value> {
    members(&sandbox.document(id)["packs"], "slot")
}

/// Everything that a change may write.
fn state(sandbox: &Sandbox) -> Vec<Option<String>> {
    ["environment.json", "packs.lock.json", "audit/events.jsonl", "revision.json"]
        .map(|name| std::fs::read_to_string(path(sandbox, "local", name)).ok())
        .to_vec()
}

#[test]
fn a_missing_default_is_shown_and_bound_when_it_is_applied() {
    let sandbox = Sandbox::with_local();
    drop_binding(&sandbox, "local", "state");
    let before = state(&sandbox);
    let dry = sandbox.env().migrate().succeeded();
    dry.result_is(str![[r#"
{
  "applied": false,
  "environments": [{
    "environment_id": "local",
    "revision": 3,
    "bound": ["greentic.state.in-memory@0.1.0"],
    "kept_empty": [],
    "remembered": [],
    "converts_pins": false
  }]
}
"#]]);
    sandbox.env().migrate().human().succeeded().shows(&[
        "! environment `local` would be migrated; nothing changed yet\n",
        "  binds `greentic.state.in-memory@0.1.0`\n",
        "next: make these changes with `gtc op env migrate --env local --apply`\n",
    ]);
    assert_eq!(state(&sandbox), before);
    let apply = sandbox.env().migrate().arg("--apply");
    let applied = apply.clone().idempotency_key("k").succeeded().result();
    assert_eq!(applied["environments"][0]["bound"], json!([STATE]));
    assert_eq!(slots(&sandbox, "local").last(), Some(&json!("state")));
    let after = state(&sandbox);
    let repeated = apply.clone().idempotency_key("k").succeeded().result();
    assert_eq!(repeated["environments"], applied["environments"]);
    apply.human().succeeded().shows(&["environment `local` is up to date\n"]);
    assert_eq!(state(&sandbox), after);
    let events = sandbox.audit_events("local");
    assert_eq!(events.last().expect("an event")["verb"], "migrate");
    assert_eq!(sandbox.audit().verify().succeeded().result()["intact"], true);
}

#[test]
fn a_slot_that_was_emptied_stays_empty() {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("telemetry").succeeded();
    drop_binding(&sandbox, "local", "state");
    let human = sandbox.env().migrate().arg("--apply").human().succeeded();
    human.shows(&[
        "✓ migrated environment `local`",
        "  binds `greentic.state.in-memory@0.1.0`\n",
        "  keeps slot `telemetry` empty: its binding was removed on purpose\n",
    ]);
    let expected: Vec<Value> = slots(&sandbox, "local");
    assert!(!expected.contains(&json!("telemetry")), "{expected:?}");
    let human = sandbox.env().init().human().succeeded();
    human.shows(&["nothing changed", "slot `telemetry` stays empty"]);
    let report = sandbox.env().init().succeeded().result();
    assert_eq!((&report["bound"], &report["kept_empty"]), (&json!([]), &json!(["telemetry"])));
    assert_eq!(slots(&sandbox, "local"), expected);
    // an operator who wants it back binds it; from then on it is like any other
    let kind = "greentic.telemetry.stdout@0.1.0";
    sandbox.env_packs().add("telemetry").kind(kind).pack_ref(kind).succeeded();
    assert!(!sandbox.pins().contains("emptied_slots"), "{}", sandbox.pins());
    drop_binding(&sandbox, "local", "telemetry");
    sandbox.env().init().succeeded();
    assert!(slots(&sandbox, "local").contains(&json!("telemetry")));
}

#[test]
fn a_removal_by_an_earlier_version_is_found_in_the_audit_log() {
    let sandbox = Sandbox::with_local();
    for slot in ["telemetry", "state"] {
        sandbox.env_packs().remove(slot).succeeded();
    }
    sandbox.env_packs().add("state").kind(STATE).pack_ref(STATE).succeeded();
    drop_binding(&sandbox, "local", "state");
    // earlier versions recorded the removal only in the log
    std::fs::remove_file(path(&sandbox, "local", "packs.lock.json")).expect("removed");
    let dry = sandbox.env().migrate().succeeded().result();
    let planned = dry["environments"][0].clone();
    assert_eq!(
        (&planned["bound"], &planned["kept_empty"], &planned["remembered"]),
        (&json!([STATE]), &json!(["telemetry"]), &json!(["telemetry"]))
    );
    sandbox.env().migrate().arg("--apply").succeeded();
    // it is remembered without the log
    std::fs::remove_dir_all(path(&sandbox, "local", "audit")).expect("removed");
    let report = sandbox.env().init().succeeded().result();
    assert_eq!((&report["bound"], &report["kept_empty"]), (&json!([]), &json!(["telemetry"])));
}

#[test]
fn a_removal_that_the_native_tool_recorded_is_found_too() {
    let sandbox = Sandbox::with_fixture("busy");
    let log = path(&sandbox, "local", "audit/events.jsonl");
    let text = std::fs::read_to_string(&log).expect("a log");
    let update = text.lines().find(|line| line.contains("\"verb\":\"update\"")).expect("a line");
    let remove = update.replace("\"update\"", "\"remove\"").replace("\"secrets\"", "\"state\"");
    std::fs::write(&log, format!("{text}{remove}\n")).expect("a log");
    drop_binding(&sandbox, "local", "state");
    drop_binding(&sandbox, "local", "telemetry");
    let report = sandbox.env().migrate().arg("--apply").succeeded().result();
    let migrated = &report["environments"][0];
    assert_eq!(migrated["bound"], json!(["greentic.telemetry.stdout@0.1.0"]));
    assert_eq!(migrated["remembered"], json!(["state"]));
}

#[test]
fn names_of_slots_that_only_a_later_version_knows_survive() {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("telemetry").succeeded();
    let pins = sandbox.pins().replace("\"telemetry\"", "\"telemetry\",\n    \"vector-search\"");
    std::fs::write(path(&sandbox, "local", "packs.lock.json"), pins).expect("a file");
    sandbox.env_packs().remove("state").succeeded();
    let pins: Value = serde_json::from_str(&sandbox.pins()).expect("JSON");
    assert_eq!(pins["emptied_slots"], json!(["telemetry", "state", "vector-search"]));
    for bad in ["7", "\"telemetry\"", "[7]", "{}"] {
        let text = format!(
            "{{\"schema\": \"greentic.env-pack-lock.v2\", \"bindings\": {{}}, \"emptied_slots\": {bad}}}"
        );
        std::fs::write(path(&sandbox, "local", "packs.lock.json"), text).expect("a file");
        let message = sandbox.env().migrate().refused(2, "store");
        assert_contains(&message, &["packs.lock.json", "`emptied_slots`"]);
    }
}

#[test]
fn pins_of_the_first_schema_are_converted() {
    let sandbox = Sandbox::with_local();
    let archive = "a".repeat(64);
    let v1 = json!({
        "schema": "greentic.env-pack-lock.v1",
        "packs": {"/x.gtpack": {
            "archive_sha256": archive, "size": 1, "handlers": [], "locked_at": "2026-11-23T09:37:16Z"
        }},
        "other": [1, 2],
    });
    let lock = path(&sandbox, "local", "packs.lock.json");
    std::fs::write(&lock, v1.to_string()).expect("a file");
    sandbox.env().migrate().human().succeeded().shows(&["converts the pins"]);
    assert!(sandbox.pins().contains("lock.v1"));
    let report = sandbox.env().migrate().arg("--apply").succeeded().result();
    assert_eq!(report["environments"][0]["converts_pins"], true);
    let pins: Value = serde_json::from_str(&sandbox.pins()).expect("JSON");
    assert_eq!(pins["schema"], "greentic.env-pack-lock.v2");
    assert_eq!(pins["other"], json!([1, 2]));
    let again = sandbox.env().migrate().succeeded().result();
    assert_eq!(again["environments"][0]["converts_pins"], false);
}

#[test]
fn of_all_environments_a_damaged_one_is_reported_and_the_others_are_migrated() {
    let sandbox = Sandbox::new();
    for id in ["a", "b", "c"] {
        sandbox.env().create(id).succeeded();
        drop_binding(&sandbox, id, "state");
    }
    std::fs::write(path(&sandbox, "b", "environment.json"), "{").expect("a file");
    let migrate = || sandbox.verb("op env migrate --all");
    let human = migrate().human().exited(2);
    human.shows(&[
        "! environment `a` would be migrated",
        "✗ environment `b` cannot be migrated\n",
        "next: make these changes with `gtc op env migrate --all --apply`\n",
    ]);
    let report = migrate().arg("--apply").idempotency_key("k").exited(2).result();
    assert_eq!(members(&report["environments"], "environment_id"), ["a", "b", "c"]);
    let error = report["environments"][1]["error"].as_str().expect("an error");
    assert_contains(error, &["environment.json", "is not well-formed"]);
    for id in ["a", "c"] {
        assert!(slots(&sandbox, id).contains(&json!("state")), "{id}");
    }
    assert_eq!(
        Sandbox::new().verb("op env migrate --all").human().succeeded().stdout,
        "there are no environments\n"
    );
}

#[test]
fn a_malformed_binding_is_refused_before_and_when_it_is_applied() {
    let sandbox = Sandbox::with_local();
    let mut document = sandbox.document("local");
    document["packs"][0]["kind"] = json!(7);
    let text = document.to_string();
    std::fs::write(path(&sandbox, "local", "environment.json"), &text).expect("a file");
    for arguments in [&[][..], &["--apply"]] {
        let message = sandbox.env().migrate().args(arguments).refused(2, "store");
        assert_contains(&message, &["`packs[0].kind`"]);
    }
    assert_eq!(
        std::fs::read_to_string(path(&sandbox, "local", "environment.json")).expect("a file"),
        text
    );
}

#[test]
fn one_environment_or_all_is_named() {
    let sandbox = Sandbox::with_local();
    for arguments in [
        &[][..],
        &["local", "--all"],
        &["--env", "local", "--all"],
        &["--all", "--if-revision", "1"],
    ] {
        let ran = sandbox.verb("op env migrate").args(arguments).exited(2);
        assert!(ran.stderr.contains("invalid-argument"), "{ran:?}");
    }
    sandbox.verb("op env migrate local").succeeded();
    sandbox.env().migrate().arg("--apply").if_revision("7").refused(1, "stale");
    sandbox.env().migrate().env("nowhere").refused(1, "not-found");
    sandbox.env().migrate().env("nowhere").arg("--apply").refused(1, "not-found");
    assert!(!sandbox.environment("nowhere").exists());
}
