//! `gtc op messaging endpoint`: the messaging endpoints of an environment.

use serde_json::{Value, json};

use test_support::verbs::Gtc;
use test_support::{Sandbox, assert_contains, members, text};

/// The endpoints of the environment that the existing tools wrote; a bundle `legal-advisor` is
/// deployed in it.
const TEAMS: &str = "01M83W7WAY4Y7WM2ZJ8JZ66T2W";
const TELEGRAM: &str = "01M83W7WBFW7B6ZQ8CZHY4MJGR";
const ABSENT: &str = "01M83W7WAY4Y7WM2ZJ8JZ66T20";
const BUNDLE: &str = "legal-advisor";

fn busy() -> Sandbox {
    Sandbox::with_fixture("busy")
}

fn document(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.environment("local").join("environment.json")).expect("a file")
}

fn rewrite(sandbox: &Sandbox, from: &str, to: &str) {
    let changed = document(sandbox).replacen(from, to, 1);
    assert_ne!(changed, document(sandbox), "{from}");
    std::fs::write(sandbox.environment("local").join("environment.json"), changed).expect("a file");
}

fn add<'a>(sandbox: &'a Sandbox, provider: &str) -> Gtc<'a> {
    sandbox.endpoint().add("messaging.teams.bot").provider_id(provider).display_name("Legal")
}

fn link(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.endpoint().link_bundle(BUNDLE).endpoint_id(TEAMS)
}

fn unlink(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.endpoint().unlink_bundle(BUNDLE).endpoint_id(TEAMS)
}

fn welcome(sandbox: &Sandbox) -> Gtc<'_> {
    let set = sandbox.endpoint().set_welcome_flow(TEAMS);
    set.bundle_id(BUNDLE).pack_id("greetings").flow_id("hello")
}

fn last_event(sandbox: &Sandbox) -> Value {
    sandbox.audit_events("local").pop().expect("an event")
}

/// Runs a change that changes nothing, and leaves no event.
#[track_caller]
fn assert_unchanged(sandbox: &Sandbox, change: Gtc<'_>) {
    let before = (document(sandbox), sandbox.audit_log("local"));
    let report = change.succeeded().result();
    assert_eq!(report["unchanged"], true, "{report}");
    assert_eq!((document(sandbox), sandbox.audit_log("local")), before);
}

#[test]
fn an_endpoint_is_added_shown_changed_and_removed() {
    let sandbox = Sandbox::with_local();
    let added = add(&sandbox, "legal")
        .secret_ref("secret://local/default/_/legal/token")
        .webhook_secret_ref("secret://local/default/_/legal/webhook")
        .updated_by("op")
        .idempotency_key("k1")
        .succeeded()
        .result();
    let id = text(&added["endpoint_id"]).to_owned();
    assert_eq!((&added["generation"], &added["idempotency_key"]), (&json!(0), &json!("k1")));
    let stored = &sandbox.document("local")["messaging_endpoints"][0];
    assert_eq!(stored["updated_by"], "op#idem=add:k1");
    assert_eq!(stored["created_at"], stored["updated_at"]);
    let event = last_event(&sandbox);
    let target = json!({
        "provider_id": "legal",
        "provider_type": "messaging.teams.bot",
        "endpoint_id": id,
    });
    assert_eq!((text(&event["noun"]), text(&event["verb"])), ("messaging.endpoint", "add"));
    assert_eq!((&event["target"], &event["new_generation"]), (&target, &json!(0)));
    let shown = sandbox.endpoint().show(&id).succeeded().result();
    assert_eq!(shown["webhook_secret_ref"], "secret://local/default/_/legal/webhook");
    let listed = sandbox.endpoint().list().succeeded().result();
    assert_eq!(listed, json!({"environment_id": "local", "endpoints": [shown]}));
    let human = sandbox.endpoint().show(id.to_lowercase()).human().succeeded();
    human.shows(&["provider type", "messaging.teams.bot", "none", "by op#idem=add:k1"]);
    sandbox.endpoint().list().human().succeeded().shows(&["legal (messaging.teams.bot)", &id]);
    let removed = sandbox.endpoint().remove(&id).succeeded().result();
    assert_eq!(removed, json!({"environment_id": "local", "endpoint_id": id}));
    assert_eq!(last_event(&sandbox)["previous_generation"], 0);
    sandbox.endpoint().list().human().succeeded().shows(&["has no messaging endpoints"]);
    assert_eq!(sandbox.audit().verify().succeeded().result()["intact"], true);
}

