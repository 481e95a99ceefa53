//! A process that is killed while it changes an environment has made the change as a whole, or
//! not at all, and repeating the request makes it once.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{is_made, request};
use test_support::footprint::show;
use test_support::verbs::Gtc;
use test_support::{Sandbox, run_unchecked, text};

/// Changes that are interrupted at the same time, each in an environment of its own.
const ENVIRONMENTS: usize = 4;

/// The numbers of changes that were made, and not made, when their process was killed.
#[derive(Debug, Default)]
struct Tally {
    made: usize,
    not_made: usize,
}

/// Starts a request and kills it after a random time, then repeats it until it is answered.
fn kill_one(sandbox: &Sandbox, request: &Gtc<'_>, number: usize, longest: Duration) -> bool {
    let mut command = request.command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    thread::sleep(longest.mul_f64(fastrand::f64()));
    child.kill().expect("killed");
    child.wait().expect("it ends");
    let key = format!("key-{number}");
    let known = sandbox.request().show(&key).run();
    let was_made = is_made(sandbox, number);
    assert_eq!(known.code, if was_made { 0 } else { 1 }, "{number}: {known:?}");
    let answer = request.clone().succeeded().stdout;
    let journal = sandbox.environment("local").join(".change.json");
    assert!(!journal.exists(), "{number}: other tools do not see the whole change");
    assert!(is_made(sandbox, number), "{number}");
    assert_eq!(request.clone().succeeded().stdout, answer, "{number}");
    was_made
}

/// Kills changes of one environment, and checks its audit log at the end.
fn kill_changes(kills: usize) -> Tally {
    let sandbox = Sandbox::with_local();
    let key = sandbox.key("key.pem");
    // the last of the requests leaves the environment as the first one finds it
    let start = Instant::now();
    for number in 0..4 {
        request(&sandbox, &key.public, &key.id, number).succeeded();
    }
    let longest = start.elapsed() / 4;
    let mut tally = Tally::default();
    for number in 4..kills + 4 {
        let request = request(&sandbox, &key.public, &key.id, number);
        if kill_one(&sandbox, &request, number, longest) {
            tally.made += 1;
        } else {
            tally.not_made += 1;
        }
    }
    let verdict = sandbox.audit().verify().succeeded().result();
    assert_eq!(verdict["faults"], json!([]));
    assert_each_made_once(&sandbox.audit_events("local"), kills + 4);
    let requests = sandbox.environment("local").join("requests.jsonl");
    let requests = std::fs::read_to_string(requests).expect("a file");
    for number in 0..kills + 4 {
        let key = format!("\"key\":\"key-{number}\"");
        assert_eq!(requests.matches(&key).count(), 1, "{key}");
    }
    tally
}

/// Asserts that the audit log has one successful event for each key.
fn assert_each_made_once(events: &[Value], requests: usize) {
    let keys = events.iter().filter(|event| event["result"]["outcome"] == "ok");
    let keys = keys.filter_map(|event| event["idempotency_key"].as_str());
    let expected = (0..requests).map(|number| format!("key-{number}"));
    assert_eq!(keys.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let numbers = events.iter().map(|event| event["seq"].as_u64().expect("a number"));
    assert!(numbers.eq(1..=events.len() as u64));
    assert!(events.iter().all(|event| !text(&event["ts"]).is_empty()));
}

fn kill_in_all_environments(kills: usize) {
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let run = || scope.spawn(move || kill_changes(kills / ENVIRONMENTS));
        let running: Vec<_> = std::iter::repeat_with(run).take(ENVIRONMENTS).collect();
        running.into_iter().map(|running| running.join().expect("no fault")).collect()
    });
    let made: usize = tallies.iter().map(|tally| tally.made).sum();
    let not_made: usize = tallies.iter().map(|tally| tally.not_made).sum();
    show(&format!("{kills} kills: {made} changes were made, {not_made} were not"));
    assert_eq!(made + not_made, kills / ENVIRONMENTS * ENVIRONMENTS);
}

#[test]
fn a_killed_change_is_whole_and_is_repeated_once() {
    kill_in_all_environments(300);
}

#[test]
#[ignore = "long: a few minutes; GTC_KILLS=100000 for an hour or two"]
fn many_killed_changes_are_whole() {
    let kills = std::env::var("GTC_KILLS").map(|number| number.parse().expect("a number"));
    kill_in_all_environments(kills.unwrap_or(1_000));
}

/// System calls that change files, and errors that each may have.
const CALLS: [(&str, &[&str]); 8] = [
    ("fsync", &["EIO", "ENOSPC"]),
    ("renameat", &["EIO", "ENOSPC"]),
    ("linkat", &["EIO", "ENOSPC"]),
    ("openat", &["EIO", "ENOSPC", "EMFILE"]),
    ("write", &["EIO", "ENOSPC"]),
    ("ftruncate", &["EIO"]),
    ("unlink", &["EIO"]),
    ("flock", &["EIO"]),
];

#[test]
#[ignore = "needs strace; half a minute"]
fn every_system_call_of_a_change_may_fail() {
    let sandbox = Sandbox::with_local();
    let mut number = 1;
    let mut faults = 0;
    for (call, errors) in CALLS {
        for error in errors {
            for at in 1.. {
                // every second number writes answers
                number += 2;
                let request = request(&sandbox, "", "", number);
                if !make_with_fault(&sandbox, &request, number, (call, error, at)) {
                    break;
                }
                faults += 1;
            }
        }
    }
    assert!(faults > 80, "{faults}");
    let verdict = sandbox.audit().verify().succeeded().result();
    assert_eq!(verdict["faults"], json!([]));
    show(&format!("{faults} calls failed"));
}

/// Makes a request whose call number `at` fails, and repeats it. Returns whether there was such a
/// call.
fn make_with_fault(
    sandbox: &Sandbox,
    request: &Gtc<'_>,
    number: usize,
    (call, error, at): (&str, &str, usize),
) -> bool {
    let trace = sandbox.home().join("trace");
    let command = request.command();
    let mut traced = sandbox.command("strace");
    traced.arg("-f").arg("-o").arg(&trace).args(["-e", &format!("trace={call}")]);
    traced.args(["-e", &format!("inject={call}:error={error}:when={at}")]);
    traced.arg(command.get_program()).args(command.get_args());
    let output = run_unchecked(&mut traced);
    let was_made = is_made(sandbox, number);
    let shown = format!("{call} {error} {at}: {output:?}");
    let is_known = sandbox.request().show(format!("key-{number}")).run().code == 0;
    assert_eq!(is_known, was_made, "{shown}");
    // an error is `unclear` or `unfinished` if the change was made, or says that it was
    let says_made = ["unclear", "unfinished", "was carried out"];
    let says_made = output.code == 0 || says_made.iter().any(|it| output.stderr.contains(it));
    assert_eq!(says_made, was_made, "{shown}");
    request.clone().succeeded();
    assert!(is_made(sandbox, number), "{shown}");
    std::fs::read_to_string(trace).expect("a trace").contains("(INJECTED)")
}
