//! The form of scenarios, and the differences that `pack test` reports.

use serde_json::{Value, json};
use snapbox::str;

use super::{differences, run_scenario, with_asker, with_vault};
use test_support::snapshots::assert_json;
use test_support::{members, repository};

const NEW_ENOUGH: &str = "given:
  tools:
    vault version: { stdout: \"Vault v1.15.2\\n\" }
    vault token lookup: { stdout: id x }
expect:
  checks:
    vault: { status: ok, detail: 1.15.2 }
    vault-token: ok
";

#[test]
fn a_handler_runs_against_a_described_machine() {
    let (sandbox, pack) = with_vault();
    sandbox.write("packs/tests/new-enough.yaml", NEW_ENOUGH);
    sandbox.write(
        "packs/tests/too-old.yml",
        "about: an old one
given:
  tools:
    vault version: { stdout: Vault v1.9.0 }
    vault token lookup: { exit_code: 2, stderr: permission denied }
expect:
  checks:
    vault-token: auth-failed
    vault:
      status: version-mismatch
      found: 1.9.0
      required: { contains: 1.12 }
      install_hint: { contains: developer.hashicorp.com }
",
    );
    let missing = json!({
        "handler": "acme.secrets.vault",
        "given": {"tools": {"vault version": "missing"}},
        "expect": {
            "checks": {"vault": "missing", "vault-token": "missing"},
            "asked": ["vault version", "vault  'token' lookup"],
        },
    });
    sandbox.write("packs/tests/absent.json", missing.to_string());
    sandbox.write("packs/tests/notes.txt", "no scenario");
    for target in ["packs", pack.to_str().expect("a path")] {
        let report = sandbox.pack().test(target).succeeded().result();
        assert_eq!((&report["passed"], &report["failed"]), (&json!(3), &json!(0)), "{report}");
        assert_eq!(members(&report["scenarios"], "name"), ["absent", "new-enough", "too-old"]);
        assert_eq!(report["scenarios"][2]["about"], "an old one");
        assert_json(
            &report["scenarios"][2]["asked"],
            str![[r#"
[{
  "question": "vault version",
  "answer": "exit code 0"
}, {
  "question": "vault token lookup",
  "answer": "exit code 2"
}]
"#]],
        );
    }
    let human = sandbox.pack().test("packs").human().succeeded();
    assert_eq!(
        human.stdout,
        "pack `packs/vault_secrets.gtpack`\n\n✓ absent\n✓ new-enough\n✓ too-old: an old one\n\n✓ 3 scenarios: 0 failed\n"
    );
}

#[test]
fn the_scenarios_of_an_example_pass() {
    let sandbox = test_support::Sandbox::new();
    let folder = repository().join("examples/vault-secrets/tests");
    let files =
        ["absent", "ready", "token-expired"].map(|name| folder.join(name).with_extension("yaml"));
    let test = sandbox.pack().test(test_artifacts::vault()).arg("--scenario").args(files);
    assert_eq!(test.succeeded().result()["passed"], 3);
}

#[test]
fn the_real_machine_is_never_probed() {
    let (mut sandbox, _) = with_vault();
    sandbox.program("vault", "touch \"$HOME/it-ran\"; echo Vault v1.0.0");
    run_scenario(&sandbox, NEW_ENOUGH).succeeded();
    assert!(!sandbox.home().join("it-ran").exists());
}

#[test]
fn a_failing_scenario_shows_what_differs() {
    let (sandbox, _) = with_vault();
    let scenario = "given:
  tools:
    vault version: { stdout: Vault v1.9.0 }
    vault token lookup: missing
    vault status: missing
expect:
  checks:
    vault: ok
    vault-token: missing
    token: missing
";
    sandbox.write("packs/tests/only.yaml", scenario);
    let human = sandbox.pack().test("packs").human().exited(1).stdout;
    let hint = "install the Vault CLI: https://developer.hashicorp.com/vault/install";
    assert_eq!(
        human,
        format!(
            "pack `packs/vault_secrets.gtpack`

✗ only
    check `vault`
      - expected: ok
      + found: version-mismatch, found \"1.9.0\", required \">=1.12.0\", install_hint \"{hint}\"
    check `token`
      - expected: missing
      + found: no such check
    command `vault status`
      - expected: asked
      + found: never asked

✗ 1 scenario: 1 failed
"
        )
    );
}

#[test]
fn every_field_of_a_check_is_compared() {
    let (sandbox, _) = with_vault();
    let check = |expected: &str, difference: &str| {
        let given = "given: { tools: { vault version: { stdout: Vault v1.9.0 }, vault token lookup: missing } }\n";
        let ran = run_scenario(
            &sandbox,
            &format!("{given}expect: {{ checks: {{ vault-token: missing{expected} }} }}"),
        );
        let found = differences(ran);
        assert!(found.len() == 1 && found[0].contains(difference), "{expected}: {found:?}");
    };
    check("", "check `vault`: no such check / version-mismatch");
    check(", vault: missing", "check `vault`: missing / version-mismatch");
    check(
        ", vault: { status: version-mismatch, found: 1.9.1 }",
        "check `vault`, `found`: \"1.9.1\" / \"1.9.0\"",
    );
    check(
        ", vault: { status: version-mismatch, required: { contains: 1.13 } }",
        "something that contains \"1.13\" / \">=1.12.0\"",
    );
    check(", vault: { status: version-mismatch, detail: x }", "`detail`: \"x\" / no `detail`");
    check(
        ", Vault: version-mismatch, vault: version-mismatch",
        "check `Vault`: version-mismatch / no such check",
    );
}

#[test]
fn calls_that_are_not_given_fail_the_scenario() {
    let sandbox = with_asker(&["vault *"], &["vault.example:8200"]);
    let answers = "answers: [\"run|vault|version\", \"reach|vault.example|8200\"]";
    let checks =
        "checks: { 0 failed: { status: ok, detail: \"Failure::NotFound\" }, 1 reached: ok }";
    let unforeseen = differences(run_scenario(
        &sandbox,
        &format!("given: {{ {answers} }}\nexpect: {{ {checks} }}"),
    ));
    assert_eq!(
        unforeseen,
        [
            "command `vault version`: not asked, since `given` does not name it / asked, and answered: not found on PATH",
            "address `vault.example:8200`: not asked, since `given` does not name it / asked, and answered: no such host",
        ]
    );
    // a call without a given reply may be expected
    let asked = "asked: [vault version, \"vault.example:8200\"]";
    run_scenario(&sandbox, &format!("given: {{ {answers} }}\nexpect: {{ {checks}, {asked} }}"))
        .succeeded();
    let asked = "asked: [\"vault.example:8200\", vault version]";
    let order = differences(run_scenario(
        &sandbox,
        &format!("given: {{ {answers} }}\nexpect: {{ {checks}, {asked} }}"),
    ));
    assert_eq!(
        order,
        [
            "what is asked, in order: `vault.example:8200`, `vault version` / `vault version`, `vault.example:8200`"
        ]
    );
}

#[test]
fn a_scenario_cannot_hide_a_missing_permission() {
    let sandbox = with_asker(&["vault version"], &["vault.example:8200"]);
    let scenario = |reply: &str, checks: &str| {
        let answers = "answers: [\"run|vault|status\", \"reach|other.example|1\"]";
        let (tool, address) = reply.split_once('/').expect("two replies");
        format!(
            "given: {{ {answers}, tools: {{ vault status: {tool} }}, network: {{ \"other.example:1\": {address} }} }}\nexpect: {{ checks: {{ {checks} }} }}"
        )
    };
    let checks = "0 failed: { status: ok, detail: { contains: \"`vault status` is not declared by the pack\" } }, \
        1 reached: { status: ok, detail: { contains: \"`other.example:1` is not declared\" } }";
    let hidden = differences(run_scenario(&sandbox, &scenario("{ stdout: fine }/open", checks)));
    assert_eq!(
        hidden,
        [
            "command `vault status`: declared by the pack / not declared (in `CHECKS` or `gtc-pack.toml`), and so denied",
            "address `other.example:1`: declared by the pack / not declared (in `CHECKS` or `gtc-pack.toml`), and so denied",
        ]
    );
    // a scenario may expect that a call is denied
    run_scenario(&sandbox, &scenario("denied/denied", checks)).succeeded();
    let checks =
        "0 ended: ok, 0 stdout 0: { status: ok, detail: fine }, 0 stderr 0: ok, 1 reached: ok";
    assert!(
        differences(run_scenario(&sandbox, &scenario("{ stdout: fine }/open", checks))).len() > 2
    );
}

#[test]
fn a_bare_component_may_do_what_it_declares_itself() {
    let sandbox = test_support::Sandbox::new();
    let run = |component: std::path::PathBuf, scenario: &str| {
        let scenario = sandbox.write("only.yaml", scenario).display().to_string();
        sandbox.pack().test(&component).args(["--scenario", &scenario]).run()
    };
    run(test_artifacts::vault(), NEW_ENOUGH).succeeded();
    // this component declares no permissions
    let scenario = "given: { answers: [\"run|x|y\"], tools: { x y: {} } }\nexpect: { checks: { 0 failed: ok } }";
    let found = differences(run(test_artifacts::asker(), scenario));
    assert_eq!(
        found,
        [
            "command `x y`: declared by the pack / not declared (in `CHECKS` or `gtc-pack.toml`), and so denied"
        ]
    );
}

#[test]
fn every_answer_reaches_the_handler() {
    let sandbox = with_asker(&["x *"], &["h:1"]);
    let run = |reply: &str| {
        let given = format!("given: {{ answers: [\"run|x|y\"], tools: {{ x y: {reply} }} }}");
        let report = run_scenario(&sandbox, &format!("{given}\nexpect: {{ asked: [x y] }}"))
            .exited(1)
            .result();
        let checks = report["scenarios"][0]["checks"].as_array().expect("checks").clone();
        let details =
            checks.iter().map(|check| test_support::text(&check["outcome"]["detail"]).to_owned());
        details.collect::<Vec<_>>()
    };
    assert_eq!(run("missing"), ["Failure::NotFound"]);
    assert_eq!(run("timed-out"), ["Failure::TimedOut"]);
    assert!(run("denied")[0].contains("`x y` is declared by the pack, but not granted"));
    assert_eq!(run("{ denied: because }"), ["Failure::Denied(\"because\")"]);
    assert_eq!(run("{ failed: odd }"), ["Failure::Io(\"odd\")"]);
    assert_eq!(run("{}"), ["0 false", "", ""]);
    assert_eq!(
        run("{ exit_code: -3, stdout: a, stderr: b, truncated: true }"),
        ["-3 true", "a", "b"]
    );
    // credentials are redacted, and long output is truncated
    assert_eq!(run("{ stdout: \"token: abc\" }")[1], "token: [redacted]");
    let long = run(&format!("{{ stdout: \"{}\" }}", "é".repeat(40_000)));
    assert_eq!((&*long[0], long[1].len() + long[2].len()), ("0 true", 65_536));
    let reach = |reply: &str| {
        let given =
            format!("given: {{ answers: [\"reach|H|1\"], network: {{ \"h:1\": {reply} }} }}");
        let report = run_scenario(&sandbox, &format!("{given}\nexpect: {{ asked: [\"h:1\"] }}"))
            .exited(1)
            .result();
        test_support::text(&report["scenarios"][0]["checks"][0]["outcome"]["detail"]).to_owned()
    };
    assert_eq!(reach("open"), "Ok(())");
    assert_eq!(reach("refused"), "Err(Failure::Refused)");
    assert_eq!(reach("timed-out"), "Err(Failure::TimedOut)");
    assert_eq!(reach("not-found"), "Err(Failure::NotFound)");
    assert_eq!(reach("{ failed: odd }"), "Err(Failure::Io(\"odd\"))");
}

#[test]
fn replies_to_a_repeated_call_come_in_order() {
    let sandbox = with_asker(&["x *"], &[]);
    let scenario = |times: usize| {
        let questions = vec!["\"run|x|y\""; times].join(", ");
        let given =
            format!("given: {{ answers: [{questions}], tools: {{ x y: [missing, timed-out] }} }}");
        let last = (1..times)
            .map(|at| format!(", {at} failed: {{ status: ok, detail: \"Failure::TimedOut\" }}"));
        let checks = format!(
            "0 failed: {{ status: ok, detail: \"Failure::NotFound\" }}{}",
            last.collect::<String>()
        );
        format!("{given}\nexpect: {{ checks: {{ {checks} }} }}")
    };
    run_scenario(&sandbox, &scenario(2)).succeeded();
    run_scenario(&sandbox, &scenario(4)).succeeded();
    let once = differences(run_scenario(&sandbox, &scenario(1)));
    assert_eq!(once, ["command `x y`: asked 2 times, as it has so many answers / asked 1 times"]);
}

#[test]
fn the_binding_is_the_one_that_is_given() {
    let sandbox = test_support::Sandbox::new();
    sandbox.built_pack(test_artifacts::witness(), "1.0.0", &[]);
    let report = run_scenario(
        &sandbox,
        "given: { environment_id: staging, instance_id: eu-1, answers: { a: [1, 2.50, null] } }\nexpect: {}",
    );
    let checks = report.exited(1).result()["scenarios"][0]["checks"].to_string();
    for part in ["staging", "eu-1", "{\\\"a\\\":[1,2.5,null]}"] {
        assert!(checks.contains(part), "{part}: {checks}");
    }
}

#[test]
fn the_schema_is_published_as_it_is() {
    let path = repository().join("docs/scenario.schema.json");
    let schema = serde_json::to_string_pretty(&gtc_core::scenario::schema()).expect("JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &schema).expect("written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("a file"), schema, "set BLESS=1 to update it");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], json!(["expect"]));
}
