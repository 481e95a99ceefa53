//! Measures the cost of compiling a handler in a worker process instead of in the host:
//! `cargo bench --bench worker`.
//!
//! Alternates between both in one run, for a handler without and one with the standard
//! library.
#![expect(clippy::disallowed_methods, reason = "it reads a guest")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use env_pack_domain::Sha256Digest;
use gtc_engine::{
    AcceptedVersions, Engine, EngineLimits, EngineSettings, Provenance, ToolEnvironment, Worker,
};

/// Measurements of each: enough for a stable median.
const TURNS: usize = 41;

fn engine(worker: Worker) -> Engine {
    Engine::new(EngineSettings {
        limits: EngineLimits::default(),
        accepted_versions: AcceptedVersions::Released,
        // no cache, so that every load compiles
        compiled: None,
        worker,
        tools: ToolEnvironment::default(),
        offline: false,
        log: Box::new(|_| {}),
        on_compile: Box::new(|_| Box::new(())),
    })
}

fn load(engine: &Engine, component: &[u8]) -> Result<Duration> {
    let digest = Sha256Digest::compute(component);
    let start = Instant::now();
    engine.load(component, &digest, Provenance::External)?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> Result<()> {
    let host_engine = engine(Worker::InProcess);
    let worker_engine = engine(Worker::Program(env!("CARGO_BIN_EXE_gtc").into()));
    for path in [test_artifacts::vault(), test_artifacts::std_witness()] {
        let component = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let mut in_process = Vec::new();
        let mut in_worker = Vec::new();
        for _ in 0..TURNS {
            in_process.push(load(&host_engine, &component)?);
            in_worker.push(load(&worker_engine, &component)?);
        }
        let in_process = median(in_process).as_secs_f64();
        let in_worker = median(in_worker).as_secs_f64();
        println!(
            "{} ({} KB): in process {:.1} ms, in a worker {:.1} ms, {:+.1} ms, ratio {:.2}",
            path.file_name().unwrap_or_default().to_string_lossy(),
            component.len() / 1000,
            in_process * 1e3,
            in_worker * 1e3,
            (in_worker - in_process) * 1e3,
            in_worker / in_process,
        );
    }
    Ok(())
}
