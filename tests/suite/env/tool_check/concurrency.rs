//! Several preflights run at the same time, and can be interrupted.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use test_support::terminal::talk;
use test_support::{BACKSTOP, Output, Sandbox, assert_contains, run, text};

/// A sandbox with these instances of an extension, each of which runs the script `probed` with
/// its name.
fn with_instances(names: &[&str], script: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.env().create("local").succeeded();
    let allowed = ["--allow-tool", "probed *"];
    let pack = sandbox.built_pack(test_artifacts::waiter(), "1.0.0", &allowed);
    let add = sandbox.extensions().add().kind("test.extension.waiter@1.0.0").pack_ref(&pack);
    for name in names {
        add.clone().instance_id(name).grant_declared().succeeded();
    }
    sandbox.program("probed", script);
    sandbox
}

/// The names of 15 instances, in the order in which they are added.
const FIFTEEN: [&str; 15] =
    ["o", "n", "m", "l", "k", "j", "i", "h", "g", "f", "e", "d", "c", "b", "a"];

/// The results of the extensions in a report: the instance, and the detail of its check or the
/// kind of its fault.
fn results(report: &Value) -> Vec<(&str, &str)> {
    let extensions = report["extension_bindings"].as_array().expect("a list");
    let result = |extension| -> (&str, &str) {
        let extension: &Value = extension;
        let fault = extension["fault"]["kind"].as_str();
        let detail = || text(&extension["checks"][0]["outcome"]["detail"]);
        (text(&extension["instance_id"]), fault.unwrap_or_else(detail))
    };
    extensions.iter().map(result).collect()
}

#[test]
fn hanging_tools_take_one_timeout_together() {
    let timed = |names: &[&str]| {
        let sandbox = with_instances(names, "sleep 3333");
        let start = Instant::now();
        let report = sandbox.env().tool_check().limit("probe.tool-time=4s").succeeded().result();
        let elapsed = start.elapsed();
        let expected: Vec<_> = names.iter().map(|name| (*name, "Failure::TimedOut")).collect();
        assert_eq!(results(&report), expected);
        elapsed
    };
    let one = timed(&FIFTEEN[..1]);
    let fifteen = timed(&FIFTEEN);
    assert!(fifteen < one * 4, "one binding takes {one:?}, fifteen take {fifteen:?}");
}

/// Each program waits until all are running, so that none ends if they run one after the other.
/// They end in the opposite order of the bindings.
#[test]
fn report_is_in_the_order_of_the_bindings() {
    let sandbox = with_instances(
        &FIFTEEN,
        "cd \"$HOME\"; touch started-$1; \
        until [ $(ls started-* | wc -l) = 15 ]; do sleep 0.05; done; \
        case $1 in a) ;; *) next=$(printf $1 | tr b-o a-n); \
        until [ -e ended-$next ]; do sleep 0.05; done;; esac; touch ended-$1; echo $1",
    );
    let report = sandbox.env().tool_check().succeeded().result();
    let expected = FIFTEEN.map(|name| (name, format!("0 {name}")));
    let found = results(&report);
    assert_eq!(found, expected.each_ref().map(|(name, detail)| (*name, detail.as_str())));
    assert_eq!(report["interrupted"], false);
    assert_eq!(report["total_checks"], 15);
}

#[test]
fn limit_bounds_the_preflights_that_run_at_the_same_time() {
    let sandbox = with_instances(
        &FIFTEEN[..6],
        "cd \"$HOME\"; touch running-$1; ls running-* | wc -l; sleep 0.2; rm running-$1",
    );
    for most in [1, 3] {
        let limit = format!("tool-check.preflights-at-a-time={most}");
        let report = sandbox.env().tool_check().limit(limit).succeeded().result();
        let results = results(&report);
        let counts: Vec<i32> = results
            .iter()
            .map(|(_, detail)| detail[2..].trim().parse().expect("a number"))
            .collect();
        assert_eq!(counts.len(), 6);
        assert!(counts.iter().all(|count| *count <= most), "{counts:?}");
    }
}

#[test]
fn a_fault_of_one_handler_does_not_affect_the_others() {
    let sandbox = with_instances(&["a", "panics", "b"], "echo fine");
    let report = sandbox.env().tool_check().exited(1).result();
    assert_eq!(results(&report), [("a", "0 fine"), ("panics", "trapped"), ("b", "0 fine")]);
    let message = text(&report["extension_bindings"][1]["fault"]["message"]);
    assert!(message.contains("it was asked to panic"), "{message}");
    assert_eq!(report["failed_preflights"], 1);
}

