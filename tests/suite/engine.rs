//! The sandbox through the library: what handlers find in it, and what they may not do.
//! Those that do their worst are in `hostile`.

use std::time::{Duration, Instant};

use env_pack_domain::{HandlerFault, Sha256Digest, ToolCheck};
use gtc::engine::{Engine, Limits, Settings, Trust, Worker};

use crate::support::engines::{context, engine, load, settings};
use crate::support::wat::Handler;

/// An engine that keeps no code, with this worker.
fn without_store(worker: Worker) -> Engine {
    Engine::new(Settings { worker, compiled: None, ..settings(Limits::default()) })
}

fn quick() -> Limits {
    Limits { preflight_time: Duration::from_millis(300), ..Limits::default() }
}

fn preflight(component: &[u8], limits: Limits) -> Result<Vec<ToolCheck>, HandlerFault> {
    let engine = engine(limits);
    let handler = load(&engine, component).handler;
    let start = Instant::now();
    let first = handler.preflight(&context());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // a store of its own for each call: what happened in one changes nothing for the next
    assert_eq!(handler.preflight(&context()).is_ok(), first.is_ok());
    first.map(|preflight| preflight.checks)
}

fn guest(path: std::path::PathBuf) -> Vec<u8> {
    std::fs::read(path).expect("a guest")
}

#[test]
fn an_honest_preflight_checks_nothing() {
    let component = Handler::new("state", "test.state.honest", "^1").component();
    assert_eq!(preflight(&component, Limits::default()), Ok(Vec::new()));
}

#[test]
fn imports_that_a_call_may_not_use_end_it() {
    let mut handler = Handler::new("state", "test.state.nosy", "^1");
    handler.imports =
        "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env_id (param i32)))"
            .to_owned();
    handler.slot_body = Some("(call $env_id (i32.const 600)) (i32.const 4)".to_owned());
    let component = handler.component();
    let error = engine(quick())
        .load(&component, &Sha256Digest::compute(&component), Trust::Foreign)
        .expect_err("refused");
    assert_eq!(error.kind(), "forbidden-import");
    assert_eq!(
        error.to_string(),
        "handler called `binding.env-id` in `slot`, where it is not allowed"
    );
    // where it may, it works
    handler.slot_body = None;
    handler.preflight_body = Some("(call $env_id (i32.const 600)) (i32.const 512)".to_owned());
    assert_eq!(preflight(&handler.component(), quick()), Ok(Vec::new()));
}

#[test]
fn a_panic_reaches_the_host_as_its_message() {
    let fault =
        preflight(&guest(test_artifacts::panics()), quick()).expect_err("a fault").to_string();
    assert!(
        fault.contains("panics.rs") && fault.contains(r"the reactor is \u{1b}[31mhot\u{7}"),
        "{fault}"
    );
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
    let engine = engine(Limits::default());
    for path in [test_artifacts::vault(), test_artifacts::panics(), test_artifacts::witness()] {
        let imports = load(&engine, &guest(path)).imports;
        assert!(
            imports.iter().all(|import| import.as_exact().starts_with("greentic:env-pack/")),
            "{imports:?}"
        );
    }
}

#[test]
fn a_later_patch_of_the_interface_is_the_same_lane() {
    let mut handler = Handler::new("state", "test.state.later", "^1");
    handler.imports =
        "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env_id (param i32)))"
            .to_owned();
    handler.preflight_body = Some("(call $env_id (i32.const 600)) (i32.const 512)".to_owned());
    assert_eq!(preflight(&handler.component_of("0.1.7"), quick()), Ok(Vec::new()));
    let other = handler.component_of("0.2.0");
    let error = engine(quick())
        .load(&other, &Sha256Digest::compute(&other), Trust::Foreign)
        .expect_err("refused");
    assert_eq!(error.kind(), "unsupported-wit-version");
}

#[test]
fn without_a_worker_nothing_foreign_is_compiled() {
    let component = Handler::new("state", "test.state.foreign", "^1").component();
    let digest = Sha256Digest::compute(&component);
    // this program has no hook: started again, it would run these tests again
    for worker in [Worker::None, Worker::ThisProgram] {
        let engine = without_store(worker);
        let error = engine.load(&component, &digest, Trust::Foreign).expect_err("refused");
        assert_eq!(error.kind(), "no-worker", "{error}");
        engine
            .load(&component, &digest, Trust::Builtin)
            .expect("what is vouched for is compiled here");
        assert_eq!(engine.examine_worker().expect_err("there is none").kind(), "no-worker");
    }
    let nowhere = without_store(Worker::Program("/nowhere/gtc".into()));
    assert_eq!(
        nowhere.load(&component, &digest, Trust::Foreign).expect_err("refused").kind(),
        "worker-failed"
    );
    let other = without_store(Worker::Program("/bin/true".into()));
    assert_eq!(
        other.load(&component, &digest, Trust::Foreign).expect_err("refused").kind(),
        "unusable-code"
    );
}