#[test]
fn a_provider_has_one_endpoint() {
    let sandbox = busy();
    let before = document(&sandbox);
    let message = add(&sandbox, "legal").refused(1, "conflict");
    assert_contains(&message, &["provider `legal` of type `messaging.teams.bot`", TEAMS]);
    assert_eq!(document(&sandbox), before);
    let event = last_event(&sandbox);
    assert_eq!((text(&event["verb"]), text(&event["result"]["kind"])), ("add", "conflict"));
    // the same id of another type is another instance
    let slack = sandbox.endpoint().add("messaging.slack.bot").provider_id("legal");
    slack.display_name("Slack").succeeded();
    assert_eq!(sandbox.document("local")["messaging_endpoints"].as_array().map(Vec::len), Some(3));
}

#[test]
fn deployed_bundles_are_linked_and_unlinked_once() {
    let sandbox = busy();
    let linked = link(&sandbox).succeeded().result();
    assert_eq!((&linked["linked_bundles"], &linked["generation"]), (&json!([BUNDLE]), &json!(1)));
    let event = last_event(&sandbox);
    let target = json!({"endpoint_id": TEAMS, "bundle_id": BUNDLE});
    assert_eq!((text(&event["verb"]), &event["target"]), ("link-bundle", &target));
    let generations = (&event["previous_generation"], &event["new_generation"]);
    assert_eq!(generations, (&json!(0), &json!(1)));
    assert_unchanged(&sandbox, link(&sandbox));
    link(&sandbox).human().succeeded().shows(&["nothing to change in messaging endpoint"]);
    let other = sandbox.endpoint().link_bundle("retired").endpoint_id(TEAMS);
    let message = other.refused(1, "not-found");
    assert_contains(&message, &["bundle `retired` is not deployed in environment `local`"]);
    assert_eq!(unlink(&sandbox).succeeded().result()["generation"], 2);
    assert_unchanged(&sandbox, unlink(&sandbox));
    for absent in [
        sandbox.endpoint().link_bundle(BUNDLE).endpoint_id(ABSENT),
        sandbox.endpoint().unlink_bundle(BUNDLE).endpoint_id(ABSENT),
        sandbox.endpoint().show(ABSENT),
        sandbox.endpoint().set_welcome_flow(ABSENT).clear(),
    ] {
        let message = absent.refused(1, "not-found");
        assert_contains(&message, &["has no messaging endpoint", "endpoint list local"]);
    }
}

#[test]
fn a_welcome_flow_belongs_to_a_linked_bundle() {
    let sandbox = busy();
    let message = welcome(&sandbox).refused(1, "conflict");
    assert_contains(&message, &["is not linked to messaging endpoint", "link-bundle --env local"]);
    link(&sandbox).succeeded();
    let set = welcome(&sandbox).succeeded().result();
    let flow = json!({"bundle_id": BUNDLE, "pack_id": "greetings", "flow_id": "hello"});
    assert_eq!((&set["welcome_flow"], &set["generation"]), (&flow, &json!(2)));
    assert_unchanged(&sandbox, welcome(&sandbox));
    sandbox
        .endpoint()
        .show(TEAMS)
        .human()
        .succeeded()
        .shows(&["hello of pack greetings in bundle legal-advisor"]);
    let message = unlink(&sandbox).refused(1, "conflict");
    assert_contains(&message, &["the welcome flow of messaging endpoint", "--clear"]);
    let clear = || sandbox.endpoint().set_welcome_flow(TEAMS).clear();
    let cleared = clear().succeeded().result();
    assert_eq!((&cleared["welcome_flow"], &cleared["generation"]), (&Value::Null, &json!(3)));
    assert_unchanged(&sandbox, clear());
    unlink(&sandbox).succeeded();
    for incomplete in [
        sandbox.endpoint().set_welcome_flow(TEAMS),
        sandbox.endpoint().set_welcome_flow(TEAMS).bundle_id(BUNDLE).flow_id("hello"),
        welcome(&sandbox).clear(),
    ] {
        incomplete.refused(2, "invalid-argument");
    }
}

