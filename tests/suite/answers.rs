//! Answers: written, shown, listed and edited, and checked against the schema of a pack.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};
use snapbox::str;

use test_support::snapshots::assert_json;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, assert_contains, run, terminal, text};

const PATH: &str = "acme.revocation.list";
const KIND: &str = "acme.revocation.list@1.0.0";
const REF: &str = "env-packs/revocation/answers.json";

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "address": {"type": "string", "title": "Address", "description": "of the list", "minLength": 4},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 443},
    "format": {"enum": ["crl", "ocsp"]},
    "token": {"type": "string", "writeOnly": true, "maxLength": 12}
  },
  "required": ["address"],
  "additionalProperties": false
}"#;

/// Writes a pack that ships a schema of its answers.
fn pack_with(sandbox: &Sandbox, version: &str, schema: &str) -> String {
    let mut handler = Handler::new("revocation", PATH, "^1");
    handler.fields = format!("(@custom \"version\" \"{version}\")");
    let archive = handler.archive_with_schema(version, schema);
    sandbox.write("packs/list.gtpack", archive).display().to_string()
}

/// An environment in which the pack is bound, with a reference to answers that do not exist.
fn bound() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = pack_with(&sandbox, "1.0.0", SCHEMA);
    let add = sandbox.env_packs().add("revocation").kind(KIND).pack_ref(&pack);
    add.answers_ref(REF).succeeded();
    sandbox
}

fn stored(sandbox: &Sandbox) -> Option<String> {
    std::fs::read_to_string(sandbox.environment("local").join(REF)).ok()
}

fn put(sandbox: &Sandbox, answers: &str) -> Output {
    let file = sandbox.write("new.json", answers);
    sandbox.answers().put().kind(PATH).file(file).run()
}