/// The ids of the programs that `probed` has started, one for each file `pid-<instance>`.
fn wait_for_pids(sandbox: &Sandbox, instances: &[&str]) -> Vec<String> {
    let start = Instant::now();
    let mut pids = Vec::new();
    for instance in instances {
        let path = sandbox.home().join(format!("pid-{instance}"));
        loop {
            let pid = std::fs::read_to_string(&path).unwrap_or_default();
            if pid.ends_with('\n') {
                pids.push(pid.trim().to_owned());
                break;
            }
            assert!(start.elapsed() < BACKSTOP, "{instance} was not started");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    pids
}

fn wait_until_ended(pids: &[String]) {
    let start = Instant::now();
    let is_running = |pid: &String| {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // a zombie does not run any more
        !state.is_empty() && !state.contains(") Z ")
    };
    while pids.iter().any(is_running) {
        assert!(start.elapsed() < BACKSTOP, "the programs still run");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `quick` ends at once; the others never end.
const HANGS: &str =
    "case $1 in quick) echo done;; *) echo $$ > \"$HOME/pid-$1\"; sleep 3333;; esac";

/// Runs a tool check with at most `limit` preflights at a time, and sends it a signal once the
/// programs of these instances run. Returns its output and the ids of the programs.
fn interrupted(
    sandbox: &Sandbox,
    limit: usize,
    signal: &str,
    running: &[&str],
    format: &str,
) -> (Output, Vec<String>) {
    let limit = format!("tool-check.preflights-at-a-time={limit}");
    let check = sandbox.env().tool_check().limit(limit).args(["--format", format]).command();
    // a test that runs in the background of a shell ignores SIGINT, and so would the program
    let mut command = sandbox.command("env");
    command.arg("--default-signal=INT,TERM").arg(check.get_program()).args(check.get_args());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pids = wait_for_pids(sandbox, running);
    run(Command::new("kill").args([signal, &child.id().to_string()])).succeeded();
    let output = child.wait_with_output().expect("it ends");
    let code = output.status.code().unwrap_or_else(|| panic!("{signal} ended it: {output:?}"));
    let utf8 = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (Output { code, stdout: utf8(output.stdout), stderr: utf8(output.stderr) }, pids)
}

#[test]
fn an_interrupted_check_reports_what_it_has() {
    // three at a time: `d` starts when `quick` has ended; two at a time: `d` never starts
    let cases: [(usize, &str, &[&str]); 2] =
        [(3, "-INT", &["b", "c", "d"]), (2, "-TERM", &["b", "c"])];
    for (limit, signal, running) in cases {
        let sandbox = with_instances(&["b", "quick", "c", "d"], HANGS);
        let (output, pids) = interrupted(&sandbox, limit, signal, running, "json");
        let report = output.exited(2).result();
        let expected =
            [("b", "interrupted"), ("quick", "0 done"), ("c", "interrupted"), ("d", "interrupted")];
        assert_eq!(results(&report), expected, "{signal}");
        assert_eq!(report["interrupted"], true);
        assert_eq!((&report["total_checks"], &report["failed_preflights"]), (&1.into(), &3.into()));
        wait_until_ended(&pids);
    }
}

#[test]
fn an_interrupted_check_lists_what_was_not_checked() {
    let sandbox = with_instances(&["b", "quick", "c"], HANGS);
    let (output, pids) = interrupted(&sandbox, 2, "-INT", &["b", "c"], "human");
    output.exited(2).shows(&[
        "extension (b)",
        "✗ not checked: interrupted",
        "✓ ok: 0 done",
        "✗ not ready: 1 check, 0 failed, 2 handlers not checked",
    ]);
    wait_until_ended(&pids);
}

#[test]
fn an_ignored_signal_does_not_interrupt() {
    let sandbox = with_instances(
        &["a"],
        "echo $PPID > \"$HOME/pid\"; until [ -e \"$HOME/go\" ]; do sleep 0.05; done; echo fine",
    );
    let mut shell = sandbox.command("/bin/sh");
    let script = format!(
        "trap '' INT; {} op env tool-check local & child=$!; \
        until [ -e pid ]; do sleep 0.05; done; kill -INT $child; touch go; wait $child",
        test_support::gtc()
    );
    let report = run(shell.arg("-c").arg(script)).succeeded().result();
    assert_eq!(results(&report), [("a", "0 fine")]);
}

#[test]
fn progress_names_the_packs_and_is_erased() {
    let sandbox = with_instances(&["a", "b"], "sleep 1; echo fine");
    let mut command = sandbox.env().tool_check().command();
    let (code, screen) = talk(command.env("TERM", "xterm"), "");
    assert_eq!(code, 0, "{screen}");
    let erased = "\u{1b}[2K";
    let (progress, report) = screen.rsplit_once(erased).expect("an erased line");
    assert_contains(
        progress,
        &["checking test.extension.waiter@1.0.0 (a)", "checking test.extension.waiter@1.0.0 (b)"],
    );
    assert!(report.contains("✓ ready") && !report.contains("checking"), "{screen}");
}
