//! Measures the preflight of a handler while eight hostile handlers run on other threads
//! of the same engine, as a multiple of its time alone, both in one run.
//!
//! `cargo bench -p gtc --bench latency [CALLS]`
#![expect(clippy::disallowed_methods, reason = "it starts threads")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, EnvPackHandler, Sha256Digest};
use gtc_engine::{Engine, EngineLimits, EngineSettings, Provenance};
use test_support::engines::{context, settings};
use test_support::wat::Handler;

/// The pause between two calls of the measured handler: none, or long enough for a CPU to
/// enter an idle state.
const PAUSES: [(&str, Duration); 2] =
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
        .load(&component, &Sha256Digest::compute(&component), Provenance::External)
        .expect("a handler")
        .handler
}

/// Returns the times of this many preflights, shortest first.
fn measure(
    handler: &dyn EnvPackHandler,
    binding: &BindingContext,
    pause: Duration,
    calls: usize,
) -> Vec<Duration> {
    let call = |_| {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        handler.preflight(binding).expect("an answer");
        start.elapsed()
    };
    let mut times: Vec<_> = (0..calls).map(call).collect();
    times.sort_unstable();
    times
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    let calls = std::env::args().nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(2000);
    // short, so that the hostile handlers are restarted often
    let limits = EngineLimits { preflight_time: Duration::from_secs(5), ..EngineLimits::default() };
    let engine = Engine::new(EngineSettings { compiled: None, ..settings(limits) });
    let binding = context();
    let measured = load(&engine, None, "");
    let hostile = HOSTILE.map(|(body, fields)| load(&engine, Some(body), fields));
    let series = || PAUSES.map(|(_, pause)| measure(measured.as_ref(), &binding, pause, calls));
    series();
    let alone = series();
    let done = AtomicBool::new(false);
    let contended = thread::scope(|scope| {
        for handler in hostile.iter().chain(&hostile) {
            let binding = &binding;
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    // ends at its deadline or with a trap
                    let _ = handler.preflight(binding);
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        let contended = series();
        done.store(true, Ordering::Relaxed);
        contended
    });
    for ((pause, _), (alone, contended)) in PAUSES.iter().zip(alone.iter().zip(&contended)) {
        for (name, permille) in [("p50", 500), ("p90", 900), ("p99", 990), ("max", 1000)] {
            let at = |times: &[Duration]| times[(times.len() - 1) * permille / 1000];
            let ratio = at(contended).as_secs_f64() / at(alone).as_secs_f64();
            println!(
                "{pause}, {name}: {:?} alone, {:?} with eight hostile handlers, ratio {ratio:.1}",
                at(alone),
                at(contended)
            );
        }
    }
}
