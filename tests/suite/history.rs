//! The history of bindings: `gtc op history`, and `rollback --to`.

use std::path::Path;

use serde_json::{Value, json};
use snapbox::str;

use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, members, text};

const PATH: &str = "acme.state.redis";
const KIND: &str = "acme.state.redis@1.0.0";

/// Writes version `number` of a pack.
fn pack(sandbox: &Sandbox, number: u64) -> String {
    let mut handler = Handler::new("state", PATH, "^1");
    handler.fields = format!("(@custom \"number\" \"{number}\")");
    let bytes = handler.archive();
    sandbox.write(format!("packs/{number}.gtpack"), bytes).display().to_string()
}

fn update<'a>(sandbox: &'a Sandbox, number: u64) -> Gtc<'a> {
    let pack = pack(sandbox, number);
    sandbox.env_packs().update("state").kind(KIND).pack_ref(pack)
}

/// Returns a sandbox whose slot `state` was updated to versions 1 to `last`.
fn updated(last: u64) -> Sandbox {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    for number in 1..=last {
        update(&sandbox, number).succeeded();
    }
    sandbox
}

fn bound(sandbox: &Sandbox) -> Value {
    let bindings = sandbox.env_packs().list().succeeded().result()["bindings"].clone();
    let bindings = bindings.as_array().expect("a list");
    bindings.iter().find(|binding| binding["slot"] == "state").expect("bound").clone()
}

fn digest(pack: &str) -> String {
    let bytes = std::fs::read(Path::new(pack)).expect("a pack");
    env_pack_domain::Sha256Digest::compute(&bytes).hex()
}

/// Returns generation and state of each listed binding of the slot.
fn states(sandbox: &Sandbox) -> Vec<(Value, String)> {
    let report = sandbox.history().list().slot("state").succeeded().result();
    let bindings = report["bindings"].as_array().expect("a list");
    let state =
        |binding: &Value| (binding["generation"].clone(), text(&binding["state"]).to_owned());
    bindings.iter().map(state).collect()
}

#[test]
fn the_history_says_what_was_bound_when_and_by_whom() {
    let sandbox = updated(2);
    let report = sandbox.history().list().slot("state").succeeded();
    let bindings = report.result()["bindings"].clone();
    assert_eq!(members(&bindings, "generation"), [json!(0), json!(1), json!(2)]);
    assert_eq!(members(&bindings, "state"), ["restorable", "restorable", "bound"]);
    // `env init` bound the default pack, and its event does not name it
    assert_eq!(bindings[0]["kind"], "greentic.state.in-memory@0.1.0");
    let first = &bindings[1];
    assert_eq!(first["verb"], "update");
    assert_eq!(first["kind"], KIND);
    assert_eq!(text(&first["archive_sha256"]), digest(text(&first["pack_ref"])));
    assert!(first["ts"].is_string() && first["actor"]["uid"].is_number(), "{first}");
    assert_eq!(first["event"], 2);
    let shown = sandbox.history().list().slot("state").human().succeeded();
    shown.shows(&[
        "GENERATION",
        "slot `state`",
        "restorable",
        "bound",
        &digest(&pack(&sandbox, 1))[..12],
    ]);
    let latest = sandbox.history().list().args(["--last", "1"]).succeeded().result();
    assert_eq!(members(&latest["bindings"], "generation").len(), 1);
    assert!(latest["earlier"].as_u64().expect("a number") > 1, "{latest}");
}

