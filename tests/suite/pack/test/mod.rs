//! `gtc pack test`: runs the real component in the sandbox, on a machine that a scenario
//! describes.

mod hostile;
mod record;
mod scenarios;
mod targets;

use std::path::PathBuf;

use serde_json::Value;

use test_support::{Output, Sandbox, text};

/// A sandbox with a pack of the example `vault-secrets`, which declares its own permissions.
fn with_vault() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let pack = sandbox.built_pack(test_artifacts::vault(), "0.4.0", &[]);
    (sandbox, pack)
}

/// A sandbox with a pack of the guest `asker`, which makes the host calls that its answers list,
/// and with these permissions.
fn with_asker(tools: &[&str], network: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let tools = tools.iter().flat_map(|tool| ["--tool", tool]);
    let flags: Vec<&str> =
        tools.chain(network.iter().flat_map(|address| ["--network", address])).collect();
    sandbox.built_pack(test_artifacts::asker(), "1.0.0", &flags);
    sandbox
}

/// Runs one scenario against the only pack of a sandbox.
fn run_scenario(sandbox: &Sandbox, scenario: &str) -> Output {
    sandbox.write("packs/tests/only.yaml", scenario);
    sandbox.pack().test("packs").run()
}

/// The differences of the only scenario, a line each.
#[track_caller]
fn differences(ran: Output) -> Vec<String> {
    let report = ran.exited(1).result();
    assert_eq!(
        (&report["passed"], &report["failed"]),
        (&Value::from(0), &Value::from(1)),
        "{report}"
    );
    let differences = report["scenarios"][0]["differences"].as_array().expect("a list").iter();
    let shown = |it: &Value| {
        format!("{}: {} / {}", text(&it["about"]), text(&it["expected"]), text(&it["found"]))
    };
    differences.map(shown).collect()
}
