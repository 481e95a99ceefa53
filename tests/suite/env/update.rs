//! `gtc op env update`: changes the settings of an environment, and nothing else.

use serde_json::{Value, json};
use snapbox::str;

use test_support::{Sandbox, assert_contains, repository};

fn text(sandbox: &Sandbox) -> String {
    let path = sandbox.environment("local").join("environment.json");
    std::fs::read_to_string(path).expect("a file")
}

fn write(sandbox: &Sandbox, text: &str) {
    let path = sandbox.environment("local").join("environment.json");
    std::fs::write(path, text).expect("a file");
}

fn host_config(sandbox: &Sandbox) -> Value {
    sandbox.document("local")["host_config"].clone()
}

#[test]
fn settings_are_changed_and_removed() {
    let sandbox = Sandbox::with_local();
    let update = sandbox.env().update().args(["--name", "Production (EU)"]);
    let update = update.args(["--region", "eu-west-1", "--tenant-org-id", "acme"]);
    let update = update.args(["--listen-addr", "[::1]:80", "--gui-enabled", "true"]);
    let update = update.args(["--public-base-url", "https://greentic.example"]);
    update.clone().human().succeeded().shows(&[
        "✓ updated environment `local` (revision 2)\n",
        "  name: `Production (EU)`, was `local`\n",
        "  region: `eu-west-1`, was none\n",
        "  listen_addr: `[::1]:80`, was `127.0.0.1:8080`\n",
        "  gui_enabled: `true`, was none\n",
    ]);
    assert_eq!(sandbox.document("local")["name"], "Production (EU)");
    let members: Vec<String> =
        host_config(&sandbox).as_object().expect("an object").keys().cloned().collect();
    let order =
        ["env_id", "region", "tenant_org_id", "listen_addr", "public_base_url", "gui_enabled"];
    assert_eq!(members, order);
    sandbox.env().update().args(["--clear", "region", "--clear", "gui-enabled"]).succeeded();
    assert_eq!(
        host_config(&sandbox),
        json!({
            "env_id": "local",
            "tenant_org_id": "acme",
            "listen_addr": "[::1]:80",
            "public_base_url": "https://greentic.example",
        })
    );
    sandbox.env().update().args(["--name", "x", "--clear", "region"]).succeeded().result_is(str![
        [r#"
{
  "environment_id": "local",
  "revision": 4,
  "changes": [{"setting": "name", "before": "Production (EU)", "after": "x"}]
}
"#]
    ]);
    let events = sandbox.audit_events("local");
    let targets: Vec<_> = events.iter().skip(1).map(|event| event["target"].clone()).collect();
    assert_eq!(
        targets[1..],
        [
            json!({"environment_id": "local", "region": null, "gui_enabled": null}),
            json!({"environment_id": "local", "name": "x"}),
        ]
    );
}

#[test]
fn an_update_that_changes_nothing_leaves_no_trace() {
    let sandbox = Sandbox::with_fixture("busy");
    sandbox.env().update().args(["--region", "eu"]).succeeded();
    let before = (text(&sandbox), sandbox.audit_log("local"));
    for _ in 0..2 {
        let same = sandbox.env().update().args(["--region", "eu", "--name", "local"]);
        let same = same.args(["--clear", "public-base-url"]);
        let report = same.clone().succeeded().result();
        assert_eq!((&report["changes"], &report["revision"]), (&json!([]), &json!(2)));
        same.human().succeeded().shows(&["unchanged: environment `local` has these settings"]);
    }
    assert_eq!((text(&sandbox), sandbox.audit_log("local")), before);
    assert_eq!(sandbox.env().show().succeeded().result()["revision"], 2);
}

#[test]
fn what_others_wrote_stays_byte_for_byte() {
    for name in ["fresh", "busy"] {
        let sandbox = Sandbox::with_fixture(name);
        let fixture = repository().join("tests/fixtures/native").join(name);
        let fixture = std::fs::read_to_string(fixture.join("environment.json")).expect("a file");
        let listen = "\"listen_addr\": \"127.0.0.1:8080\"";
        let others = format!(
            "\"x\": [1e400, 1.00,  {{\"b\":1, \"b\": 2}}, \"\\u0000\"],\n    {listen},\n    \"y\":null"
        );
        let before = fixture.replace(listen, &others);
        assert_ne!(before, fixture);
        write(&sandbox, &before);
        sandbox.env().update().args(["--listen-addr", "0.0.0.0:9"]).succeeded();
        let expected = before.replace("127.0.0.1:8080", "0.0.0.0:9");
        let expected = expected.replace("\"y\":null", "\"y\": null");
        assert_eq!(text(&sandbox), expected, "{name}");
    }
}

#[test]
fn a_document_without_settings_gets_them_in_their_place() {
    let sandbox = Sandbox::with_local();
    let document = sandbox.document("local");
    let mut without = document.clone();
    for member in ["name", "host_config"] {
        without.as_object_mut().expect("an object").shift_remove(member);
    }
    write(&sandbox, &without.to_string());
    sandbox.env().update().args(["--name", "local"]).succeeded();
    sandbox.env().update().args(["--listen-addr", "127.0.0.1:8080"]).succeeded();
    let written = sandbox.document("local");
    assert_eq!(written["host_config"], json!({"listen_addr": "127.0.0.1:8080"}));
    let order =
        |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
    assert_eq!(order(&written), order(&document));
}

#[test]
fn malformed_settings_are_reported_and_not_changed() {
    let sandbox = Sandbox::with_local();
    let good = text(&sandbox);
    for bad in ["[]", "7", "null", "{\"a\": 1, \"a\": 2}"] {
        let mut document = sandbox.document("local");
        document["host_config"] = json!("BAD");
        write(&sandbox, &document.to_string().replace("\"BAD\"", bad));
        let before = text(&sandbox);
        // only what needs it fails
        sandbox.env().update().args(["--name", "other"]).succeeded();
        write(&sandbox, &before);
        let update = sandbox.env().update().args(["--region", "eu"]);
        let message = update.refused(2, "store");
        assert_contains(&message, &["is not well-formed at `host_config`", "environment.json"]);
        assert_eq!(text(&sandbox), before);
        write(&sandbox, &good);
    }
}

#[test]
fn arguments_are_checked() {
    let sandbox = Sandbox::with_local();
    let before = (text(&sandbox), sandbox.audit_log("local"));
    for (arguments, expected) in [
        (&[][..], "name at least one setting to change"),
        (&["--region", "eu", "--clear", "region"], "cannot be combined with `--region`"),
        (&["--region", ""], "argument `region`"),
        (&["--region", "a b"], "only printable characters without spaces"),
        (&["--tenant-org-id", "a\nb"], "argument `tenant_org_id`"),
        (&["--name", " "], "argument `name`"),
        (&["--listen-addr", "localhost:80"], "argument `listen_addr`"),
        (&["--public-base-url", "greentic.example"], "it is not a URL"),
        (&["--public-base-url", "ftp://greentic.example"], "use `http` or `https`"),
        (&["--public-base-url", "https://A.example"], "write it as `https://a.example/`"),
    ] {
        let message = sandbox.env().update().args(arguments).refused(2, "invalid-argument");
        assert_contains(&message, &[expected]);
    }
    for url in ["https://user:hunter2@a.example", "https://hunter2@a.example:99999/"] {
        let refused = sandbox.env().update().args(["--public-base-url", url]).exited(2);
        assert!(!refused.stderr.contains("hunter2") && refused.stdout.is_empty(), "{refused:?}");
    }
    assert_eq!((text(&sandbox), sandbox.audit_log("local")), before);
    sandbox.env().update().env("nowhere").args(["--name", "x"]).refused(1, "not-found");
    assert!(!sandbox.environment("nowhere").exists());
}

#[test]
fn a_revision_and_a_key_are_obeyed() {
    let sandbox = Sandbox::with_local();
    let update = |name: &str| sandbox.env().update().args(["--name", name]);
    update("one").if_revision("7").refused(1, "stale");
    let first = update("one").if_revision("1").idempotency_key("k").succeeded();
    update("two").succeeded();
    let repeated = update("one").if_revision("1").idempotency_key("k").succeeded();
    assert_eq!(repeated.stdout, first.stdout);
    assert_eq!(sandbox.document("local")["name"], "two");
    update("three").idempotency_key("k").refused(1, "conflict");
    let outcomes: Vec<_> = sandbox.audit_events("local");
    let outcomes: Vec<_> = outcomes
        .iter()
        .map(|event| (event["verb"].clone(), event["result"]["kind"].clone()))
        .collect();
    assert_eq!(
        outcomes,
        [
            (json!("init"), Value::Null),
            (json!("update"), json!("stale")),
            (json!("update"), Value::Null),
            (json!("update"), Value::Null),
            (json!("update"), json!("conflict")),
        ]
    );
}