#[test]
fn a_webhook_secret_is_only_ever_a_reference() {
    let sandbox = busy();
    let rotate = |reference: &str| {
        sandbox.endpoint().rotate_webhook_secret(TELEGRAM).webhook_secret_ref(reference)
    };
    let rotated = rotate("secret://local/default/_/support/2").succeeded().result();
    assert_eq!(rotated["webhook_secret_ref"], "secret://local/default/_/support/2");
    assert_eq!(rotated["generation"], 1);
    assert_unchanged(&sandbox, rotate("secret://local/default/_/support/2"));
    let message = rotate("secret://prod/a").refused(1, "conflict");
    assert_contains(&message, &["is a secret of environment `prod`, not of `local`"]);
    let before = (document(&sandbox), sandbox.audit_log("local"));
    for value in ["hunter2", "hunter2://local/a", "secret://local/hunter2 x", "secret://hunter2"] {
        let as_flag = rotate(value).exited(2);
        let arguments = json!({
            "environment_id": "local",
            "endpoint_id": TELEGRAM,
            "webhook_secret_ref": value,
        });
        sandbox.write("arguments.json", arguments.to_string());
        let verb = "op messaging endpoint rotate-webhook-secret";
        let in_file = sandbox.verb(verb).answers("arguments.json").exited(2);
        let added = add(&sandbox, "new").secret_ref(value).human().exited(2);
        for output in [as_flag, in_file, added] {
            let said = format!("{}{}", output.stdout, output.stderr);
            assert!(!said.contains("hunter2"), "{said}");
            assert!(said.contains("secret"), "{said}");
        }
    }
    assert_eq!((document(&sandbox), sandbox.audit_log("local")), before);
}

#[test]
fn removing_an_absent_endpoint_changes_nothing() {
    let sandbox = busy();
    assert_unchanged(&sandbox, sandbox.endpoint().remove(ABSENT));
    let human = sandbox.endpoint().remove(ABSENT).human().succeeded();
    human.shows(&["has no messaging endpoint", "nothing changed"]);
    sandbox.endpoint().remove(ABSENT).if_generation("0").refused(1, "not-found");
    sandbox.endpoint().remove(TEAMS).succeeded();
    assert_unchanged(&sandbox, sandbox.endpoint().remove(TEAMS));
    assert_eq!(sandbox.document("local")["messaging_endpoints"].as_array().map(Vec::len), Some(1));
}

#[test]
fn requests_are_made_once_and_expectations_hold() {
    let sandbox = busy();
    let first = add(&sandbox, "eu").idempotency_key("k").succeeded().stdout;
    let after = document(&sandbox);
    assert_eq!(add(&sandbox, "eu").idempotency_key("k").succeeded().stdout, first);
    assert_eq!(document(&sandbox), after);
    add(&sandbox, "us").idempotency_key("k").refused(1, "conflict");
    let request = sandbox.request().show("k").succeeded().result();
    assert_eq!(request["answer"]["provider_id"], "eu");
    link(&sandbox).if_generation("7").refused(1, "stale");
    link(&sandbox).if_revision("0").refused(1, "stale");
    assert_eq!(document(&sandbox), after);
    let revision = sandbox.env().show().succeeded().result()["revision"].clone();
    assert_eq!(last_event(&sandbox)["result"]["kind"], "stale");
    link(&sandbox).if_generation("0").if_revision(revision.to_string()).succeeded();
    // a payload of the existing tools works
    let payload = json!({
        "environment_id": "local",
        "endpoint_id": TEAMS,
        "bundle_id": BUNDLE,
        "idempotency_key": "native",
        "updated_by": "op",
    });
    sandbox.write("unlink.json", payload.to_string());
    let unlinked = sandbox.verb("op messaging endpoint unlink-bundle").answers("unlink.json");
    assert_eq!(unlinked.succeeded().result()["updated_by"], "op#idem=unlink-bundle:native");
}