#[test]
fn answers_are_written_shown_and_listed() {
    let sandbox = bound();
    sandbox.answers().list().succeeded().result_is(str![[r#"
{
  "environment_id": "local",
  "answers": [{
    "answers_ref": "env-packs/revocation/answers.json",
    "state": "missing",
    "reason": "there is no answers file `[HOME]/.greentic/environments/local/env-packs/revocation/answers.json`",
    "bindings": [{"slot": "revocation", "kind": "acme.revocation.list@1.0.0"}]
  }]
}
"#]]);
    sandbox.answers().show().kind(PATH).refused(1, "answers-parse");
    let written = "{\"address\": \"crl.example\", \"port\": 8443}\n";
    put(&sandbox, written).succeeded().result_is(str![[r#"
{
  "environment_id": "local",
  "answers_ref": "env-packs/revocation/answers.json",
  "bindings": [{"slot": "revocation", "kind": "acme.revocation.list@1.0.0", "checked": true}]
}
"#]]);
    assert_eq!(stored(&sandbox).as_deref(), Some(written));
    assert_json(
        &sandbox.audit_events("local").last().expect("an event")["target"],
        str![[r#"{"answers_ref": "env-packs/revocation/answers.json"}"#]],
    );
    assert!(!sandbox.audit_log("local").contains("crl.example"));
    let events = sandbox.audit_events("local").len();
    assert_eq!(put(&sandbox, written).succeeded().result()["unchanged"], true);
    assert_eq!(sandbox.audit_events("local").len(), events, "nothing changed");

    let shown = sandbox.answers().show().kind(KIND).succeeded().result();
    assert_eq!(shown["answers"], json!({"address": "crl.example", "port": 8443}));
    let human = sandbox.answers().show().answers_ref(REF).human().succeeded();
    assert_eq!(human.stdout, written);
    let human = sandbox.answers().list().human().succeeded();
    human.shows(&["env-packs/revocation/answers.json", "readable", "slot `revocation`"]);
    sandbox.env_packs().list().human().succeeded().shows(&["ANSWERS", REF]);
    sandbox.env().doctor().succeeded();
}

#[test]
fn answers_that_do_not_match_the_schema_are_refused() {
    let sandbox = bound();
    put(&sandbox, r#"{"address": "crl.example"}"#).succeeded();
    let before = stored(&sandbox);
    for (answers, reason) in [
        ("{}", r#""address" is a required property"#),
        (r#"{"address": "crl.example", "port": 0}"#, "`/port`: it is less than the minimum of 1"),
        (r#"{"address": "crl.example", "format": "x"}"#, "`/format`: it is not one of"),
        ("[]", "it is not of type \"object\""),
    ] {
        let refused = put(&sandbox, answers).refused(1, "answers-mismatch");
        assert_contains(&refused, &[reason, "slot `revocation`", "gtc pack inspect"]);
    }
    put(&sandbox, "{").refused(1, "answers-mismatch");
    // a value that does not match may be secret
    let refused = put(&sandbox, r#"{"address": "crl.example", "token": "hunter2hunter2"}"#);
    let refused = refused.refused(1, "answers-mismatch");
    assert!(!refused.contains("hunter2"), "{refused}");
    assert!(!sandbox.audit_log("local").contains("hunter2"));
    assert_eq!(stored(&sandbox), before);
}

#[test]
fn answers_come_from_standard_input_too() {
    let sandbox = bound();
    let mut command = sandbox.answers().put().answers_ref("new/place.json").file("-").command();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(b"{\"a\": 1}").expect("written");
    let output = Output::from(child.wait_with_output().expect("its output")).succeeded();
    assert_eq!(output.result()["bindings"], json!([]));
    // a shell makes a FIFO of `<(…)`
    let gtc = test_support::gtc();
    let script = format!(
        "{gtc} op answers put --env local --answers-ref new/other.json --file <(echo '{{}}')"
    );
    run(sandbox.command("/bin/bash").arg("-c").arg(script)).succeeded();
    let shown = sandbox.answers().show().answers_ref("new/other.json").succeeded().result();
    assert_eq!(shown["answers"], json!({}));
}

#[test]
fn refusals_name_the_next_step() {
    let sandbox = bound();
    let put = sandbox.answers().put();
    put.clone().refused(2, "invalid-argument");
    put.clone().kind(PATH).refused(2, "invalid-argument");
    put.clone().kind(PATH).file("none.json").refused(2, "file-not-found");
    put.clone().kind("acme.revocation.other").file("none.json").refused(2, "file-not-found");
    sandbox.write("a.json", "{}");
    put.clone().kind("acme.revocation.other").file("a.json").refused(1, "not-found");
    for reserved in [
        "environment.json",
        "packs.lock.json",
        "audit/events.jsonl",
        ".lock",
        "Environment.JSON",
        "AUDIT/a.json",
    ] {
        put.clone().answers_ref(reserved).file("a.json").refused(1, "answers-parse");
    }
    put.clone().answers_ref("../a.json").file("a.json").refused(2, "invalid-argument");
    // a binding without answers: the command that the hint names gives it some
    let none = put.clone().kind("greentic.state.in-memory").file("a.json").refused(1, "not-found");
    let update = none.split('`').find(|part| part.starts_with("gtc op")).expect("a command");
    let words = shell_words::split(update).expect("words");
    sandbox.gtc(&words[1..]).succeeded();
    put.kind("greentic.state.in-memory").file("a.json").succeeded();
    let shown = sandbox.answers().show().kind("greentic.state.in-memory").succeeded().result();
    assert_eq!(shown["answers_ref"], "env-packs/state/answers.json");
}

#[test]
fn binding_checks_answers_that_exist() {
    let sandbox = bound();
    put(&sandbox, r#"{"address": "crl.example"}"#).succeeded();
    let stricter = SCHEMA.replace("\"minLength\": 4", "\"minLength\": 40");
    let pack = pack_with(&sandbox, "1.0.1", &stricter);
    let update = sandbox.env_packs().update("revocation").kind(KIND).pack_ref(&pack);
    let refused = update.clone().refused(1, "answers-mismatch");
    let expected = ["was not bound", "`/address`: it is shorter than 40 characters", REF];
    assert_contains(&refused, &expected);
    sandbox.env_packs().update("revocation").refresh().refused(1, "answers-mismatch");
    // other answers, or none, are not its concern
    update.clone().answers_ref("none.json").succeeded();
    sandbox.env().doctor().exited(1);
    update.no_answers().succeeded();
    assert_json(
        &finding(&sandbox, "answers-mismatch"),
        str![[r#"
{
  "code": "answers-mismatch",
  "severity": "finding",
  "subject": "slot `revocation` (`acme.revocation.list@1.0.0`)",
  "reason": "\"address\" is a required property",
  "next": "name answers with `gtc op env-packs update --env local --slot revocation --kind acme.revocation.list@1.0.0 --pack-ref [HOME]/packs/list.gtpack --answers-ref env-packs/revocation/answers.json`, and write them with `gtc op answers put --env local --kind acme.revocation.list --file <file>`"
}
"#]],
    );
}

fn finding(sandbox: &Sandbox, code: &str) -> Value {
    let report = sandbox.env().doctor().exited(1).result();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["code"] == code).expect("the finding").clone()
}

#[test]
fn doctor_reports_answers_that_changed() {
    let sandbox = bound();
    put(&sandbox, r#"{"address": "crl.example", "port": 1}"#).succeeded();
    let path = format!(".greentic/environments/local/{REF}");
    sandbox.write(&path, r#"{"address": "hunter2-secret", "port": "hunter2"}"#);
    let found = finding(&sandbox, "answers-mismatch");
    assert_eq!(found["reason"], "`/port`: it is not of type \"integer\"");
    assert!(!found.to_string().contains("hunter2"), "{found}");
    let next = text(&found["next"]);
    assert_contains(next, &["gtc op answers put --env local --kind acme.revocation.list --file"]);
    sandbox.write(&path, "{");
    assert_contains(&finding(&sandbox, "unreadable-answers").to_string(), &["not a JSON document"]);
}

#[test]
fn credentials_in_answers_are_never_shown() {
    let sandbox = bound();
    let answers = r#"{"address": "crl.example",  "port": 1, "token": "hunter2"}"#;
    put(&sandbox, answers).succeeded();
    let hidden = r#"{"address": "crl.example",  "port": 1, "token": "[redacted]"}"#;
    let shown = sandbox.answers().show().kind(PATH).succeeded();
    assert_eq!(shown.result()["answers"]["token"], "[redacted]");
    assert_eq!(shown.result()["redacted"], json!({"count": 1, "places": ["/token"]}));
    let human = sandbox.answers().show().kind(PATH).human().succeeded();
    human.shows(&[hidden, "! credentials are not shown: 1 value at `/token`"]);
    // what is shown is not written back
    let message = put(&sandbox, hidden).refused(1, "redacted");
    assert_contains(&message, &["the value at `/token` is `[redacted]`", "use `answers edit`"]);
    assert_eq!(stored(&sandbox).expect("answers"), answers);
    // nor does any other verb show it
    for verb in [
        sandbox.answers().list(),
        sandbox.env().show(),
        sandbox.env().doctor(),
        sandbox.env().tool_check(),
        sandbox.env_packs().list(),
        sandbox.env_packs().remove("revocation").dry_run(),
        sandbox.env_packs().update("revocation").refresh().dry_run(),
        sandbox.audit().list(),
        sandbox.answers().put().answers_ref(REF).file("new.json").idempotency_key("k"),
        sandbox.request().show("k"),
    ] {
        for output in [verb.clone().run(), verb.human().run()] {
            assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");
        }
    }
}

#[test]
fn credentials_of_packs_without_a_schema_are_found_by_name_and_form() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    let answers = r#"{"client_secret": "hunter2", "db": "postgres://a:hunter2@db/x", "ref": "secret://local/a", "n": 1.00}"#;
    let file = sandbox.write("new.json", answers);
    sandbox.answers().put().answers_ref("a.json").file(file).succeeded();
    let add = sandbox.extensions().add().kind("acme.oauth.auth0@1.0.0").pack_ref(&pack);
    add.answers_ref("a.json").succeeded();
    let hidden = r#"{"client_secret": "[redacted]", "db": "[redacted]", "ref": "secret://local/a", "n": 1.00}"#;
    let resolved = sandbox.extensions().resolve("ext://acme.oauth.auth0");
    for verb in [resolved.clone(), sandbox.answers().show().answers_ref("a.json")] {
        let output = verb.clone().succeeded();
        let shown: Value = serde_json::from_str(hidden).expect("JSON");
        assert_eq!(output.result()["answers"], shown);
        assert_eq!(output.result()["redacted"]["count"], 2);
        verb.human().succeeded().shows(&[hidden, "2 values at `/client_secret`, `/db`"]);
    }
    // a pack that cannot be read may mark any value
    std::fs::remove_file(&pack).expect("removed");
    sandbox.write("no-cache/x", "");
    let unreadable = resolved.arg("--cache-dir").arg(sandbox.home().join("no-cache"));
    let shown = unreadable.succeeded().result()["answers"].clone();
    assert_eq!((&shown["ref"], &shown["n"]), (&json!("[redacted]"), &json!("[redacted]")));
}

#[test]
fn answers_that_others_can_read_are_a_finding() {
    let sandbox = bound();
    put(&sandbox, r#"{"address": "crl.example"}"#).succeeded();
    let path = sandbox.environment("local").join(REF);
    let mode = || path.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    sandbox.env().doctor().exited(0);
    for (bits, shown) in [(0o644, "mode 0644"), (0o640, "mode 0640"), (0o604, "mode 0604")] {
        let permissions = std::fs::Permissions::from_mode(bits);
        std::fs::set_permissions(&path, permissions).expect("permissions");
        let report = sandbox.env().doctor().exited(1).result();
        let found = report["findings"].as_array().expect("findings");
        let found = found.iter().find(|it| it["code"] == "exposed-answers").expect("the finding");
        assert_contains(text(&found["reason"]), &[REF, shown]);
        let next = text(&found["next"]);
        let command = next.split('`').nth(1).expect("a command");
        let human = sandbox.env().doctor().human().exited(1);
        human.shows(&["✗ exposed-answers: slot `revocation`", "next: let only its owner read it"]);
        assert_eq!(report["bindings"][5]["state"], "exposed-answers");
        run(sandbox.command("/bin/sh").args(["-c", command])).succeeded();
        assert_eq!(mode(), 0o600);
        sandbox.env().doctor().exited(0);
    }
}

#[test]
fn each_property_is_asked_for_at_a_terminal() {
    let sandbox = bound();
    let command = || sandbox.answers().put().kind(PATH).command();
    let typed = "crl\ncrl.example\n70000\none\n8443\nxml\nocsp\nhunter2\n";
    let (code, screen) = terminal::talk(&mut command(), typed);
    assert_eq!(code, 0, "{screen}");
    for words in [
        "Address: of the list ",
        "it is shorter than 4 characters",
        "port [443] ",
        "it is greater than the maximum of 65535",
        "expected a number",
        "format (crl, ocsp) [none] ",
        "expected one of the values",
        "they match the schema of its pack",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let written =
        json!({"address": "crl.example", "port": 8443, "format": "ocsp", "token": "hunter2"});
    let stored_value =
        || -> Value { serde_json::from_str(&stored(&sandbox).expect("a file")).expect("JSON") };
    assert_eq!(stored_value(), written);
    // the stored values are the defaults, and the secret one is not shown
    let (code, screen) = terminal::talk(&mut command(), "\n443\n\n\n");
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("[crl.example]") && screen.contains("token [unchanged]"), "{screen}");
    assert!(!screen.contains("hunter2"), "{screen}");
    let mut expected = written;
    expected["port"] = json!(443);
    assert_eq!(stored_value(), expected);
    // the end of the input cancels, and nothing is written
    let (code, screen) = terminal::talk(&mut command(), "other.example\n\u{4}");
    assert_eq!(code, 1, "{screen}");
    assert_eq!(stored_value(), expected);
    let other = sandbox.answers().put().answers_ref("other.json");
    let (code, screen) = terminal::talk(&mut other.command(), "");
    assert_eq!(code, 1);
    assert!(screen.contains("ships a schema") && screen.contains("--file"), "{screen}");
}

#[test]
fn a_hostile_schema_cannot_reach_the_terminal() {
    let sandbox = Sandbox::with_local();
    let schema = json!({"type": "object", "properties": {
        "\u{1b}[2J": {"type": "string", "title": "\u{1b}]0;x\u{7}", "description": "\u{202e}y",
            "default": "\u{1b}[31m", "pattern": "^\u{1b}x$"},
    }});
    let pack = pack_with(&sandbox, "1.0.0", &schema.to_string());
    let add = sandbox.env_packs().add("revocation").kind(KIND).pack_ref(&pack);
    add.answers_ref(REF).succeeded();
    let human = sandbox.pack().inspect(&pack).human().succeeded();
    assert!(!human.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{human:?}");
    let mut command = sandbox.answers().put().kind(PATH).command();
    let (_, screen) = terminal::talk(&mut command, "a\n\u{4}");
    let screen = screen.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    assert!(!screen.contains("\u{1b}]0") && !screen.contains("\u{1b}[2J"), "{screen:?}");
    let refused = put(&sandbox, &json!({"\u{1b}[2J": "hunter2"}).to_string());
    assert!(!refused.stderr.contains('\u{1b}'), "{refused:?}");
}

#[test]
fn answers_are_edited_in_a_copy() {
    let sandbox = bound();
    let edit = |script: &str| {
        let editor = sandbox.write("editor.sh", script);
        let mut command = sandbox.answers().edit().kind(PATH).command();
        command.env("VISUAL", format!("/bin/sh '{}'", editor.display()));
        command.env("TMPDIR", sandbox.home());
        run(&mut command)
    };
    // the first copy has the defaults of the schema
    let output =
        edit("grep -q '\"port\": 443' \"$1\" && echo '{\"address\": \"crl.example\"}' > \"$1\"");
    output.succeeded();
    assert_eq!(stored(&sandbox).as_deref(), Some("{\"address\": \"crl.example\"}\n"));
    assert_eq!(edit("true").succeeded().result()["unchanged"], true);
    assert_eq!(sandbox.audit_events("local").last().expect("an event")["verb"], "edit");
    let copies = || {
        let names = std::fs::read_dir(sandbox.home()).expect("a folder");
        let names = names.map(|entry| entry.expect("an entry").file_name());
        names.filter(|name| name.to_string_lossy().starts_with("gtc-answers-")).count()
    };
    assert_eq!(copies(), 0, "a copy that is written is removed");

    // what is refused stays in its copy, and the command that the hint names writes it
    let refused = edit("echo '{\"address\": \"a\"}' > \"$1\"").refused(1, "answers-mismatch");
    assert_contains(&refused, &["the edited copy is", "shorter than 4 characters"]);
    assert_eq!(copies(), 1);
    assert_eq!(stored(&sandbox).as_deref(), Some("{\"address\": \"crl.example\"}\n"));
    let put = refused.split('`').find(|part| part.starts_with("gtc op")).expect("a command");
    let words = shell_words::split(put).expect("words");
    std::fs::write(words.last().expect("a file"), "{\"address\": \"other.example\"}")
        .expect("written");
    sandbox.gtc(&words[1..]).succeeded();

    let change = format!(
        "echo '{{\"address\": \"third.example\"}}' > {}",
        sandbox.environment("local").join(REF).display()
    );
    let refused = edit(&format!("{change}; echo '{{\"address\": \"mine.example\"}}' > \"$1\""));
    assert_contains(&refused.refused(1, "conflict"), &["changed by another process"]);
    edit("exit 3").refused(2, "editor");
    let mut missing = sandbox.answers().edit().kind(PATH).command();
    missing.env("EDITOR", "no-such-editor").env("TMPDIR", sandbox.home());
    assert_contains(&run(&mut missing).refused(2, "editor"), &["no-such-editor"]);
}

#[test]
fn a_pack_is_built_validated_and_inspected_with_its_schema() {
    let sandbox = Sandbox::with_local();
    sandbox.write("schema.json", SCHEMA);
    let build = sandbox.pack().build(test_artifacts::witness()).version("1.0.0");
    let build = build.answers_schema("schema.json").output("p.gtpack");
    assert_eq!(build.clone().succeeded().result()["has_answers_schema"], true);
    let inspected = sandbox.pack().inspect("p.gtpack").succeeded().result();
    assert_json(
        &inspected["answers_schema"],
        str![[r#"
{
  "properties": [{
    "name": "address",
    "title": "Address",
    "description": "of the list",
    "required": true
  }, {
    "name": "port",
    "title": "port",
    "default": "443",
    "required": false
  }, {
    "name": "format",
    "title": "format",
    "choices": "crl, ocsp",
    "required": false
  }, {
    "name": "token",
    "title": "token",
    "required": false
  }]
}
"#]],
    );
    let human = sandbox.pack().inspect("p.gtpack").human().succeeded();
    human.shows(&["answers\n  address (required) Address: of the list\n  port (optional) [443]\n"]);
    sandbox.pack().validate("p.gtpack").succeeded();
    sandbox.pack().repack("p.gtpack").output("again.gtpack").succeeded();
    assert_eq!(sandbox.read("p.gtpack"), sandbox.read("again.gtpack"));

    sandbox.write("schema.json", "{\"type\": \"object\", \"$ref\": \"http://127.0.0.1:1/x\"}");
    let refused = build.refused(1, "answers-schema-invalid");
    assert_contains(&refused, &["schema.json", "/$ref", "a reference must be `#/$defs/<name>`"]);
}

#[test]
fn a_pack_with_an_invalid_schema_is_reported() {
    let sandbox = Sandbox::with_local();
    for schema in [
        "not JSON",
        "{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"http://127.0.0.1:1/x\"}}}",
        "{\"type\": \"object\", \"properties\": {\"a\": {\"pattern\": \"(a{1000}){1000}\"}}}",
        &format!("{{\"type\": \"object\", \"description\": \"{}\"}}", "x".repeat(64 << 10)),
    ] {
        let pack = pack_with(&sandbox, "1.0.0", schema);
        let report = sandbox.pack().validate(&pack).exited(1).result();
        let finding = &report["packs"][0]["findings"][0];
        assert_eq!(finding["code"], "answers-schema-invalid", "{report}");
        assert!(text(&finding["subject"]).starts_with("answers.schema.json"), "{finding}");
        let inspected = sandbox.pack().inspect(&pack).succeeded().result();
        assert!(inspected["answers_schema"]["problem"].is_string(), "{inspected}");
        let add = sandbox.env_packs().add("revocation").kind(KIND).pack_ref(&pack);
        let add = add.answers_ref(REF);
        add.clone().refused(1, "answers-schema-invalid");
        // bound by another tool
        add.no_fetch().succeeded();
        finding_of_schema(&sandbox);
        sandbox.env_packs().remove("revocation").succeeded();
    }
}

fn finding_of_schema(sandbox: &Sandbox) {
    sandbox.write(format!(".greentic/environments/local/{REF}"), "{}");
    let found = finding(sandbox, "answers-schema-invalid");
    assert_contains(text(&found["next"]), &["ask the author of the pack"]);
    std::fs::remove_file(sandbox.environment("local").join(REF)).expect("removed");
}
