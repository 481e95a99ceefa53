//! Requests with an idempotency key: each is made once, and its first answer is repeated.

use serde_json::{Value, json};

use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, text};

const KIND: &str = "acme.secrets.vault@1.0.0";

/// The files of an environment, but for those that record that something was asked.
fn state(sandbox: &Sandbox) -> Vec<Option<String>> {
    [
        "environment.json",
        "packs.lock.json",
        "trust-root.json",
        "audit/events.jsonl",
        "revision.json",
    ]
    .map(|name| std::fs::read_to_string(sandbox.environment("local").join(name)).ok())
    .to_vec()
}

/// Makes a request twice. The second time it changes nothing, and has the first answer.
#[track_caller]
fn assert_made_once(sandbox: &Sandbox, request: &Gtc<'_>, key: &str) -> Value {
    let request = request.clone().idempotency_key(key);
    let first = request.clone().succeeded();
    let after = state(sandbox);
    let second = request.clone().succeeded();
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(state(sandbox), after);
    first.result()
}

fn pack(sandbox: &Sandbox, version: &str) -> String {
    let component = Handler::new("secrets", "acme.secrets.vault", "^1").component();
    let path = sandbox.written_pack("secrets", "acme.secrets.vault", version, component);
    path.display().to_string()
}

#[test]
fn every_change_is_made_once_for_each_key() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, "^1");
    let packs = || sandbox.env_packs();
    let update = packs().update("secrets").kind(KIND).pack_ref(&pack);
    assert_made_once(&sandbox, &update, "update");
    // the pack is gone, and the answer is still known
    std::fs::rename(&pack, format!("{pack}.away")).expect("moved");
    update.clone().idempotency_key("update").succeeded();
    std::fs::rename(format!("{pack}.away"), &pack).expect("moved");
    assert_made_once(&sandbox, &packs().update("secrets").refresh(), "refresh");
    assert_made_once(&sandbox, &packs().rollback("secrets"), "rollback");
    assert_made_once(&sandbox, &packs().remove("secrets"), "remove");
    let unpinned = packs().add("secrets").kind(KIND).pack_ref(&pack).args(["--no-fetch"]);
    assert_made_once(&sandbox, &unpinned, "add");
    let pinned = assert_made_once(&sandbox, &packs().pin("secrets"), "pin");
    assert!(pinned["archive_sha256"].is_string(), "{pinned}");
    let key = sandbox.key("key.pem");
    let trust = sandbox.trust_root().add(&key.public);
    assert_made_once(&sandbox, &trust, "trust");
    std::fs::remove_file(&key.public).expect("removed");
    trust.idempotency_key("trust").succeeded();
    assert_made_once(&sandbox, &sandbox.trust_root().remove(&key.id), "distrust");
    sandbox.write("answers.json", "{\"a\": 1}");
    let put = sandbox.answers().put().answers_ref("a.json").file("answers.json");
    assert_made_once(&sandbox, &put, "put");
    // its report has a diagnosis too, which is of the present
    let init = sandbox.env().init().idempotency_key("init");
    init.clone().succeeded();
    let after = state(&sandbox);
    init.succeeded();
    assert_eq!(state(&sandbox), after);
    let log = sandbox.audit().verify().succeeded().result();
    assert_eq!((&log["intact"], &log["faults"]), (&json!(true), &json!([])));
}

#[test]
fn a_request_that_is_repeated_after_other_changes_changes_nothing() {
    let sandbox = Sandbox::with_local();
    let remove = sandbox.env_packs().remove("telemetry").idempotency_key("k");
    let first = remove.clone().succeeded();
    let kind = "greentic.telemetry.stdout@0.1.0";
    sandbox.env_packs().add("telemetry").kind(kind).pack_ref(kind).succeeded();
    let bound = sandbox.document("local");
    assert_eq!(remove.succeeded().stdout, first.stdout);
    assert_eq!(sandbox.document("local"), bound);
}

