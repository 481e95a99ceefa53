//! The sandbox through the library: what handlers can use, and what they cannot. Hostile
//! handlers are in `hostile`.

use std::time::{Duration, Instant};

use env_pack_domain::{HandlerFault, Sha256Digest, ToolCheck};
use gtc_engine::{Engine, EngineLimits, EngineSettings, Provenance, Worker};

use test_support::engines::{context, engine, load, settings};
use test_support::wat::Handler;
use test_support::{BACKSTOP, assert_contains};

/// Returns an engine without a cache of compiled code.
fn without_store(worker: Worker) -> Engine {
    Engine::new(EngineSettings { worker, compiled: None, ..settings(EngineLimits::default()) })
}

fn quick() -> EngineLimits {
    EngineLimits { preflight_time: Duration::from_millis(300), ..EngineLimits::default() }
}

fn preflight(component: &[u8], limits: EngineLimits) -> Result<Vec<ToolCheck>, HandlerFault> {
    let engine = engine(limits);
    let handler = load(&engine, component).handler;
    let start = Instant::now();
    let first = handler.preflight(&context());
    assert!(start.elapsed() < BACKSTOP, "{:?}", start.elapsed());
    // each call has a fresh store, so one does not affect the next
    assert_eq!(handler.preflight(&context()).is_ok(), first.is_ok());
    first.map(|preflight| preflight.checks)
}

fn guest(path: std::path::PathBuf) -> Vec<u8> {
    std::fs::read(path).expect("a guest")
}

#[test]
fn a_preflight_without_needs_reports_no_checks() {
    let component = Handler::new("state", "test.state.valid", "^1").component();
    assert_eq!(preflight(&component, EngineLimits::default()), Ok(Vec::new()));
}

#[test]
fn metadata_calls_cannot_use_probe_imports() {
    let mut handler = Handler::new("state", "test.state.nosy", "^1");
    handler.imports =
        "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env_id (param i32)))"
            .to_owned();
    handler.slot_body = Some("(call $env_id (i32.const 600)) (i32.const 4)".to_owned());
    let component = handler.component();
    let error = engine(quick())
        .load(&component, &Sha256Digest::compute(&component), Provenance::External)
        .expect_err("refused");
    assert_eq!(error.kind(), "forbidden-import");
    assert_eq!(
        error.to_string(),
        "handler called `binding.env-id` in `slot`, where it is not allowed"
    );
    // a preflight may use it
    handler.slot_body = None;
    handler.preflight_body = Some("(call $env_id (i32.const 600)) (i32.const 512)".to_owned());
    assert_eq!(preflight(&handler.component(), quick()), Ok(Vec::new()));
}

#[test]
fn a_panic_reaches_the_host_as_its_message() {
    let fault =
        preflight(&guest(test_artifacts::panics()), quick()).expect_err("a fault").to_string();
    assert_contains(&fault, &["panics.rs", r"the reactor is \u{1b}[31mhot\u{7}"]);
    let fault =
        preflight(&guest(test_artifacts::std_panics()), quick()).expect_err("a fault").to_string();
    assert!(fault.contains("index out of bounds"), "{fault}");
}

#[test]
fn sleeping_does_not_outlast_the_deadline() {
    let fault = preflight(&guest(test_artifacts::sleeper()), quick()).expect_err("a fault");
    assert_eq!(fault.kind(), "out-of-time", "{fault}");
}

#[test]
fn a_guest_without_the_standard_library_imports_no_wasi() {
    let engine = engine(EngineLimits::default());
    for path in [test_artifacts::vault(), test_artifacts::panics(), test_artifacts::witness()] {
        let imports = load(&engine, &guest(path)).imports;
        assert!(
            imports.iter().all(|import| import.as_exact().starts_with("greentic:env-pack/")),
            "{imports:?}"
        );
    }
}

#[test]
fn a_newer_patch_version_of_the_interface_is_accepted() {
    let mut handler = Handler::new("state", "test.state.later", "^1");
    handler.imports =
        "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env_id (param i32)))"
            .to_owned();
    handler.preflight_body = Some("(call $env_id (i32.const 600)) (i32.const 512)".to_owned());
    assert_eq!(preflight(&handler.component_of("0.1.7"), quick()), Ok(Vec::new()));
    let other = handler.component_of("0.2.0");
    let error = engine(quick())
        .load(&other, &Sha256Digest::compute(&other), Provenance::External)
        .expect_err("refused");
    assert_eq!(error.kind(), "unsupported-wit-version");
}

/// The first growth exceeds the reserved addresses, and the second the room that was reserved
/// with the first. Each time, the memory moves.
#[test]
fn a_raised_memory_limit_exceeds_the_reservation() {
    let mut handler = Handler::new("state", "test.state.large", "^1");
    let grow = "(if (i32.eq (memory.grow (i32.const 4800)) (i32.const -1)) (then unreachable))";
    handler.preflight_body = Some(format!(
        "(i32.store (i32.const 70000) (i32.const 512)) {grow} {grow}
        (i32.store (i32.const 600000000) (i32.const 1)) (i32.load (i32.const 70000))"
    ));
    let component = handler.component();
    let digest = Sha256Digest::compute(&component);
    let limits = EngineLimits { memory_bytes: 640 << 20, ..EngineLimits::default() };
    let engine = engine(limits);
    for load in [Engine::load, Engine::load_isolated] {
        let loaded = load(&engine, &component, &digest, Provenance::External).expect("it loads");
        assert_eq!(loaded.handler.preflight(&context()).expect("an answer").checks, []);
    }
}

#[test]
fn external_components_are_not_compiled_without_a_worker() {
    let component = Handler::new("state", "test.state.external", "^1").component();
    let digest = Sha256Digest::compute(&component);
    // this program does not call `run_if_worker`: started again, it would run these tests
    for worker in [Worker::None, Worker::ThisProgram] {
        let engine = without_store(worker);
        let error = engine.load(&component, &digest, Provenance::External).expect_err("refused");
        assert_eq!(error.kind(), "no-worker", "{error}");
        engine
            .load(&component, &digest, Provenance::Builtin)
            .expect("a built-in is compiled in process");
        assert_eq!(engine.examine_worker().expect_err("there is none").kind(), "no-worker");
    }
    let nowhere = without_store(Worker::Program("/nowhere/gtc".into()));
    assert_eq!(
        nowhere.load(&component, &digest, Provenance::External).expect_err("refused").kind(),
        "worker-failed"
    );
    let other = without_store(Worker::Program("/bin/true".into()));
    assert_eq!(
        other.load(&component, &digest, Provenance::External).expect_err("refused").kind(),
        "unusable-code"
    );
}
