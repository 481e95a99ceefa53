//! Handlers that do their worst. Whatever they do, the host gives one answer in time that
//! says what it was, and is as it was before.
//!
//! The corpus runs in a process of its own, where nothing else counts: memory, threads,
//! children and files are looked at before and after. Each handler comes twice, so that
//! what leaks a little shows.

mod answers;
mod crowds;
mod fickle;
mod interfaces;
mod outside;
mod places;
mod small_stacks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;
use gtc::engine::{Engine, Limits, LoadError, Loaded, LogLine, Settings, Trust};

use crate::support::engines::{context, settings};
use crate::support::footprint::{Footprint, alone, alone_on_small_stacks, show};
use crate::support::repository;
use crate::support::wat::Handler;

/// What guests have for loading, and for a preflight: enough on a busy machine, and soon
/// over.
const TIME: Duration = Duration::from_millis(150);
/// How much later than its deadline an answer may come on a machine that runs other tests
/// too.
const LATE: Duration = Duration::from_secs(2);
/// What a host takes at most that runs no guest itself, the components and what they say
/// among it.
const GUESTLESS_KIB: u64 = 160 << 10;
/// How much the memory of the host may grow.
const GROWTH_KIB: u64 = 16 << 10;

/// A component, and what must become of it.
pub struct Case {
    name: String,
    component: Vec<u8>,
    /// The kind of the fault; `healthy` where the answer is good.
    kind: &'static str,
    /// What the fault says.
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

/// An honest handler, to begin with.
fn handler() -> Handler {
    Handler::new("state", "test.state.hostile", "^1")
}

/// A handler that misbehaves in its preflight, with these fields beside it.
fn preflight(body: &str, fields: &str) -> Handler {
    Handler { preflight_body: Some(body.to_owned()), fields: fields.to_owned(), ..handler() }
}

fn corpus() -> Vec<Case> {
    let themes = [
        places::cases(),
        crowds::cases(),
        answers::cases(),
        outside::cases(),
        interfaces::cases(),
        interfaces::no_components(),
    ];
    themes.into_iter().flatten().collect()
}

/// An engine with little patience, and the number of bytes that guests logged.
fn engine(cache: &Path) -> (Engine, Arc<AtomicUsize>) {
    let limits = Limits { metadata_time: TIME, preflight_time: TIME, ..Limits::default() };
    let logged = Arc::new(AtomicUsize::new(0));
    (engine_with(limits, cache, &logged), logged)
}

fn engine_with(limits: Limits, cache: &Path, logged: &Arc<AtomicUsize>) -> Engine {
    let counted = Arc::clone(logged);
    let log = Box::new(move |line: &LogLine| {
        counted.fetch_add(line.message.as_exact().len(), Ordering::Relaxed);
    });
    Engine::new(Settings { log, compiled: Some(cache.to_owned()), ..settings(limits) })
}

/// The engines of the corpus: one with little patience, and one as it is by default for
/// what answers in its time. Filling a lot of memory takes a busy machine longer than the
/// first one waits.
struct Engines {
    quick: Engine,
    patient: Engine,
    /// The number of bytes that guests logged.
    logged: Arc<AtomicUsize>,
}

impl Engines {
    fn new(cache: &Path) -> Self {
        let (quick, logged) = engine(cache);
        Self { quick, patient: engine_with(Limits::default(), cache, &logged), logged }
    }

    fn for_case(&self, case: &Case) -> &Engine {
        if case.kind == "healthy" { &self.patient } else { &self.quick }
    }
}

/// In which process handlers run: [`Engine::load`], [`Engine::load_apart`].
type Load = fn(&Engine, &[u8], &Sha256Digest, Trust) -> Result<Loaded, LoadError>;

/// What becomes of a component: the kind of its fault and what it says.
fn outcome(engine: &Engine, load: Load, component: &[u8]) -> (&'static str, String) {
    match load(engine, component, &Sha256Digest::compute(component), Trust::Foreign) {
        Ok(loaded) => match loaded.handler.preflight(&context()) {
            Ok(_) => ("healthy", String::new()),
            Err(fault) => (fault.kind(), fault.to_string()),
        },
        Err(error) => (error.kind(), error.to_string()),
    }
}

/// Runs all cases; what is wrong with any of them, a line each.
fn run_all(engines: &Engines, load: Load, cases: &[Case], deadline: Duration) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let Case { name, component, kind, says } = case;
        let (start, before) = (Instant::now(), engines.logged.load(Ordering::Relaxed));
        let (found, said) = outcome(engines.for_case(case), load, component);
        let took = start.elapsed();
        let said_much = engines.logged.load(Ordering::Relaxed) - before;
        if found != *kind || !said.contains(says.as_str()) {
            wrong.push(format!("{name}: {kind} `{says}` was expected, not {found} `{said}`"));
        }
        if took > deadline {
            wrong.push(format!("{name}: it took {took:?}"));
        }
        // loading and preflight, with 64 KiB each
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
fn nothing_they_do_harms_the_host() {
    alone("hostile::the_corpus_alone");
}

#[test]
fn nor_on_small_stacks() {
    alone_on_small_stacks("hostile::the_corpus_alone");
}

#[test]
#[ignore = "part of `nothing_they_do_harms_the_host` and `nor_on_small_stacks`, which run it in a process of its own"]
fn the_corpus_alone() {
    let here = std::env::current_dir().expect("a folder");
    let cases = corpus();
    assert!(cases.len() >= 60, "{}", cases.len());
    let engines = Engines::new(&suite_cache());
    let honest = outside::prints().component();
    // the clock of each begins to tick with its first handler
    for engine in [&engines.quick, &engines.patient] {
        assert_eq!(outcome(engine, Engine::load, &honest).0, "healthy");
    }
    let before = Footprint::of_this_process(&here);

    // compiling has budgets of its own, which are not this deadline
    let mut wrong = run_all(&engines, Engine::load, &cases, Duration::MAX);
    let once = Footprint::of_this_process(&here);
    wrong.extend(run_all(&engines, Engine::load, &cases, TIME * 2 + LATE));
    let twice = Footprint::of_this_process(&here);

    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let limits = Limits::default();
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
fn in_workers_they_come_to_the_same() {
    alone("hostile::the_corpus_in_workers_alone");
}

#[test]
#[ignore = "part of `in_workers_they_come_to_the_same`, which runs it in a process of its own"]
fn the_corpus_in_workers_alone() {
    let here = std::env::current_dir().expect("a folder");
    let cases = corpus();
    let engines = Engines::new(&suite_cache());
    // what nobody compiled yet is compiled here
    let mut wrong = run_all(&engines, Engine::load_apart, &cases, Duration::MAX);
    let before = Footprint::of_this_process(&here);
    wrong.extend(run_all(&engines, Engine::load_apart, &cases, TIME * 2 + LATE));
    let after = Footprint::of_this_process(&here);

    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let figures = format!("{} cases\nbefore {before}\nafter {after}", cases.len());
    show(&figures);
    // nothing of a guest is ever here, but what it says
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