#[test]
fn a_malformed_endpoint_is_a_finding_and_is_not_changed() {
    for (from, to, place) in [
        ("messaging-endpoint.v1", "messaging-endpoint.v9", "`messaging_endpoints[0].schema`"),
        (TELEGRAM, TEAMS, "`messaging_endpoints[1]`"),
    ] {
        let sandbox = busy();
        rewrite(&sandbox, from, to);
        let before = document(&sandbox);
        let report = sandbox.env().doctor().exited(1).result();
        let codes = members(&report["findings"], "code");
        assert!(codes.contains(&json!("malformed-endpoint")), "{report}");
        assert_contains(text(&report["validate"]["message"]), &[place]);
        sandbox.env().doctor().human().exited(1).shows(&[
            &format!("✗ malformed-endpoint: `environment.json` at {place}"),
            "this endpoint cannot be changed",
        ]);
        let listed = sandbox.endpoint().list().succeeded().result();
        assert_eq!(members(&listed["malformed"], "place"), [json!(place)]);
        sandbox.endpoint().list().human().succeeded().shows(&[place, "is not used"]);
        for refused in
            [link(&sandbox), sandbox.endpoint().show(TEAMS), sandbox.endpoint().remove(TEAMS)]
        {
            let message = refused.refused(2, "store");
            assert_contains(&message, &[place, "nothing was changed"]);
        }
        assert_eq!(document(&sandbox), before);
        assert_eq!(last_event(&sandbox)["result"]["kind"], "store");
        // other changes go on, and it keeps its text
        add(&sandbox, "other").succeeded();
        sandbox.env_packs().remove("state").succeeded();
        assert_eq!(document(&sandbox).matches(to).count(), before.matches(to).count());
    }
}

#[test]
fn a_second_endpoint_of_a_malformed_one_is_refused() {
    let sandbox = busy();
    rewrite(&sandbox, "messaging-endpoint.v1", "messaging-endpoint.v9");
    let message = add(&sandbox, "legal").refused(2, "store");
    assert_contains(&message, &["`messaging_endpoints[0].schema`"]);
    rewrite(&sandbox, "\"messaging_endpoints\": [", "\"messaging_endpoints\": 7, \"x\": [");
    let message = add(&sandbox, "other").refused(2, "store");
    assert_contains(&message, &["`messaging_endpoints`"]);
    let report = sandbox.env().doctor().exited(1).result();
    assert_contains(text(&report["validate"]["message"]), &["`messaging_endpoints`"]);
    sandbox.env_packs().remove("state").succeeded();
}

#[test]
fn files_of_the_existing_tools_are_left_alone() {
    let sandbox = busy();
    let folder = sandbox.environment("local");
    let names = ["runtime.json", "messaging/index.json"].map(str::to_owned);
    let projections = [TEAMS, TELEGRAM].map(|id| format!("messaging/{id}.json"));
    let names: Vec<String> = names.into_iter().chain(projections).collect();
    let read = || names.iter().map(|name| std::fs::read(folder.join(name)).expect("a file"));
    let before: Vec<_> = read().collect();
    link(&sandbox).succeeded();
    welcome(&sandbox).succeeded();
    sandbox.endpoint().remove(TELEGRAM).succeeded();
    add(&sandbox, "new").succeeded();
    assert_eq!(read().collect::<Vec<_>>(), before);
}

#[test]
fn names_of_others_reach_no_terminal_unescaped() {
    let sandbox = busy();
    rewrite(&sandbox, "\"display_name\": \"Legal\"", "\"display_name\": \"a\\u202eb\"");
    rewrite(&sandbox, "\"updated_by\": \"op#", "\"updated_by\": \"\\u001b[2J#");
    for verb in [sandbox.endpoint().list(), sandbox.endpoint().show(TEAMS)] {
        for output in [verb.clone().succeeded(), verb.human().succeeded()] {
            let is_hostile = |c: char| matches!(c, '\u{1b}' | '\u{202e}');
            assert!(!output.stdout.contains(is_hostile), "{output:?}");
        }
    }
    let name = "a\u{1b}[2J";
    for bad in [
        sandbox.endpoint().add(name).provider_id("x").display_name("x"),
        sandbox.endpoint().add("x").provider_id(name).display_name("x"),
        sandbox.endpoint().add("x").provider_id("x").display_name(name),
        sandbox.endpoint().link_bundle(name).endpoint_id(TEAMS),
        sandbox.endpoint().show(name),
    ] {
        let message = bad.refused(2, "invalid-argument");
        assert!(!message.contains('\u{1b}'), "{message}");
    }
}
