//! Hostile handlers. Whatever they do, the host reports it within the deadline, and leaks
//! nothing.
//!
//! The corpus runs in a separate process, whose memory, threads, children and files are
//! compared before and after. Each handler runs twice, so that small leaks show.

mod entry_points;
mod interfaces;
mod nondeterministic;
mod resource_exhaustion;
mod return_values;
mod scarcity;
mod small_limits;
mod small_stacks;
mod wasi;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use env_pack_domain::Sha256Digest;
use gtc_engine::{
    Engine, EngineLimits, EngineSettings, LoadError, LoadedComponent, LogLine, Provenance,
};

use test_support::engines::{context, settings};
use test_support::footprint::{Footprint, alone, alone_on_small_stacks, show};
use test_support::wat::Handler;
use test_support::{BACKSTOP, repository};

/// The time limit of guests that misbehave, some of which never end. A call before theirs must
/// end within it too, also on a busy machine.
const TIME: Duration = Duration::from_millis(400);
/// The most memory of a host that runs no guest itself, including components and their
/// messages.
const GUESTLESS_KIB: u64 = 160 << 10;
/// The most that the memory of the host may grow.
const GROWTH_KIB: u64 = 16 << 10;

/// A component, and its expected outcome.
pub struct Case {
    name: String,
    component: Vec<u8>,
    /// The kind of the fault, or `healthy`.
    kind: &'static str,
    /// A part of the message.
    says: String,
}

impl Case {
    fn new(
        name: impl Into<String>,
        component: Vec<u8>,
        kind: &'static str,
        says: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), component, kind, says: says.into() }
    }
}

/// A harmless handler, to start from.
fn handler() -> Handler {
    Handler::new("state", "test.state.hostile", "^1")
}

/// A handler that misbehaves in its preflight, with further fields in its module.
fn preflight(body: &str, fields: &str) -> Handler {
    Handler { preflight_body: Some(body.to_owned()), fields: fields.to_owned(), ..handler() }
}

fn corpus() -> Vec<Case> {
    let themes = [
        entry_points::cases(),
        resource_exhaustion::cases(),
        return_values::cases(),
        wasi::cases(),
        interfaces::cases(),
        interfaces::no_components(),
    ];
    themes.into_iter().flatten().collect()
}

/// An engine with short time limits, and the number of bytes that guests logged.
fn engine(cache: &Path) -> (Engine, Arc<AtomicUsize>) {
    let limits =
        EngineLimits { metadata_time: TIME, preflight_time: TIME, ..EngineLimits::default() };
    let logged = Arc::new(AtomicUsize::new(0));
    (engine_with(limits, cache, &logged), logged)
}

fn engine_with(limits: EngineLimits, cache: &Path, logged: &Arc<AtomicUsize>) -> Engine {
    let counted = Arc::clone(logged);
    let log = Box::new(move |line: &LogLine| {
        counted.fetch_add(line.message.as_exact().len(), Ordering::Relaxed);
    });
    Engine::new(EngineSettings { log, compiled: Some(cache.to_owned()), ..settings(limits) })
}

/// The engines of the corpus: one with short time limits for guests that misbehave, and one
/// with limits that a busy machine does not reach.
struct Engines {
    quick: Engine,
    patient: Engine,
    /// The bytes that guests logged.
    logged: Arc<AtomicUsize>,
}

impl Engines {
    fn new(cache: &Path) -> Self {
        let (quick, logged) = engine(cache);
        let limits = EngineLimits {
            metadata_time: BACKSTOP,
            preflight_time: BACKSTOP,
            ..EngineLimits::default()
        };
        Self { quick, patient: engine_with(limits, cache, &logged), logged }
    }

    fn for_case(&self, case: &Case) -> &Engine {
        if case.kind == "healthy" { &self.patient } else { &self.quick }
    }
}

/// The process in which handlers run: [`Engine::load`] or [`Engine::load_isolated`].
type Load = fn(&Engine, &[u8], &Sha256Digest, Provenance) -> Result<LoadedComponent, LoadError>;

/// Returns the kind and the message of the fault of a component.
fn outcome(engine: &Engine, load: Load, component: &[u8]) -> (&'static str, String) {
    match load(engine, component, &Sha256Digest::compute(component), Provenance::External) {
        Ok(loaded) => match loaded.handler.preflight(&context()) {
            Ok(_) => ("healthy", String::new()),
            Err(fault) => (fault.kind(), fault.to_string()),
        },
        Err(error) => (error.kind(), error.to_string()),
    }
}

