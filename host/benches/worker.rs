//! What it costs to compile a handler in a worker process instead of in the host: `cargo
//! bench --bench worker`.
//!
//! Both in the same run, turn by turn, on ordinary handlers: without and with the
//! standard library.
#![expect(clippy::disallowed_methods, reason = "it reads a guest")]
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;
use gtc::engine::{Engine, Limits, Settings, ToolEnvironment, Trust, Worker};

/// How often each is measured: enough for a median that stays the same from run to run.
const TURNS: usize = 41;

fn engine(worker: Worker) -> Engine {
    Engine::new(Settings {
        limits: Limits::default(),
        // nowhere, so that every load compiles
        compiled: None,
        worker,
        tools: ToolEnvironment::default(),
        offline: false,
        log: Box::new(|_| {}),
        compiling: Box::new(|_| Box::new(())),
    })
}

fn load(engine: &Engine, component: &[u8]) -> Duration {
    let digest = Sha256Digest::compute(component);
    let start = Instant::now();
    engine.load(component, &digest, Trust::Foreign).expect("it loads");
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let inside = engine(Worker::InProcess);
    let outside = engine(Worker::Program(env!("CARGO_BIN_EXE_gtc").into()));
    for path in [test_artifacts::vault(), test_artifacts::std_witness()] {
        let component = std::fs::read(&path).expect("a guest");
        let (mut in_process, mut in_worker) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            in_process.push(load(&inside, &component));
            in_worker.push(load(&outside, &component));
        }
        let (in_process, in_worker) = (median(in_process), median(in_worker));
        println!(
            "{} ({} KB): in process {:.1} ms, in a worker {:.1} ms, {:+.1} ms, ratio {:.2}",
            path.file_name().unwrap_or_default().to_string_lossy(),
            component.len() / 1000,
            in_process.as_secs_f64() * 1e3,
            in_worker.as_secs_f64() * 1e3,
            (in_worker.as_secs_f64() - in_process.as_secs_f64()) * 1e3,
            in_worker.as_secs_f64() / in_process.as_secs_f64(),
        );
    }
}
