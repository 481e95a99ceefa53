//! Handlers whose metadata differ from call to call. A binding pins the metadata; any
//! difference is reported.

use serde_json::{Value, json};

use super::handler;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, text};

/// A handler whose path ends in eight random letters.
fn nondeterministic() -> Handler {
    let letters = "(i64.store (i32.const 4107) (i64.add (i64.const 0x6161616161616161)
        (i64.and (i64.const 0x0f0f0f0f0f0f0f0f) (call $random)))) (i32.const 0)";
    let path = "test.state.xxxxxxxx".to_owned();
    Handler { path, path_body: Some(letters.to_owned()), ..handler() }.wasi(
        "wasi:random/random",
        "get-random-u64: func() -> u64;",
        &[["get-random-u64", "random", "(result i64)"]],
    )
}

fn update(sandbox: &Sandbox, kind: &str, pack: &str, more: &[&str]) -> test_support::Output {
    sandbox.env_packs().update("state").kind(kind).pack_ref(pack).args(more).run()
}

#[test]
fn a_handler_that_never_matches_its_declaration_is_not_bound() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox
        .written_pack("state", "test.state.xxxxxxxx", "^1", nondeterministic().component())
        .display()
        .to_string();
    let message =
        update(&sandbox, "test.state.xxxxxxxx@1.0.0", &pack, &[]).refused(1, "declaration-differs");
    assert!(message.contains("returns descriptor path `test.state."), "{message}");
    // with `--no-fetch`, the next command that loads it reports the difference
    update(&sandbox, "test.state.xxxxxxxx@1.0.0", &pack, &["--no-fetch"]).succeeded();
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["load_failures"][0]["error"], "declaration-differs");
}

#[test]
fn metadata_that_differs_from_the_pin_is_reported() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("state", "test.state.steady", "^1").display().to_string();
    update(&sandbox, "test.state.steady@1.0.0", &pack, &[]).succeeded();
    sandbox.env().doctor().succeeded();

    let path = sandbox.environment("local").join("packs.lock.json");
    let pins = std::fs::read_to_string(&path).expect("pins");
    let mut pins: Value = serde_json::from_str(&pins).expect("JSON");
    pins["bindings"]["state"]["handlers"][0]["supported_versions"] = json!("^2");
    std::fs::write(&path, pins.to_string()).expect("a file");

    let report = sandbox.env().doctor().exited(1).result();
    let failure = &report["load_failures"][0];
    assert_eq!((&failure["error"], &failure["pack_ref"]), (&json!("pin-differs"), &json!(pack)));
    let reason = text(&failure["reason"]);
    assert_contains(
        reason,
        &["returns supported versions `^1`, but returned `^2` when it was bound"],
    );
    // a new binding pins the new metadata
    update(&sandbox, "test.state.steady@1.0.0", &pack, &[]).succeeded();
    sandbox.env().doctor().succeeded();
}
