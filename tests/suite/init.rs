//! `gtc op env init`: from nothing to a healthy environment, and healing one.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn from_nothing_to_five_healthy_handlers() {
    let sandbox = Sandbox::new();
    let report = sandbox.gtc(["op", "env", "init"]).succeeded().result();
    assert_eq!(report["created"], true);
    assert_eq!(report["doctor"]["healthy"], true);
    assert_eq!(report["bound"].as_array().map(Vec::len), Some(5));

    let mut written = sandbox.document("local");
    let native =
        std::fs::read_to_string(crate::support::repository().join("tests/fixtures/native/fresh/environment.json"));
    let native: serde_json::Value = serde_json::from_str(&native.expect("a fixture")).expect("JSON");
    assert_eq!(written, native, "a new environment is what the native tools make");
    let order = |value: &serde_json::Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
    assert_eq!(order(&written), order(&native));
    written.take();

    let human = Sandbox::new().human(["op", "env", "init"]).succeeded();
    human.shows(&["created environment `local`", "secrets     greentic.secrets.dev-store@0.1.0", "✓ healthy: 5 bound"]);
}

#[test]
fn a_second_run_changes_nothing() {
    let sandbox = Sandbox::with_local();
    let before = std::fs::read(sandbox.environment("local").join("environment.json")).expect("a file");
    let report = sandbox.gtc(["op", "env", "init"]).succeeded().result();
    assert_eq!((report["created"].clone(), report["bound"].clone()), (json!(false), json!([])));
    sandbox.human(["op", "env", "init"]).succeeded().shows(&["already set up; nothing changed"]);
    assert_eq!(std::fs::read(sandbox.environment("local").join("environment.json")).expect("a file"), before);
    let events =
        std::fs::read_to_string(sandbox.environment("local").join("audit/events.jsonl")).expect("an audit log");
    assert_eq!(events.lines().count(), 1, "{events}");
}

#[test]
fn a_missing_default_is_healed_and_the_rest_left_alone() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.honest_pack("secrets", "acme.secrets.other", "^1").display().to_string();
    let update = ["op", "env-packs", "update", "--env", "local", "--slot", "secrets"];
    sandbox.gtc(update.iter().chain(&["--kind", "acme.secrets.other@1.0.0", "--pack-ref", &pack])).succeeded();
    sandbox.gtc(["op", "env-packs", "remove", "--env", "local", "--slot", "state"]).succeeded();
    let human = sandbox.human(["op", "env", "init"]).succeeded();
    human.shows(&["healed environment `local`: bound `greentic.state.in-memory@0.1.0`", "acme.secrets.other@1.0.0"]);
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
    sandbox.gtc(["op", "env", "init"]).succeeded();
    let compiled = || {
        let entries = std::fs::read_dir(sandbox.cache().join("compiled")).expect("a folder");
        let stamp = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.expect("an entry");
            (entry.file_name(), entry.metadata().expect("metadata").modified().expect("a time"))
        };
        let mut stamps: Vec<_> = entries.map(stamp).collect();
        stamps.sort();
        stamps
    };
    let first = compiled();
    assert_eq!(first.len(), 5);
    sandbox.gtc(["op", "env", "doctor"]).succeeded();
    assert_eq!(compiled(), first);
}

#[test]
fn damaged_compiled_code_is_made_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.gtc(["op", "env", "init"]).succeeded();
    let entries: Vec<_> = std::fs::read_dir(sandbox.cache().join("compiled")).expect("a folder").collect();
    for (at, entry) in entries.into_iter().enumerate() {
        let path = entry.expect("an entry").path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
        let whole = std::fs::read(&path).expect("a file");
        match at {
            0 => std::fs::write(&path, b"").expect("a file"),
            1 => std::fs::write(&path, &whole[..whole.len() / 2]).expect("a file"),
            2 => std::fs::write(&path, b"not code at all").expect("a file"),
            3 => std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("permissions"),
            _ => std::fs::remove_file(&path).expect("removed"),
        }
    }
    sandbox.gtc(["op", "env", "doctor"]).succeeded();
    let open_folder = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(sandbox.cache().join("compiled"), open_folder).expect("permissions");
    sandbox.gtc(["op", "env", "doctor"]).succeeded();
}

#[test]
fn environments_are_created_listed_and_shown() {
    let sandbox = Sandbox::new();
    sandbox.human(["op", "env", "list"]).succeeded().shows(&["no environments", "gtc op env init"]);
    sandbox.gtc(["op", "env", "create", "--env", "prod", "--name", "Production"]).succeeded();
    sandbox.gtc(["op", "env", "create", "--env", "bare", "--empty"]).succeeded();
    let message = sandbox.gtc(["op", "env", "create", "--env", "prod"]).refused(1, "conflict");
    assert!(message.contains("`prod` already exists"), "{message}");
    let list = sandbox.gtc(["op", "env", "list"]).succeeded().result();
    let ids: Vec<_> =
        list["environments"].as_array().expect("a list").iter().map(|entry| &entry["environment_id"]).collect();
    assert_eq!(ids, ["bare", "prod"]);
    let shown = sandbox.gtc(["op", "env", "show", "prod"]).succeeded().result();
    assert_eq!(shown["environment"], sandbox.document("prod"));
    assert_eq!(shown["runtime"], json!(null));
    let message = sandbox.gtc(["op", "env", "show", "nowhere"]).refused(1, "not-found");
    assert!(message.contains("gtc op env create --env nowhere"), "{message}");
    for bad in ["", ".", "..", "a/b", "a b", "../x"] {
        sandbox.gtc(["op", "env", "create", "--env", bad]).refused(2, "invalid-argument");
    }
}

#[test]
fn an_environment_without_bindings_has_nothing_to_check() {
    let sandbox = Sandbox::new();
    sandbox.gtc(["op", "env", "create", "--env", "bare", "--empty"]).succeeded();
    let human = sandbox.human(["op", "env", "tool-check", "bare"]).succeeded();
    assert_eq!(human.stdout, "environment `bare` binds nothing, so there is nothing to check\n");
    assert_eq!(sandbox.gtc(["op", "env", "tool-check", "bare"]).succeeded().result()["total_checks"], 0);
}