#[test]
fn a_request_can_be_looked_up_by_its_key() {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("telemetry").idempotency_key("k").succeeded();
    let report = sandbox.request().show("k").succeeded().result();
    let request = text(&report["request"]);
    assert!(request.starts_with("`env-packs remove` of slot `telemetry`, kind `"), "{request}");
    assert_eq!((&report["revision"], &report["seq"]), (&json!(2), &json!(2)));
    assert_eq!(report["answer"]["slot"], "telemetry");
    let human = sandbox.request().show("k").human().succeeded();
    human.shows(&["request `k` was made at 2", "revision 2 of environment `local`, event 2"]);
    let message = sandbox.request().show("other").refused(1, "not-found");
    assert_contains(&message, &["remembers no request with key `other`"]);
}

#[test]
fn a_long_key_is_refused_before_anything_is_fetched_or_recorded() {
    let sandbox = Sandbox::with_local();
    let before = state(&sandbox);
    let key = "k".repeat(257);
    let packs = sandbox.env_packs();
    let update = packs.update("secrets").kind(KIND).pack_ref("/nowhere.gtpack");
    let remove = sandbox.env_packs().remove("state");
    for request in [update, remove, sandbox.env().init()] {
        let message = request.idempotency_key(&key).refused(2, "invalid-argument");
        assert_contains(&message, &["has 257 bytes, more than 256", "use a shorter key"]);
    }
    assert_eq!(state(&sandbox), before);
    sandbox.env_packs().remove("state").idempotency_key(&key[1..]).succeeded();
}

#[test]
fn a_change_of_another_revision_is_refused() {
    let sandbox = Sandbox::with_local();
    let revision = || sandbox.env().show().succeeded().result()["revision"].clone();
    assert_eq!(revision(), 1);
    let message = sandbox.env_packs().remove("state").if_revision("2").refused(1, "stale");
    assert_contains(&message, &["environment `local` has revision 1, not 2"]);
    sandbox.env_packs().remove("state").if_revision("1").succeeded();
    assert_eq!(revision(), 2);
    // another tool changes the environment
    let path = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, text.replacen('{', "{\"other\": 1,", 1)).expect("a file");
    assert_eq!(revision(), 3);
    sandbox.env_packs().remove("secrets").if_revision("2").refused(1, "stale");
    sandbox.env_packs().remove("secrets").if_revision("3").succeeded();
    assert_eq!(revision(), 4);
}

#[test]
fn an_edited_audit_log_is_found() {
    let sandbox = Sandbox::with_local();
    for slot in ["telemetry", "state", "secrets"] {
        sandbox.env_packs().remove(slot).succeeded();
    }
    let path = sandbox.environment("local").join("audit/events.jsonl");
    let log = std::fs::read_to_string(&path).expect("a log");
    let lines: Vec<&str> = log.lines().collect();
    let without = |at: usize| {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != at);
        kept.map(|(_, line)| (*line).to_owned() + "\n").collect::<String>()
    };
    let swapped = format!("{}\n{}\n{}\n{}\n", lines[0], lines[2], lines[1], lines[3]);
    for (what, edited, says) in [
        ("changed", log.replacen("\"telemetry\"", "\"sessions\"", 1), "line 3 does not continue"),
        (
            "the last changed",
            log.replace("\"secrets\"", "\"sessions\""),
            "the last line was changed",
        ),
        ("the first removed", without(0), "line 1 has number 2, expected 1"),
        ("one removed", without(1), "line 2 has number 3, expected 2"),
        (
            "the last removed",
            without(3),
            "the log ends with number 3, but number 4 was written last",
        ),
        ("swapped", swapped, "line 2 has number 3, expected 2"),
        ("added", log.clone() + "{\"noun\": \"\\u001b[2J\"}\n", "line 5 was not written"),
        ("repeated", format!("{log}{}\n", lines[3]), "line 5 has number 4, expected 5"),
        ("emptied", String::new(), "the log ends with number 0, but number 4 was written last"),
    ] {
        std::fs::write(&path, edited).expect("a log");
        let verdict = sandbox.audit().verify().exited(1).result();
        let faults = verdict["faults"].to_string();
        assert!(faults.contains(says), "{what}: {faults}");
        let human = sandbox.audit().verify().human().exited(1);
        assert!(human.stdout.contains("was changed"), "{what}: {human:?}");
    }
    std::fs::write(&path, &log).expect("a log");
    sandbox.audit().verify().human().succeeded().shows(&["is intact: 4 events"]);
}

