//! `gtc pack test --record`: records a machine as a scenario, and replays it.

use std::net::TcpListener;

use serde_json::json;

use super::{with_asker, with_vault};
use test_support::{Output, Sandbox, assert_contains, terminal};

fn record(sandbox: &Sandbox, name: &str, flags: &[&str]) -> Output {
    sandbox.pack().test("packs").args(["--record", name]).args(flags).run()
}

fn scenario(sandbox: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(sandbox.home().join("packs/tests").join(name)).expect("a scenario")
}

#[test]
fn a_machine_is_recorded_and_played_back_without_it() {
    let (mut sandbox, _) = with_vault();
    let version = "echo 'Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z'";
    sandbox.program(
        "vault",
        &format!("[ \"$1\" = version ] && {version} || {{ echo no token >&2; exit 2; }}"),
    );
    let report = sandbox.pack().test("packs").args(["--yes", "--record"]).succeeded().result();
    assert_eq!(report["recorded"], "packs/tests/recorded.yaml");
    assert_eq!(
        report["asked"],
        json!([
            {"question": "vault version", "answer": "exit code 0"},
            {"question": "vault token lookup", "answer": "exit code 2"},
        ])
    );
    assert_eq!(
        scenario(&sandbox, "recorded.yaml"),
        "# recorded by `gtc pack test --record`; change it as you like
handler: acme.secrets.vault
given:
  environment_id: local
  tools:
    vault version:
      stdout: \"Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z\\n\"
    vault token lookup:
      exit_code: 2
      stderr: \"no token\\n\"
expect:
  checks:
    vault:
      status: ok
      detail: \"1.15.2\"
    vault-token:
      status: probe-error
      detail: \"it ended with exit code 2: no token\"
"
    );
    std::fs::remove_file(sandbox.home().join("bin/vault")).expect("removed");
    sandbox.pack().test("packs").succeeded();
    // a machine without it makes another scenario, which replaces the first only with `--replace`
    let there = record(&sandbox, "recorded", &["--yes"]).refused(1, "conflict");
    assert!(there.contains("already exists") && there.contains("--replace"), "{there}");
    record(&sandbox, "recorded", &["--yes", "--replace"]).succeeded();
    let text = scenario(&sandbox, "recorded.yaml");
    assert_contains(&text, &["    vault version: missing\n", "status: missing\n"]);
    sandbox.pack().test("packs").succeeded();
}

#[test]
fn nothing_runs_before_the_user_confirms() {
    let (mut sandbox, _) = with_vault();
    sandbox.program("vault", "touch \"$HOME/it-ran\"; echo Vault v1.15.2");
    let has_run = |sandbox: &Sandbox| sandbox.home().join("it-ran").exists();
    let refused = record(&sandbox, "a", &[]).refused(1, "unauthorized");
    assert_contains(&refused, &["requires permission to run `vault version`", "--yes"]);
    let mut command = sandbox.pack().test("packs").args(["--record", "a"]).command();
    let (code, screen) = terminal::talk(&mut command, "n\n");
    assert!(
        code == 1
            && screen.contains("recording runs the handler on this machine")
            && screen.contains("`vault version`"),
        "{screen}"
    );
    assert!(!has_run(&sandbox) && !sandbox.home().join("packs/tests").exists());
    let (code, screen) = terminal::talk(&mut command, "y\n");
    assert!(code == 0 && screen.contains("recorded packs/tests/a.yaml"), "{screen}");
    assert!(has_run(&sandbox));
}

#[test]
fn a_handler_without_permissions_needs_no_confirmation() {
    let sandbox = Sandbox::new();
    sandbox.valid_pack("state", "acme.state.a", "^1");
    record(&sandbox, "idle", &[]).succeeded();
    assert!(scenario(&sandbox, "idle.yaml").ends_with("expect:\n  checks: {}\n"));
    sandbox.pack().test("packs").succeeded();
}

