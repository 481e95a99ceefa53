//! `gtc op env init`: creates a healthy environment, and binds missing defaults.

use std::process::Stdio;

use serde_json::json;
use snapbox::str;

use super::drop_binding;
use test_support::snapshots::assert_json;
use test_support::{Output, Sandbox, assert_contains, members};

#[test]
fn from_nothing_to_five_healthy_handlers() {
    let sandbox = Sandbox::new();
    let report = sandbox.env().init().succeeded().result();
    assert_eq!(report["created"], true);
    assert_eq!(report["doctor"]["healthy"], true);
    assert_eq!(report["bound"].as_array().map(Vec::len), Some(5));

    let mut written = sandbox.document("local");
    let native = std::fs::read_to_string(
        test_support::repository().join("tests/fixtures/native/fresh/environment.json"),
    );
    let native: serde_json::Value =
        serde_json::from_str(&native.expect("a fixture")).expect("JSON");
    assert_eq!(written, native, "a new environment is what the native tools make");
    let order = |value: &serde_json::Value| {
        value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(order(&written), order(&native));
    written.take();

    let human = Sandbox::new().env().init().human().succeeded();
    human.shows(&[
        "created environment `local`",
        "secrets     greentic.secrets.dev-store@0.1.0",
        "✓ healthy: 5 bound",
    ]);
}

#[test]
fn two_runs_at_once_succeed_and_one_creates() {
    for _ in 0..5 {
        let sandbox = Sandbox::new();
        let start = || {
            let mut init = sandbox.env().init().command();
            init.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        };
        let running = [start(), start()];
        let created = running.map(|init| {
            let output: Output = init.wait_with_output().expect("it ends").into();
            output.succeeded().result()["created"] == true
        });
        assert_eq!(created.iter().filter(|created| **created).count(), 1);
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let sandbox = Sandbox::with_local();
    let before =
        std::fs::read(sandbox.environment("local").join("environment.json")).expect("a file");
    let report = sandbox.env().init().succeeded().result();
    assert_eq!((report["created"].clone(), report["bound"].clone()), (json!(false), json!([])));
    sandbox.env().init().human().succeeded().shows(&["already set up; nothing changed"]);
    assert_eq!(
        std::fs::read(sandbox.environment("local").join("environment.json")).expect("a file"),
        before
    );
    let events = sandbox.audit_log("local");
    assert_eq!(events.lines().count(), 1, "{events}");
}

#[test]
fn a_missing_default_is_bound_and_the_rest_kept() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.other", "^1");
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.other@1.0.0");
    update.pack_ref(pack).succeeded();
    drop_binding(&sandbox, "local", "state");
    let human = sandbox.env().init().human().succeeded();
    human.shows(&[
        "repaired environment `local`: bound `greentic.state.in-memory@0.1.0`",
        "acme.secrets.other@1.0.0",
    ]);
    let packs = sandbox.document("local")["packs"].clone();
    assert_eq!(packs[1]["kind"], "acme.secrets.other@1.0.0");
    assert_eq!(
        packs[4],
        json!({"slot": "state", "kind": "greentic.state.in-memory@0.1.0", "pack_ref": "greentic.state.in-memory@0.1.0", "generation": 0})
    );
}

#[test]
fn a_second_run_compiles_nothing() {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let compiled = || {
        let changed = |path: std::path::PathBuf| {
            path.metadata().expect("metadata").modified().expect("a time")
        };
        sandbox.compiled().into_iter().map(|path| (path.clone(), changed(path))).collect::<Vec<_>>()
    };
    let first = compiled();
    assert_eq!(first.len(), 5);
    sandbox.env().doctor().succeeded();
    assert_eq!(compiled(), first);
}

#[test]
fn damaged_compiled_code_is_compiled_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    for (at, path) in sandbox.compiled().into_iter().enumerate() {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
            .expect("permissions");
        let whole = std::fs::read(&path).expect("a file");
        match at {
            0 => std::fs::write(&path, b"").expect("a file"),
            1 => std::fs::write(&path, &whole[..whole.len() / 2]).expect("a file"),
            2 => std::fs::write(&path, b"not code at all").expect("a file"),
            3 => std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))
                .expect("permissions"),
            _ => std::fs::remove_file(&path).expect("removed"),
        }
    }
    sandbox.env().doctor().succeeded();
    let open_folder = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(sandbox.cache_folder().join("compiled"), open_folder)
        .expect("permissions");
    sandbox.env().doctor().succeeded();
}

#[test]
fn compiled_code_that_others_could_have_written_is_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let folder = sandbox.cache_folder().join("compiled");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let entries = sandbox.compiled();
    // all files contain the code of the first handler now: using them would run one handler
    // in place of five
    let elsewhere = sandbox.home().join("planted");
    std::fs::copy(&entries[0], &elsewhere).expect("a copy");
    for (at, path) in entries.iter().enumerate().skip(1) {
        std::fs::remove_file(path).expect("removed");
        match at {
            1 => symlink(&elsewhere, path).expect("a link"),
            _ => drop(std::fs::copy(&elsewhere, path).expect("a copy")),
        }
        if at > 1 {
            mode(path, 0o646);
        }
    }
    sandbox.env().doctor().succeeded();
    // rejected code is replaced
    for path in &entries {
        let metadata = std::fs::symlink_metadata(path).expect("an entry");
        assert!(
            metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o400,
            "{}",
            path.display()
        );
    }
    // code in a folder that others may write to is rejected too
    for path in &entries[1..] {
        std::fs::remove_file(path).expect("removed");
        std::fs::copy(&elsewhere, path).expect("a copy");
        mode(path, 0o400);
    }
    mode(&folder, 0o777);
    sandbox.env().doctor().succeeded();
}