#[test]
fn an_earlier_generation_is_restored_with_its_bytes_and_answers() {
    let sandbox = updated(0);
    let answers = "env-packs/state/answers.json";
    sandbox.write("answers.json", "{}");
    let file = sandbox.home().join("answers.json");
    sandbox.answers().put().answers_ref(answers).file(&file).succeeded();
    update(&sandbox, 1).answers_ref(answers).succeeded();
    for number in 2..5 {
        update(&sandbox, number).no_answers().succeeded();
    }
    // the file leads to other bytes now
    let first = digest(&pack(&sandbox, 1));
    std::fs::copy(pack(&sandbox, 4), pack(&sandbox, 1)).expect("copied");
    let preview = sandbox.env_packs().rollback("state").to("1").dry_run().succeeded().result();
    assert_eq!(preview["changes"][0]["after"]["archive_sha256"], json!(first));
    assert_eq!(bound(&sandbox)["generation"], 4);
    let restored = sandbox.env_packs().rollback("state").to("1").succeeded();
    restored.has(
        &["slot", "generation", "has_previous"],
        str![[r#"
slot: "state"
generation: 5
has_previous: true
"#]],
    );
    let binding = bound(&sandbox);
    assert_eq!(binding["archive_sha256"], json!(first));
    assert_eq!(binding["answers_ref"], json!(answers));
    sandbox.env_packs().rollback("state").succeeded();
    assert_eq!(bound(&sandbox)["archive_sha256"], json!(digest(&pack(&sandbox, 4))));
    let events = sandbox.audit_events("local");
    let last = &events[events.len() - 2];
    assert_eq!((text(&last["verb"]), &last["new_generation"]), ("rollback", &json!(5)));
    assert_eq!(last["target"]["archive_sha256"], json!(first));
}

#[test]
fn only_a_kept_generation_of_this_binding_is_restored() {
    let sandbox = updated(2);
    let packs = || sandbox.env_packs();
    let refused = packs().rollback("state").to("7").refused(1, "not-found");
    assert_contains(
        &refused,
        &["generation 7 of slot `state`", "is not kept", "gtc op history local --slot state"],
    );
    assert_contains(
        &packs().rollback("state").to("2").refused(1, "conflict"),
        &["has generation 2 now"],
    );
    packs().rollback("state").to("1").if_generation("1").refused(1, "stale");
    // generations begin again: those before are not of this binding
    packs().remove("state").yes().succeeded();
    packs().rollback("state").to("1").refused(1, "not-found");
    packs().add("state").kind(KIND).pack_ref(pack(&sandbox, 3)).succeeded();
    packs().rollback("state").to("1").refused(1, "not-found");
    let states = states(&sandbox);
    let not_kept = |generation: Value| (generation, "not-kept".to_owned());
    let earlier = [json!(1), json!(2), Value::Null].map(not_kept);
    assert_eq!(states[..3], earlier);
    assert_eq!(states[3..], [(json!(0), "bound".to_owned())]);
}

#[test]
fn a_generation_whose_texts_are_gone_is_not_restored() {
    let sandbox = updated(0);
    for number in 1..6 {
        update(&sandbox, number).limit("store.backups=2").succeeded();
    }
    // the previous binding is part of the oldest text
    sandbox.env_packs().rollback("state").to("1").refused(1, "not-found");
    let state = |generation: u64, state: &str| (json!(generation), state.to_owned());
    let expected = [
        state(1, "not-kept"),
        state(2, "restorable"),
        state(3, "restorable"),
        state(4, "restorable"),
        state(5, "bound"),
    ];
    assert_eq!(states(&sandbox), expected);
    // a text that is not well-formed restores nothing, and the environment is readable
    let backups = sandbox.environment("local").join("backups");
    for entry in std::fs::read_dir(&backups).expect("a folder") {
        let path = entry.expect("an entry").path();
        std::fs::write(path, "{\"schema\": \"\u{1b}[2J\"").expect("a file");
    }
    sandbox.env_packs().rollback("state").to("3").refused(1, "not-found");
    let expected = [
        state(1, "not-kept"),
        state(2, "not-kept"),
        state(3, "not-kept"),
        state(4, "restorable"),
        state(5, "bound"),
    ];
    assert_eq!(states(&sandbox), expected);
    // the previous binding is in the environment itself
    sandbox.env_packs().rollback("state").to("4").succeeded();
}

#[test]
fn garbage_collection_keeps_the_archives_of_the_latest_generations() {
    let sandbox = updated(4);
    let removed = |limit: &str| {
        let report = sandbox.cache().gc().limit(limit).succeeded().result();
        let removed = report["removed"].as_array().expect("a list").clone();
        removed.iter().filter(|item| item["what"] == "archive").count()
    };
    assert_eq!(removed("cache.generations=10"), 0);
    // generations 4 (bound) to 2, of which 3 is the previous one
    assert_eq!(removed("cache.generations=3"), 1);
    // 3 is kept in any case
    assert_eq!(removed("cache.generations=1"), 1);
    assert_eq!(states(&sandbox)[1], (json!(1), "archive-gone".to_owned()));
    let listed = sandbox.cache().list().succeeded().result();
    assert_eq!(listed["missing"], json!([]), "archives of earlier generations may be gone");
    let gone = pack(&sandbox, 2);
    let moved = format!("{gone}.away");
    std::fs::rename(&gone, &moved).expect("moved");
    let refused = sandbox.env_packs().rollback("state").to("2").refused(1, "file-not-found");
    assert_contains(&refused, &["slot `state` was not rolled back", &digest(&moved)]);
    assert_eq!(bound(&sandbox)["generation"], 4);
    // its file has other bytes now
    std::fs::copy(pack(&sandbox, 4), &gone).expect("copied");
    sandbox.env_packs().rollback("state").to("2").exited(1);
    std::fs::rename(&moved, &gone).expect("moved");
    sandbox.env_packs().rollback("state").to("2").succeeded();
}

#[test]
fn a_repeated_rollback_to_a_generation_is_made_once() {
    let sandbox = updated(3);
    let rollback = |to: &str| sandbox.env_packs().rollback("state").to(to).idempotency_key("k");
    let first = rollback("1").succeeded();
    assert_eq!(rollback("1").succeeded().stdout, first.stdout);
    rollback("2").refused(1, "conflict");
    let arguments = json!({"environment_id": "local", "slot": "state", "to": 2});
    let file = sandbox.write("rollback.json", arguments.to_string());
    let restored = sandbox.verb("op env-packs rollback").answers(file).succeeded().result();
    assert_eq!(restored["generation"], 5);
    assert_eq!(bound(&sandbox)["archive_sha256"], json!(digest(&pack(&sandbox, 2))));
}

#[test]
fn each_instance_of_an_extension_has_its_own_history() {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let kind = "acme.oauth.auth0@1.0.0";
    let extension = |number: u64| {
        let mut handler = Handler::new("extension", "acme.oauth.auth0", "^1");
        handler.fields = format!("(@custom \"number\" \"{number}\")");
        sandbox.write(format!("{number}.gtpack"), handler.archive()).display().to_string()
    };
    let extensions = || sandbox.extensions();
    extensions().add().kind(kind).pack_ref(extension(1)).instance_id("eu").succeeded();
    extensions().add().kind(kind).pack_ref(extension(1)).succeeded();
    for number in 2..4 {
        let update = extensions().update().kind(kind).pack_ref(extension(number));
        update.instance_id("eu").succeeded();
    }
    let history = sandbox.history().list().kind(kind).instance_id("eu").succeeded().result();
    assert_eq!(members(&history["bindings"], "state"), ["restorable", "restorable", "bound"]);
    let history = sandbox.history().list().kind("acme.oauth.auth0").succeeded().result();
    assert_eq!(members(&history["bindings"], "state"), ["bound"]);
    let rollback = || extensions().rollback().kind(kind).instance_id("eu");
    rollback().to("0").all_instances().refused(2, "invalid-argument");
    assert_eq!(rollback().to("0").succeeded().result()["generation"], 3);
    sandbox.history().list().instance_id("eu").refused(2, "invalid-argument");
    sandbox.history().list().slot("extension").exited(1);
}

#[test]
fn a_hostile_log_is_shown_escaped() {
    let sandbox = updated(1);
    let line = json!({
        "ts": "\u{1b}[2J", "actor": {"user": "\u{202e}x"}, "noun": "env-packs", "verb": "update",
        "target": {"slot": "state", "kind": "a.b@1.0.0\u{7}", "pack_ref": "\u{9b}"},
        "new_generation": 0, "result": {"outcome": "ok"},
    });
    let log = sandbox.environment("local").join("audit/events.jsonl");
    let text = std::fs::read_to_string(&log).expect("a log") + &line.to_string() + "\nnot JSON\n";
    std::fs::write(&log, text).expect("written");
    let shown = sandbox.history().list().human().succeeded().stdout;
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}']), "{shown:?}");
}

#[test]
fn generations_of_an_environment_that_was_replaced_are_not_restored() {
    let sandbox = updated(3);
    let other = updated(1);
    sandbox.write("other.json", other.env().export().succeeded().stdout);
    sandbox.env().import("other.json").args(["--replace", "local"]).succeeded();
    let states = states(&sandbox);
    let expected = [(1, "not-kept"), (2, "not-kept"), (3, "not-kept"), (0, "restorable")];
    let expected = expected.into_iter().chain([(1, "bound")]);
    let expected: Vec<_> =
        expected.map(|(generation, state)| (json!(generation), state.to_owned())).collect();
    assert_eq!(states, expected);
    let report = sandbox.history().list().slot("state").succeeded().result();
    let last = report["bindings"].as_array().and_then(|list| list.last()).expect("a binding");
    assert_eq!(last["pack_ref"], bound(&sandbox)["pack_ref"]);
    for generation in ["2", "3"] {
        let rollback = sandbox.env_packs().rollback("state").to(generation);
        rollback.refused(1, "not-found");
    }
}

#[test]
fn bindings_older_than_the_log_are_in_their_order() {
    let sandbox = Sandbox::with_local();
    let packs = sandbox.env_packs().list().succeeded().result();
    let listed = sandbox.history().list().succeeded().result();
    assert_eq!(members(&listed["bindings"], "slot"), members(&packs["bindings"], "slot"));
}
