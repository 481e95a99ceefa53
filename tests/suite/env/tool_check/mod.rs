//! `gtc op env tool-check`: preflights that use the granted tools and addresses.

mod concurrency;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use snapbox::str;

use test_support::snapshots::assert_json;
use test_support::{Sandbox, text};

fn with_vault_bound() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.env().create("prod").succeeded();
    let pack =
        sandbox.built_pack(test_artifacts::vault(), "0.4.2", &["--network", "vault.example:8200"]);
    let update = sandbox.env_packs().update("secrets").env("prod");
    update.kind("acme.secrets.vault@0.4.2").pack_ref(pack).grant_declared().succeeded();
    sandbox
}

fn vault_check(sandbox: &Sandbox, code: i32) -> Value {
    let report = sandbox.env().tool_check().env("prod").exited(code).result();
    assert_eq!(report["total_checks"], 2);
    report["bindings"][1]["checks"][0].clone()
}

#[test]
fn the_vault_example_reports_what_it_finds() {
    let mut sandbox = with_vault_bound();
    sandbox.env().doctor().env("prod").succeeded();
    let human = sandbox.env().doctor().env("prod").human().succeeded();
    human.shows(&["acme.secrets.vault@0.4.2", "✓ healthy: 5 bound"]);

    assert_json(
        &vault_check(&sandbox, 1),
        str![[r#"
{
  "name": "vault",
  "description": "HashiCorp Vault CLI 1.12 or newer",
  "outcome": {
    "status": "missing",
    "install_hint": "install the Vault CLI: https://developer.hashicorp.com/vault/install"
  }
}
"#]],
    );
    let human = sandbox.env().tool_check().env("prod").human().exited(1);
    human.shows(&[
        "vault",
        "✗ missing",
        "next: `vault`: install the Vault CLI: https://",
        "✗ not ready: 2 checks, 2 failed",
    ]);

    sandbox.program("vault", "echo 'Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z'");
    assert_json(
        &vault_check(&sandbox, 0),
        str![[r#"
{
  "name": "vault",
  "description": "HashiCorp Vault CLI 1.12 or newer",
  "outcome": {"status": "ok", "detail": "1.15.2"}
}
"#]],
    );
    let human = sandbox.env().tool_check().env("prod").human().succeeded();
    human.shows(&["✓ ok: 1.15.2", "✓ ready: 2 checks, 0 failed"]);

    sandbox.program("vault", "echo 'Vault v1.9.10'");
    assert_json(
        &vault_check(&sandbox, 1),
        str![[r#"
{
  "name": "vault",
  "description": "HashiCorp Vault CLI 1.12 or newer",
  "outcome": {
    "status": "version_mismatch",
    "found": "1.9.10",
    "required": ">=1.12.0",
    "install_hint": "install the Vault CLI: https://developer.hashicorp.com/vault/install"
  }
}
"#]],
    );

    sandbox.program("vault", "printf 'permission \\033[31mdenied\\n' >&2; exit 3");
    // JSON keeps the exact text
    assert_json(
        &vault_check(&sandbox, 1),
        str![[r#"
{
  "name": "vault",
  "description": "HashiCorp Vault CLI 1.12 or newer",
  "outcome": {
    "status": "probe_error",
    "detail": "it ended with exit code 3: permission \u001b[31mdenied"
  }
}
"#]],
    );
    let human = sandbox.env().tool_check().env("prod").human().exited(1);
    human.shows(&[r"permission \u{1b}[31mdenied"]);
    assert!(!human.stdout.contains('\u{1b}'));
}

/// A sandbox whose deployer runs `probed` with the arguments in its answers.
fn with_prober(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_local();
    let allowed =
        ["--tool", "probed a * 'c d'", "--tool", "probed *", "--tool", "probed --version"];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &allowed);
    sandbox.write(".greentic/environments/local/answers.json", json!(args).to_string());
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    update.pack_ref(pack).answers_ref("answers.json").grant_declared().succeeded();
    sandbox
}

fn ran(sandbox: &Sandbox) -> String {
    let report = sandbox.env().tool_check().succeeded().result();
    text(&report["bindings"][0]["checks"][0]["outcome"]["detail"]).to_owned()
}

#[test]
fn a_tool_gets_exactly_its_arguments() {
    let mut sandbox = with_prober(&["a", "$(id); *", "c d"]);
    sandbox.program(
        "probed",
        "printf '<%s>' \"$@\"; cat; env | cut -d= -f1 | sort | tr '\\n' ' '; pwd",
    );
    let ran = ran(&sandbox);
    assert!(
        ran.starts_with("0 \"<a><$(id); *><c d>"),
        "no shell looks at the arguments, and standard input is at its end: {ran}"
    );
    // the output has the arguments only, in order
    assert!(ran.contains("<c d>HOME LC_ALL PATH PWD "), "{ran}");
    assert!(ran.contains(" /\\n\""), "{ran}");
}

#[test]
fn a_probe_is_logged() {
    let mut sandbox = with_prober(&["--version"]);
    sandbox.program("probed", "echo 1.0");
    let log = sandbox.env().tool_check().arg("-v").succeeded().stderr;
    assert!(
        log.contains("INFO gtc_engine::probes::broker: probe `probed --version`: exit code 0"),
        "{log}"
    );
}

#[test]
fn a_tool_that_is_not_granted_does_not_run() {
    for denied in [&["a", "b"][..], &["-x"], &["a", "b", "c d", "e"], &[]] {
        let mut sandbox = with_prober(denied);
        sandbox.program("probed", "touch \"$HOME/ran\"");
        let ran = ran(&sandbox);
        assert!(ran.contains("Denied") && ran.contains("not declared by the pack"), "{ran}");
        assert!(!sandbox.home().join("ran").exists());
    }
    let mut sandbox = with_prober(&["x"]);
    sandbox.program("probed", "echo ran");
    let report = sandbox.env().tool_check().succeeded().result();
    assert!(
        text(&report["bindings"][0]["checks"][1]["outcome"]["detail"]).contains("Denied"),
        "{report}"
    );
}

#[test]
fn a_missing_or_broken_tool_is_reported() {
    let sandbox = with_prober(&["x"]);
    assert_eq!(ran(&sandbox), "Failure::NotFound");
    let mut sandbox = with_prober(&["x"]);
    sandbox.program("probed", "kill -9 $$");
    let killed = ran(&sandbox);
    assert!(killed.starts_with("Failure::Io") && killed.contains("signal: 9"), "{killed}");
}

#[test]
fn excessive_tool_output_is_truncated() {
    let mut sandbox = with_prober(&["x"]);
    sandbox.program("probed", "head -c 10000000 /dev/zero | tr '\\0' 'x'");
    assert_eq!(ran(&sandbox), "0 \"65536 bytes\" \"\" true");
}

#[test]
fn a_hanging_tool_is_killed_with_its_descendants() {
    let mut sandbox = with_prober(&["x"]);
    // the grandchild keeps the pipe open, and would outlive its parent
    sandbox.program("probed", "sleep 3333 & echo $! > \"$HOME/grandchild\"; sleep 3333");
    let start = Instant::now();
    assert_eq!(ran(&sandbox), "Failure::TimedOut");
    assert!(start.elapsed() >= Duration::from_secs(9), "{:?}", start.elapsed());
    assert!(!is_running(&sandbox));
    // descendants of a tool that exits are killed, and their output is not awaited
    sandbox.program("probed", "sleep 3333 & echo $! > \"$HOME/grandchild\"; echo done");
    assert!(ran(&sandbox).starts_with("0 \"done"));
    assert!(!is_running(&sandbox));
}

fn is_running(sandbox: &Sandbox) -> bool {
    let pid = sandbox.read_text("grandchild");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // a zombie does not run any more
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn a_preflight_sees_only_its_own_binding() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.built_pack(test_artifacts::witness(), "1.0.0", &[]);
    sandbox.write(".greentic/environments/local/one.json", "{\"n\": 1}");
    sandbox.write(".greentic/environments/local/all.json", "{\"want\": \"every outcome\"}");
    let add = sandbox.extensions().add().kind("test.extension.witness@1.0.0").pack_ref(pack);
    add.clone().succeeded();
    add.clone().instance_id("one").answers_ref("one.json").succeeded();
    let report = sandbox.env().tool_check().succeeded().result();
    let details = |at: usize| -> Vec<String> {
        let checks = report["extension_bindings"][at]["checks"].as_array().expect("a list");
        checks.iter().map(|check| text(&check["outcome"]["detail"]).to_owned()).collect()
    };
    assert_eq!(details(0), ["local", "(none)", "{}"]);
    assert_eq!(details(1), ["local", "one", "{\"n\": 1}"]);

    add.instance_id("all").answers_ref("all.json").succeeded();
    let report = sandbox.env().tool_check().exited(1).result();
    let checks = report["extension_bindings"][2]["checks"].as_array().expect("a list");
    let outcomes: Value = checks[3..].iter().map(|check| check["outcome"].clone()).collect();
    assert_json(
        &outcomes,
        str![[r#"
[{
  "status": "ok",
  "detail": null
}, {
  "status": "missing",
  "install_hint": "install it"
}, {
  "status": "version_mismatch",
  "found": "1.0.0",
  "required": ">=2",
  "install_hint": "upgrade"
}, {
  "status": "auth_failed",
  "detail": "no token",
  "recovery_hint": "log in"
}, {
  "status": "unreachable",
  "detail": "no answer",
  "recovery_hint": "log in"
}, {
  "status": "probe_error",
  "detail": "no idea"
}]
"#]],
    );
    assert_eq!((&report["total_checks"], &report["failed_checks"]), (&json!(15), &json!(5)));
    let verbose = sandbox.env().tool_check().arg("-v").human().exited(1);
    assert!(
        verbose
            .stderr
            .contains("INFO handler: `test.extension.witness` in `preflight`: looking around"),
        "{verbose:?}"
    );
}

#[test]
fn a_failed_preflight_is_reported_and_the_others_run() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.built_pack(test_artifacts::panics(), "0.1.0", &[]);
    let update = sandbox.env_packs().update("state").kind("test.state.panics@0.1.0");
    update.pack_ref(pack).succeeded();
    let report = sandbox.env().tool_check().exited(1).result();
    assert_eq!(report["bindings"].as_array().map(Vec::len), Some(5));
    let fault = &report["bindings"][4]["fault"];
    assert_eq!(fault["kind"], "trapped");
    assert!(
        text(&fault["message"]).contains("the reactor is"),
        "the panic message is reported: {fault}"
    );
    let human = sandbox.env().tool_check().human().exited(1);
    human.shows(&[r"the reactor is \u{1b}[31mhot\u{7}"]);
}
