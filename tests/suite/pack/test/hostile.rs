//! Hostile scenario files and components.

use super::{differences, run_scenario, with_asker};
use test_support::Sandbox;
use test_support::memory::watched;
use test_support::wat::Handler;

/// A sandbox with a pack of a handler with this preflight, in WebAssembly text.
fn with_preflight(body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let handler = Handler {
        preflight_body: Some(body.to_owned()),
        ..Handler::new("state", "acme.state.bad", "^1")
    };
    sandbox.written_pack("state", "acme.state.bad", "^1", handler.component());
    sandbox
}

#[test]
fn an_invalid_scenario_is_reported_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.valid_pack("state", "acme.state.a", "^1");
    let check = |scenario: &str, says: &str| {
        let message = run_scenario(&sandbox, scenario).refused(2, "invalid-scenario");
        assert!(message.contains("`packs/tests/only.yaml` is not a scenario: "), "{message}");
        assert!(message.contains(says), "{scenario:?} says\n{message}");
    };
    check("", "unexpected end of file");
    check("given: {}", "missing field `expect`");
    check("expect: {}\nexpects: {}", "unknown field `expects`");
    check("given:\n  tool: {}\nexpect: {}", "line 2");
    check("given:\n  tools:\n    x: { stdot: y }\nexpect: {}", "unknown field `stdot`");
    check("given:\n  tools:\n    x: { stdot: y }\nexpect: {}", "line 3");
    check(
        "given:\n  tools:\n    x: gone\nexpect: {}",
        "unknown variant `gone`, expected one of missing, timed-out, denied at line 3",
    );
    check("given:\n  tools:\n    x: 5\nexpect: {}", "line 3");
    check("given:\n  tools:\n    x: []\nexpect: {}", "an empty list");
    check("given:\n  tools:\n    \"a 'b\": missing\nexpect: {}", "`a 'b` is not a command");
    check("given:\n  tools:\n    \" \": missing\nexpect: {}", "an empty text");
    check(
        "given:\n  tools:\n    a b: missing\n    a  b: missing\nexpect: {}",
        "duplicate key `a  b`",
    );
    check(
        "given:\n  tools:\n    a: { denied: x, stdout: y }\nexpect: {}",
        "is `denied` or `failed` has no output",
    );
    check("given:\n  network:\n    host: open\nexpect: {}", "expected `<host>:<port>`");
    check("given:\n  network:\n    h:1: {}\nexpect: {}", "expected either `denied` or `failed`");
    check("given:\n  environment_id: ../x\nexpect: {}", "line 2");
    check("expect:\n  checks: { a: { detail: x } }", "missing field `status`");
    check(
        "expect:\n  checks: { a: { status: ok, detail: { contain: x } } }",
        "unknown field `contain`",
    );
    check(
        "expect:\n  checks: { a: { status: ok, detail: 1.50 } }",
        "quoted, if it looks like a number",
    );
    check("expect:\n  fault: trapped\n  checks: { a: ok }", "has no checks");
    check(
        "expect:\n  fault: traped",
        "`traped` is not a kind of fault, expected one of trapped, exited, out-of-time",
    );
    check("expect:\n  fault: traped", "at line 2");
    check("expect: {}\n---\nexpect: {}", "document");
    check("expect: \u{1b}[31m", "is not a scenario");
    let json =
        sandbox.write("packs/twice.json", r#"{"expect": {"checks": {"a": "ok", "a": "missing"}}}"#);
    let twice =
        sandbox.pack().test("packs").args(["--scenario", json.to_str().expect("a path")]).run();
    assert!(twice.refused(2, "invalid-scenario").contains("duplicate key `a` at line 1"));
}

#[test]
fn scenario_bombs_are_cheap_to_refuse() {
    let sandbox = Sandbox::new();
    sandbox.valid_pack("state", "acme.state.a", "^1");
    let laughs = (0..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
        let next = at + 1;
        format!("{text}a{next}: &a{next} [{}]\n", vec![format!("*a{at}"); 9].join(", "))
    });
    let bombs = [
        format!(
            "given:\n  answers:\n{}expect: {{}}\n",
            laughs.lines().map(|line| format!("    {line}\n")).collect::<String>()
        ),
        format!(
            "given: {{ answers: {}{} }}\nexpect: {{}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
        format!(
            "given: {{ answers: {}{} }}\nexpect: {{}}",
            "{a: ".repeat(50_000),
            "}".repeat(50_000)
        ),
        format!(
            "given: {{ tools: {{ {} }} }}\nexpect: {{}}",
            (0..200_000).map(|at| format!("c{at}: missing, ")).collect::<String>()
        ),
        format!("expect: {{}} # {}", "x".repeat(5 << 20)),
        format!("? {}\n: x\nexpect: {{}}", "- ".repeat(100_000)),
    ];
    sandbox.write(
        "packs/tests/deep.json",
        format!("{{\"given\": {{\"answers\": {}", "[".repeat(1_000_000)),
    );
    sandbox.pack().test("packs").exited(2);
    std::fs::remove_file(sandbox.home().join("packs/tests/deep.json")).expect("removed");
    for bomb in bombs {
        sandbox.write("packs/tests/only.yaml", &bomb);
        let (ran, peak) = watched(&mut sandbox.pack().test("packs").command());
        let shown: String = bomb.chars().take(60).collect();
        assert!(matches!(ran.code, 1 | 2) && ran.stderr.len() < 10_000, "{shown}: {ran:?}");
        assert!(peak < 512 << 10, "{shown}: {peak} KiB");
    }
}