#[test]
fn lines_of_other_tools_and_earlier_versions_stay() {
    let sandbox = Sandbox::with_local();
    let folder = sandbox.environment("local");
    std::fs::remove_file(folder.join("revision.json")).expect("removed");
    let path = folder.join("audit/events.jsonl");
    let earlier = "{\"schema\":\"greentic.audit.event.v1\",\"noun\":\"env\",\"verb\":\"init\"}\n";
    std::fs::write(&path, earlier).expect("a log");
    sandbox.env_packs().remove("state").succeeded();
    let verdict = sandbox.audit().verify().succeeded().result();
    assert_eq!((&verdict["unnumbered"], &verdict["last"]), (&json!(1), &json!(1)));
    assert!(sandbox.audit_log("local").starts_with(earlier));
    // an interrupted process left half a line
    let torn = sandbox.audit_log("local") + "{\"schema\":\"green";
    std::fs::write(&path, torn).expect("a log");
    sandbox.env_packs().remove("secrets").succeeded();
    sandbox.audit().verify().succeeded();
    let left = std::fs::read_to_string(folder.join("audit/events.torn")).expect("a file");
    assert_eq!(left, "{\"schema\":\"green\n");
    std::fs::write(&path, sandbox.audit_log("local").replace("\"init\"", "\"list\""))
        .expect("a log");
    sandbox.audit().verify().exited(1);
}

#[test]
fn the_audit_log_is_listed_and_filtered() {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("state").succeeded();
    sandbox.env_packs().remove("state").refused(1, "not-found");
    let verbs = |list: Gtc<'_>| -> Vec<String> {
        let result = list.succeeded().result();
        let events = result["events"].as_array().expect("a list").iter();
        events.map(|event| text(&event["verb"]).to_owned()).collect()
    };
    let list = || sandbox.audit().list();
    assert_eq!(verbs(list()), ["init", "remove", "remove"]);
    assert_eq!(verbs(list().args(["--last", "1"])), ["remove"]);
    assert_eq!(verbs(list().args(["--verb", "init"])), ["init"]);
    assert_eq!(verbs(list().args(["--noun", "env-packs"])), ["remove", "remove"]);
    assert_eq!(verbs(list().args(["--since", "2999-01-01"])), [""; 0]);
    assert_eq!(verbs(list().args(["--since", "2026-01-01T00:00:00Z"])).len(), 3);
    list().args(["--since", "yesterday"]).refused(2, "invalid-argument");
    let human = list().human().succeeded();
    human.shows(&["EVENT", "env-packs remove", "not-found"]);
    let last = list().args(["--last", "1"]).human().succeeded();
    last.shows(&["2 earlier events; see more with `--last <N>`"]);
    let event = sandbox.audit().show("2").succeeded().result();
    assert_eq!((&event["seq"], &event["verb"]), (&json!(2), &json!("remove")));
    sandbox.audit().show("9").refused(1, "not-found");
}

#[test]
fn the_audit_log_of_another_tool_is_shown_escaped() {
    let sandbox = Sandbox::with_local();
    let path = sandbox.environment("local").join("audit/events.jsonl");
    let hostile = "{\"noun\": \"\\u001b[2J\\u202e\", \"verb\": 7}\n{\"noun\": \"\\u001b[2J\", \"target\": {\"a\": \"\\u001b]0;x\\u0007\"}}\n\u{1b}[31m\n";
    std::fs::write(&path, sandbox.audit_log("local") + hostile).expect("a log");
    for list in [sandbox.audit().list(), sandbox.audit().list().human()] {
        let stdout = list.succeeded().stdout;
        assert!(!stdout.contains('\u{1b}') && !stdout.contains('\u{202e}'), "{stdout:?}");
    }
    sandbox
        .audit()
        .list()
        .human()
        .succeeded()
        .shows(&["2 other lines; see `gtc op audit verify local`"]);
}