/// Runs all cases. Returns a line for each unexpected outcome.
fn run_all(engines: &Engines, load: Load, cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let Case { name, component, kind, says } = case;
        let before = engines.logged.load(Ordering::Relaxed);
        let (found, said) = outcome(engines.for_case(case), load, component);
        let said_much = engines.logged.load(Ordering::Relaxed) - before;
        if found != *kind || !said.contains(says.as_str()) {
            wrong.push(format!("{name}: {kind} `{says}` was expected, not {found} `{said}`"));
        }
        // 64 KiB for loading and 64 KiB for the preflight
        if said_much > 128 << 10 {
            wrong.push(format!("{name}: {said_much} bytes of log"));
        }
    }
    wrong
}

fn suite_cache() -> PathBuf {
    repository().join("target/tmp/suite-cache/compiled")
}

#[test]
fn hostile_handlers_do_not_harm_the_host() {
    alone("hostile::the_corpus_in_process");
}

#[test]
fn hostile_handlers_do_not_harm_the_host_on_small_stacks() {
    alone_on_small_stacks("hostile::the_corpus_in_process");
}

#[test]
#[ignore = "part of `hostile_handlers_do_not_harm_the_host` and `hostile_handlers_do_not_harm_the_host_on_small_stacks`, which run it in a process of its own"]
fn the_corpus_in_process() {
    let here = std::env::current_dir().expect("a folder");
    let cases = corpus();
    assert!(cases.len() >= 60, "{}", cases.len());
    let engines = Engines::new(&suite_cache());
    let harmless = wasi::prints().component();
    // the ticker of an engine starts with its first handler
    outcome(&engines.quick, Engine::load, &harmless);
    assert_eq!(outcome(&engines.patient, Engine::load, &harmless).0, "healthy");
    let before = Footprint::of_this_process(&here);

    let mut wrong = run_all(&engines, Engine::load, &cases);
    let once = Footprint::of_this_process(&here);
    wrong.extend(run_all(&engines, Engine::load, &cases));
    let twice = Footprint::of_this_process(&here);

    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let limits = EngineLimits::default();
    let figures = format!("{} cases\nbefore {before}\nonce {once}\ntwice {twice}", cases.len());
    show(&figures);
    assert!(once.resident_kib <= before.resident_kib + GROWTH_KIB, "{figures}");
    assert!(twice.resident_kib <= once.resident_kib + GROWTH_KIB / 4, "{figures}");
    assert!(
        twice.peak_kib <= before.peak_kib + limits.memory_bytes / 1024 + GROWTH_KIB,
        "{figures}"
    );
    assert_eq!((once.threads, once.descriptors), (before.threads, before.descriptors), "{figures}");
    assert_eq!(
        (twice.threads, twice.descriptors),
        (before.threads, before.descriptors),
        "{figures}"
    );
    assert!(twice.children.is_empty(), "{figures}");
    assert_eq!(twice.files, before.files, "{figures}");
}

#[test]
fn workers_report_the_same_faults() {
    alone("hostile::the_corpus_in_workers");
}

#[test]
#[ignore = "part of `workers_report_the_same_faults`, which runs it in a process of its own"]
fn the_corpus_in_workers() {
    let here = std::env::current_dir().expect("a folder");
    let cases = corpus();
    let engines = Engines::new(&suite_cache());
    // compiles components that are not in the cache yet
    let mut wrong = run_all(&engines, Engine::load_isolated, &cases);
    let before = Footprint::of_this_process(&here);
    wrong.extend(run_all(&engines, Engine::load_isolated, &cases));
    let after = Footprint::of_this_process(&here);

    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let figures = format!("{} cases\nbefore {before}\nafter {after}", cases.len());
    show(&figures);
    // only messages of guests reach this process
    assert!(after.peak_kib <= GUESTLESS_KIB, "{figures}");
    assert!(after.resident_kib <= before.resident_kib + GROWTH_KIB / 4, "{figures}");
    assert_eq!(
        (after.threads, after.descriptors),
        (before.threads, before.descriptors),
        "{figures}"
    );
    assert!(after.children.is_empty(), "{figures}");
    assert_eq!(after.files, before.files, "{figures}");
}
