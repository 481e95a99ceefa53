//! Every document that the host reads takes time in proportion to its size: a document that is
//! four times as large takes about four times as long, even if it is hostile.
//!
//! CPU time is compared, of the best of several runs, so that other programs change little. The
//! sizes are large enough that the start of the program does not count, and far enough apart that
//! a busy machine, whose caches other programs use, is not taken for a slow algorithm.

mod distribution;
mod environments;
mod packs;
mod written_by_people;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value};

use test_support::footprint::show;
use test_support::memory::cpu_time;
use test_support::{Sandbox, repository};

/// The size of the larger document, divided by that of the smaller one.
const TIMES_AS_LARGE: usize = 4;
/// The largest ratio of the time of the larger document to that of the smaller one: 2.3 for each time
/// that the size doubles. A search of all members for each member makes it 16.
const MAX_GROWTH: f64 = 2.3 * 2.3;
/// Rounds until the best time of both sizes must be found on a busy machine.
const ROUNDS: usize = 16;

/// Compares the time of a command on a document of `size` elements with that on one of
/// [`TIMES_AS_LARGE`] as many. `prepare` writes the document, and returns the command, which ends
/// with `exit_code`.
#[track_caller]
fn check(what: &str, size: usize, exit_code: i32, prepare: impl Fn(&Sandbox, usize) -> Command) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (best, size) in best.iter_mut().zip([size, TIMES_AS_LARGE * size]) {
            let sandbox = Sandbox::new();
            let (code, time) = cpu_time(&mut prepare(&sandbox, size));
            assert_eq!(code, exit_code, "{what}");
            *best = time.min(*best);
        }
        if growth(&best) <= MAX_GROWTH {
            return show(&format!("{what}: {size} take {:?}, {:.2} times", best[0], growth(&best)));
        }
    }
    let growth = growth(&best);
    let [small, large] = best;
    panic!("{what}: {size} take {small:?}, {TIMES_AS_LARGE} times as many {large:?}: {growth:.2}");
}

fn growth([small, large]: &[Duration; 2]) -> f64 {
    large.as_secs_f64() / small.as_secs_f64()
}

/// Writes the document of the environment `local`, with these members in addition.
fn environment(sandbox: &Sandbox, members: impl IntoIterator<Item = (String, Value)>) {
    let fixture = repository().join("tests/fixtures/native/fresh/environment.json");
    let text = std::fs::read_to_string(fixture).expect("a fixture");
    let mut document: Map<String, Value> = serde_json::from_str(&text).expect("an object");
    document.extend(members);
    stored(sandbox, "environment.json", &document.into());
}

/// Writes a file of the environment `local`.
fn stored(sandbox: &Sandbox, name: &str, document: &Value) -> PathBuf {
    sandbox.write(sandbox.environment("local").join(name), document.to_string())
}