#[test]
fn environments_are_created_listed_and_shown() {
    let sandbox = Sandbox::new();
    sandbox.env().list().human().succeeded().shows(&["no environments", "gtc op env init"]);
    sandbox.env().create("prod").args(["--name", "Production"]).succeeded();
    sandbox.env().create("bare").arg("--empty").succeeded();
    for twin in [sandbox.env().create("Prod"), sandbox.env().init().env("PROD")] {
        let message = twin.refused(1, "conflict");
        assert_contains(&message, &["from environment `prod` only in upper and lower case"]);
    }
    assert!(!sandbox.environment("Prod").exists() && !sandbox.environment("PROD").exists());
    let message = sandbox.env().create("prod").refused(1, "conflict");
    assert!(message.contains("`prod` already exists"), "{message}");
    let list = sandbox.env().list().succeeded().result();
    let ids = members(&list["environments"], "environment_id");
    assert_eq!(ids, ["bare", "prod"]);
    let shown = sandbox.env().show().env("prod").succeeded().result();
    assert_eq!(shown["environment"], sandbox.document("prod"));
    assert_eq!(shown["runtime"], json!(null));
    let message = sandbox.env().show().env("nowhere").refused(1, "not-found");
    assert!(message.contains("gtc op env create --env nowhere"), "{message}");
    for bad in ["", ".", "..", "a/b", "a b", "../x"] {
        sandbox.env().create(bad).refused(2, "invalid-argument");
    }
}

#[test]
fn an_environment_without_bindings_has_nothing_to_check() {
    let sandbox = Sandbox::new();
    sandbox.env().create("bare").arg("--empty").succeeded();
    let human = sandbox.env().tool_check().env("bare").human().succeeded();
    assert_eq!(human.stdout, "environment `bare` has no bindings to check\n");
    assert_eq!(sandbox.env().tool_check().env("bare").succeeded().result()["total_checks"], 0);
}

#[test]
fn a_new_environment_has_a_name_and_an_address_that_make_sense() {
    let sandbox = Sandbox::new();
    let create = |flags: &[&str]| sandbox.env().create("prod").args(flags);
    for bad in ["not an address", "localhost", "127.0.0.1", "127.0.0.1:99999", "localhost:8080", ""]
    {
        let message = create(&["--listen-addr", bad]).refused(2, "invalid-argument");
        assert!(message.contains("argument `listen_addr`"), "{message}");
    }
    for bad in ["", " ", "two\nlines"] {
        let message = create(&["--name", bad]).refused(2, "invalid-argument");
        assert!(message.contains("argument `name`"), "{message}");
    }
    assert!(!sandbox.environment("prod").exists());
    create(&["--listen-addr", "[::1]:80", "--name", "Production (EU)"]).succeeded();
    let document = sandbox.document("prod");
    assert_eq!(
        (&document["host_config"]["listen_addr"], &document["name"]),
        (&json!("[::1]:80"), &json!("Production (EU)"))
    );
}

#[test]
fn creation_and_initialization_are_recorded_with_their_key() {
    let sandbox = Sandbox::new();
    let payload = |name: &str| {
        let payload = json!({"environment_id": "prod", "idempotency_key": name});
        sandbox.write(format!("{name}.json"), payload.to_string())
    };
    let created = sandbox.verb("op env create").answers(payload("k1")).succeeded().result();
    assert_eq!(created["idempotency_key"], "k1");
    sandbox.verb("op env create").answers(payload("k2")).refused(1, "conflict");
    let same = sandbox.env().init().answers(payload("k3")).succeeded().result();
    assert_eq!(same["idempotency_key"], "k3");
    sandbox.env_packs().remove("telemetry").env("prod").succeeded();
    drop_binding(&sandbox, "prod", "state");
    sandbox.env().init().env("prod").idempotency_key("k4").succeeded();
    let events = sandbox.audit_events("prod").into_iter();
    let events = events
        .map(|event| json!([event["verb"], event["idempotency_key"], event["result"]["outcome"]]));
    assert_json(
        &events.collect(),
        str![[r#"
[
  ["create", "k1", "ok"],
  ["create", "k2", "error"],
  ["remove", null, "ok"],
  ["init", "k4", "ok"]
]
"#]],
    );
}

#[test]
fn a_change_that_cannot_be_recorded_is_not_made() {
    let sandbox = Sandbox::with_local();
    let log = sandbox.environment("local").join("audit/events.jsonl");
    std::fs::remove_file(&log).expect("removed");
    std::fs::create_dir(&log).expect("a folder");
    let before = sandbox.document("local");
    let message = sandbox.env_packs().remove("state").refused(2, "io");
    assert_contains(&message, &["cannot append to", "events.jsonl"]);
    assert_eq!(sandbox.document("local"), before);
    std::fs::remove_dir(&log).expect("removed");
    sandbox.env_packs().remove("state").succeeded();
    assert_eq!(sandbox.document("local")["packs"].as_array().map(Vec::len), Some(4));
}
