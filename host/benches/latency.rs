//! How long a good handler's preflight takes while eight hostile ones run on other
//! threads of the same engine, as a multiple of how long it takes alone, both measured in
//! one run.
//!
//! `cargo bench -p gtc --bench latency`; a first argument is the number of calls.
#![expect(clippy::disallowed_methods, reason = "it reads what the system counts")]

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../../tests/suite/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, EnvPackHandler, Sha256Digest};
use gtc::engine::{Engine, Limits, Settings, Trust};

use support::engines::{context, settings};
use support::wat::Handler;

/// What lies between two calls of the good handler: nothing, or as much as lets a
/// processor fall asleep.
const RESTS: [(&str, Duration); 2] =
    [("back to back", Duration::ZERO), ("2 ms apart", Duration::from_millis(2))];
const HOSTILE: [(&str, &str); 4] = [
    ("(loop (br 0)) (i32.const 0)", ""),
    ("(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (loop (br 0)) (i32.const 0)", ""),
    (
        "(loop (drop (call $deep (i32.const 5000))) (br 0)) (i32.const 0)",
        "(func $deep (param i32) (result i32) (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))",
    ),
    ("(loop (call $log (i32.const 4) (i32.const 0) (i32.const 1024)) (br 0)) (i32.const 0)", ""),
];

fn load(engine: &Engine, body: Option<&str>, fields: &str) -> Box<dyn EnvPackHandler> {
    let mut handler = Handler::new("state", "bench.state.latency", "^1");
    handler.preflight_body = body.map(str::to_owned);
    fields.clone_into(&mut handler.fields);
    handler.imports =
        "(import \"greentic:env-pack/log@0.1.0\" \"log\" (func $log (param i32 i32 i32)))"
            .to_owned();
    let component = handler.component();
    engine
        .load(&component, &Sha256Digest::compute(&component), Trust::Foreign)
        .expect("a handler")
        .handler
}

/// The times of so many preflights, the shortest first.
fn measure(
    handler: &dyn EnvPackHandler,
    binding: &BindingContext,
    rest: Duration,
    calls: usize,
) -> Vec<Duration> {
    let call = |_| {
        if !rest.is_zero() {
            thread::sleep(rest);
        }
        let start = Instant::now();
        handler.preflight(binding).expect("an answer");
        start.elapsed()
    };
    let mut times: Vec<_> = (0..calls).map(call).collect();
    times.sort_unstable();
    times
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn main() {
    let calls = std::env::args().nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(2000);
    // so that the hostile ones end soon and come again
    let limits = Limits { preflight_time: Duration::from_secs(5), ..Limits::default() };
    let engine = Engine::new(Settings { compiled: None, ..settings(limits) });
    let binding = context();
    let good = load(&engine, None, "");
    let hostile = HOSTILE.map(|(body, fields)| load(&engine, Some(body), fields));
    let series = || RESTS.map(|(_, rest)| measure(good.as_ref(), &binding, rest, calls));
    series();
    let alone = series();
    let done = AtomicBool::new(false);
    let crowded = thread::scope(|scope| {
        for handler in hostile.iter().chain(&hostile) {
            let (binding, done) = (&binding, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    // it ends at its deadline, or in a trap
                    let _ = handler.preflight(binding);
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        let crowded = series();
        done.store(true, Ordering::Relaxed);
        crowded
    });
    for ((rest, _), (alone, crowded)) in RESTS.iter().zip(alone.iter().zip(&crowded)) {
        for (name, permille) in [("p50", 500), ("p90", 900), ("p99", 990), ("max", 1000)] {
            let at = |times: &[Duration]| times[(times.len() - 1) * permille / 1000];
            let ratio = at(crowded).as_secs_f64() / at(alone).as_secs_f64();
            println!(
                "{rest}, {name}: {:?} alone, {:?} beside eight hostile ones: {ratio:.1} times",
                at(alone),
                at(crowded)
            );
        }
    }
}
