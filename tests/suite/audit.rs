//! The audit log: verified, and pruned from its start.

use serde_json::json;

use test_support::{Sandbox, assert_contains, terminal};

/// Returns a sandbox whose log has five events of 2020, and some of today.
fn with_old_events() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let log = sandbox.environment("local").join("audit/events.jsonl");
    // lines of an earlier version, without numbers
    let _ = std::fs::remove_file(sandbox.environment("local").join("revision.json"));
    let old = json!({"ts": "2020-01-01T00:00:00Z", "noun": "env", "verb": "init"});
    std::fs::write(&log, format!("{old}\n{old}\n")).expect("written");
    for number in 1..4 {
        let file = sandbox.write("x.json", number.to_string());
        sandbox.answers().put().answers_ref("x.json").file(file).succeeded();
    }
    sandbox
}

fn numbers(sandbox: &Sandbox) -> Vec<Option<u64>> {
    sandbox.audit_events("local").iter().map(|event| event["seq"].as_u64()).collect()
}

#[test]
fn old_events_are_pruned_and_the_rest_is_verified() {
    let sandbox = with_old_events();
    assert_eq!(numbers(&sandbox), [None, None, Some(1), Some(2), Some(3)]);
    // events without a number stay: the first numbered one continues them
    let none = sandbox.audit().prune("2021-01-01").succeeded().result();
    assert_eq!((&none["removed"], &none["through"]), (&json!(0), &json!(null)));
    assert_eq!(numbers(&sandbox).len(), 5);
    let before = sandbox.audit_log("local");
    let would = sandbox.audit().prune("2100-01-01").dry_run().succeeded().result();
    assert_eq!((&would["removed"], &would["dry_run"]), (&json!(5), &json!(true)));
    assert_eq!(sandbox.audit_log("local"), before);
    let middle = sandbox.audit_events("local")[3]["ts"].as_str().expect("a time").to_owned();
    let pruned = sandbox.audit().prune(&middle).idempotency_key("k").succeeded();
    assert_eq!((&pruned.result()["removed"], &pruned.result()["through"]), (&json!(3), &json!(1)));
    assert_eq!(numbers(&sandbox), [Some(2), Some(3), Some(4)]);
    let event = &sandbox.audit_events("local")[2];
    assert_eq!((&event["noun"], &event["verb"]), (&json!("audit"), &json!("prune")));
    assert_eq!(event["target"]["through"], json!("1"));
    let again = sandbox.audit().prune(&middle).idempotency_key("k").succeeded();
    assert_eq!(again.stdout, pruned.stdout);
    let verified = sandbox.audit().verify().succeeded();
    assert_eq!(verified.result()["pruned_through"], json!(1));
    let shown = sandbox.audit().verify().human().succeeded();
    shown.shows(&["is intact", "it begins with event 2; earlier ones were pruned"]);
    // everything else stays, and a removed line is still found
    let text = sandbox.audit_log("local");
    let log = sandbox.environment("local").join("audit/events.jsonl");
    let (_, rest) = text.split_once('\n').expect("lines");
    std::fs::write(&log, rest).expect("written");
    sandbox.audit().verify().exited(1);
    let refused = sandbox.audit().prune("2100-01-01").refused(1, "conflict");
    assert_contains(&refused, &["was changed; nothing was removed", "gtc op audit verify local"]);
}

#[test]
fn all_events_but_that_of_the_pruning_can_be_pruned() {
    let sandbox = with_old_events();
    let revision = sandbox.read_text(sandbox.environment("local").join("environment.json"));
    for last in [4, 5] {
        sandbox.audit().prune("2100-01-01").succeeded();
        assert_eq!(numbers(&sandbox), [Some(last)]);
        sandbox.audit().verify().succeeded();
    }
    let after = sandbox.read_text(sandbox.environment("local").join("environment.json"));
    assert_eq!(after, revision);
    sandbox.audit().prune("yesterday").refused(2, "invalid-argument");
    sandbox.audit().prune("2100-01-01").if_revision("77").refused(1, "stale");
    sandbox.audit().prune("2100-01-01").env("none").refused(1, "not-found");
}

#[test]
fn a_terminal_asks_before_events_are_removed() {
    let sandbox = with_old_events();
    let before = sandbox.audit_log("local");
    let (code, shown) = terminal::talk(&mut sandbox.audit().prune("2100-01-01").command(), "n\n");
    assert_eq!(code, 1, "{shown}");
    assert_contains(&shown, &["would remove 5 lines", "Remove? [y/N]"]);
    assert_eq!(sandbox.audit_log("local"), before);
    let (code, shown) = terminal::talk(&mut sandbox.audit().prune("2100-01-01").command(), "y\n");
    assert_eq!(code, 0, "{shown}");
    assert_eq!(numbers(&sandbox), [Some(4)]);
}

#[test]
fn a_preview_expects_the_revision_too() {
    let sandbox = Sandbox::with_local();
    let prune = sandbox.audit().prune("2026-01-01T00:00:00Z").dry_run();
    prune.clone().args(["--if-revision", "1"]).succeeded();
    prune.args(["--if-revision", "99"]).refused(1, "stale");
    let migrate = sandbox.verb("op env migrate --env local --if-revision 99");
    migrate.refused(1, "stale");
}