#[test]
fn scenario_paths_that_are_not_files_do_not_block() {
    let sandbox = Sandbox::new();
    sandbox.valid_pack("state", "acme.state.a", "^1");
    let fifo = sandbox.home().join("fifo.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("it starts").success());
    for odd in [fifo.to_str().expect("a path"), "/dev/zero", "/"] {
        sandbox.pack().test("packs").args(["--scenario", odd]).exited(2);
    }
}

#[test]
fn a_handler_that_misbehaves_fails_its_scenario_and_may_be_expected_to() {
    let cases = [
        ("unreachable", "trapped", "trapped"),
        ("(loop $l (br $l)) unreachable", "out-of-time", "ran out of time"),
    ];
    for (body, kind, says) in cases {
        let sandbox = with_preflight(body);
        let run = |scenario: &str| {
            sandbox.write("packs/tests/only.yaml", scenario);
            sandbox.pack().test("packs").limit("handler.preflight-time=300ms").run()
        };
        let found = differences(run("given: { tools: { x: missing } }\nexpect: {}"));
        assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
        assert!(
            found[0].starts_with(&format!("the preflight: its checks / fault {kind}: ")),
            "{found:?}"
        );
        run(&format!("expect: {{ fault: {kind} }}")).succeeded();
        assert_eq!(differences(run("expect: { fault: exited }")).len(), 1);
    }
    let sandbox = with_preflight("(i32.const 512)");
    let found = differences(run_scenario(&sandbox, "expect: { fault: trapped }"));
    assert_eq!(found, ["the preflight: fault trapped / an answer of 0 checks"]);
}

#[test]
fn all_scenarios_together_have_a_time_limit() {
    let sandbox = with_preflight("(loop $l (br $l)) unreachable");
    for at in 0..6 {
        sandbox.write(format!("packs/tests/{at}.yaml"), "expect: {}");
    }
    let limits =
        ["--limit", "scenario.preflight-time=200ms", "--limit", "scenario.total-time=500ms"];
    let report = sandbox.pack().test("packs").args(limits).exited(1).result();
    let scenarios = report["scenarios"].as_array().expect("a list");
    let fault = |at: usize| {
        (&scenarios[at]["fault"]["kind"], scenarios[at]["differences"][0]["found"].to_string())
    };
    assert_eq!((scenarios.len(), fault(0).0), (6, &"out-of-time".into()), "{report}");
    assert!(fault(0).1.contains("0.2 s"), "{report}");
    assert_eq!(fault(5).0, "not-run");
    assert!(fault(5).1.contains("used up the total time for scenarios"), "{report}");
    // a scenario cannot expect that it is not run
    sandbox.write("packs/tests/5.yaml", "expect: { fault: not-run }");
    let report = sandbox.pack().test("packs").args(limits).exited(1).result();
    assert_eq!(report["failed"], 6);
}

#[test]
fn a_handler_that_floods_is_held_to_its_limits() {
    let sandbox = with_asker(&["x *"], &[]);
    let scenario = |times: usize, ran: usize| {
        let given = format!("given: {{ answers: [\"many|{times}|x|y\"], tools: {{ x y: {{}} }} }}");
        let detail = format!("{{ contains: \"{ran} ran, {} failed\" }}", times - ran);
        format!("{given}\nexpect: {{ checks: {{ 0 many: {{ status: ok, detail: {detail} }} }} }}")
    };
    run_scenario(&sandbox, &scenario(40, 32)).succeeded();
    // calls of megabytes are recorded up to the size of a permission
    let large = format!("run|x|{}", "y".repeat(1 << 20));
    let given = serde_json::json!({"given": {"answers": vec![large; 3]}, "expect": {}}).to_string();
    let file = sandbox.write("large.json", given).display().to_string();
    let test = sandbox.pack().test("packs").args(["--scenario", &file]);
    let (ran, peak) = watched(&mut test.command());
    let report = ran.exited(1);
    assert!(
        report.stdout.len() < 100_000 && peak < 512 << 10,
        "{} bytes, {peak} KiB",
        report.stdout.len()
    );
}