#[test]
fn answers_come_from_a_scenario_and_secrets_stay_out() {
    let open = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = open.local_addr().expect("its address").port();
    let mut sandbox = with_asker(&["probed *"], &[&format!("127.0.0.1:{port}"), "127.0.0.1:1"]);
    sandbox.program(
        "probed",
        "echo \"first $1\"; echo; echo '  token: abcdef'; printf 'no end' >&2; exit 3",
    );
    let questions = json!([
        "run|probed|a b",
        "run|absent|x",
        "run|probed|--flag",
        &format!("reach|127.0.0.1|{port}"),
        "reach|127.0.0.1|1"
    ]);
    let like = format!("given: {{ instance_id: eu, answers: {questions} }}\nexpect: {{}}");
    let like = sandbox.write("like.yaml", like).display().to_string();
    record(&sandbox, "all", &["--yes", "--scenario", &like]).succeeded();
    let text = scenario(&sandbox, "all.yaml");
    let block = "    \"probed 'a b'\":
      exit_code: 3
      stdout: |
        first a b

          token: [redacted]
      stderr: no end
    absent x: denied
    probed --flag: denied
";
    assert!(text.contains(block) && !text.contains("abcdef"), "{text}");
    let network =
        format!("  network:\n    \"127.0.0.1:{port}\": open\n    \"127.0.0.1:1\": refused\n");
    assert!(text.contains(&network) && text.contains("  instance_id: eu\n"), "{text}");
    drop(open);
    std::fs::remove_file(sandbox.home().join("bin/probed")).expect("removed");
    sandbox.pack().test("packs").succeeded();
}

#[test]
fn changing_output_is_recorded_in_order() {
    let mut sandbox = with_asker(&["probed *"], &[]);
    sandbox.program("probed", "echo x >> \"$HOME/times\"; wc -l < \"$HOME/times\"");
    let like =
        "given: { answers: [\"run|probed|y\", \"run|probed|y\", \"run|probed|y\"] }\nexpect: {}";
    let like = sandbox.write("like.yaml", like).display().to_string();
    record(&sandbox, "count", &["--yes", "--scenario", &like]).succeeded();
    let text = scenario(&sandbox, "count.yaml");
    let list = "    probed y:\n      -\n        stdout: \"1\\n\"\n      -\n        stdout: \"2\\n\"\n      -\n";
    assert!(text.contains(list), "{text}");
    sandbox.pack().test("packs").succeeded();
}

#[test]
fn control_characters_are_recorded_and_replayed_exactly() {
    let mut sandbox = with_asker(&["probed *"], &[]);
    let odd = "printf '\\033[2J\\001\\t\\342\\200\\256 \\363\\240\\201\\201 \\\\ \" # : |\\r\\n\\n\\177'; printf ' a\\n b\\n \\n' >&2";
    sandbox.program("probed", odd);
    let long = format!("run|absent|{}", "long ".repeat(300));
    let questions = json!([
        "run|probed|y",
        long,
        "run|pro\"bed\n|'x' \u{1b}é🦀",
        "run||",
        "reach|no such\u{7}|0"
    ]);
    let like = json!({"given": {"answers": questions}, "expect": {}}).to_string();
    let like = sandbox.write("like.json", like).display().to_string();
    record(&sandbox, "odd", &["--yes", "--scenario", &like]).succeeded();
    let text = scenario(&sandbox, "odd.yaml");
    assert!(
        text.chars().all(|c| c == '\n' || env_pack_domain::ForeignText::is_plain(&c.to_string())),
        "{text}"
    );
    sandbox.pack().test("packs").succeeded();
}

#[test]
fn a_fault_is_recorded_too() {
    let sandbox = Sandbox::new();
    sandbox.built_pack(test_artifacts::panics(), "0.1.0", &[]);
    record(&sandbox, "panics", &[]).succeeded();
    assert!(scenario(&sandbox, "panics.yaml").ends_with("expect:\n  fault: trapped\n"));
    sandbox.pack().test("packs").succeeded();
}
