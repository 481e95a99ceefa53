//! Handlers that are composed of components. wasmtime generates adapters between their
//! memories, which need the multi-memory proposal; guests may not use it.

pub mod compose;

use std::time::Duration;

use env_pack_domain::{CapabilitySlot, Sha256Digest};
use gtc_engine::{
    Engine, EngineLimits, EngineSettings, LoadError, LoadedComponent, Provenance, Worker,
};

use test_support::engines::{context, settings};
use test_support::wat::Handler;
use test_support::{BACKSTOP, Sandbox};

use compose::{compose, import_texts, texts};

const PATH: &str = "test.state.composed";
const TEXTS: &str = "test:parts/texts";

/// A handler that imports a part for texts, lists and numbers.
fn handler() -> Handler {
    import_texts(Handler::new("state", PATH, "^1"), TEXTS, "")
}

/// A composed handler whose metadata come from its part: the path is a text that the part
/// returns, and the slot, number 4, is right only if the part adds correctly.
fn composed_metadata() -> Vec<u8> {
    let mut handler = handler();
    handler.fields = r#"(data (i32.const 640) "\01\00\00\00\28\00\00\00\01\00\00\00")"#.to_owned();
    handler.slot_body = Some(
        "(if (i32.ne (call $sum (i32.const 640) (i32.const 3)) (i32.const 42))
            (then unreachable))
        (call $next (i32.const 3))"
            .to_owned(),
    );
    handler.path_body = Some(format!(
        "(call $echo (i32.const 4096) (i32.const {}) (i32.const 600)) (i32.const 600)",
        PATH.len()
    ));
    compose(&handler, &[texts(TEXTS, "")])
}

/// A handler with one part, and a memory for each of both, whose preflight has this body.
fn with_preflight(memory: &str, body: &str) -> Vec<u8> {
    let mut handler = handler();
    handler.memory = memory.to_owned();
    handler.realloc_body = Some("(i32.const 65536)".to_owned());
    handler.preflight_body = Some(body.to_owned());
    compose(&handler, &[texts(TEXTS, "")])
}

/// A handler with this many parts, each of which has a memory.
fn with_parts(count: usize) -> Vec<u8> {
    let interfaces: Vec<String> = (0..count).map(|at| format!("{TEXTS}{at}")).collect();
    let handler = interfaces
        .iter()
        .zip(0..)
        .fold(Handler::new("state", PATH, "^1"), |handler, (interface, at)| {
            import_texts(handler, interface, &format!("part{at}-"))
        });
    let parts: Vec<_> = interfaces.iter().map(|interface| texts(interface, "")).collect();
    compose(&handler, &parts)
}

/// A handler on which the compiler panics: the adapters that wasmtime generates for it are one
/// module with 102 memories, and a module may have 100.
pub fn panics_the_compiler() -> Vec<u8> {
    with_parts(101)
}

fn engine(limits: EngineLimits, worker: Option<Worker>) -> Engine {
    let settings = settings(limits);
    let worker = worker.unwrap_or_else(|| settings.worker.clone());
    Engine::new(EngineSettings { compiled: None, worker, ..settings })
}

type Load = fn(&Engine, &[u8], &Sha256Digest, Provenance) -> Result<LoadedComponent, LoadError>;

/// Loads a component in this process, and in a worker.
const LOADS: [Load; 2] = [Engine::load, Engine::load_isolated];

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

/// Limits that a busy machine does not reach.
fn patient() -> EngineLimits {
    EngineLimits { metadata_time: BACKSTOP, preflight_time: BACKSTOP, ..EngineLimits::default() }
}

#[test]
fn components_pass_texts_lists_and_numbers_to_each_other() {
    let component = composed_metadata();
    let engine = engine(patient(), None);
    for load in LOADS {
        let digest = Sha256Digest::compute(&component);
        let loaded =
            load(&engine, &component, &digest, Provenance::External).expect("it is composed");
        assert_eq!(loaded.handler.descriptor_path().as_str(), PATH);
        assert_eq!(loaded.handler.slot(), CapabilitySlot::State);
        assert!(loaded.handler.preflight(&context()).expect("it runs").checks.is_empty());
    }
}

#[test]
fn a_composed_pack_is_built_validated_bound_and_checked() {
    let sandbox = Sandbox::with_local();
    let component = sandbox.write("composed.wasm", composed_metadata()).display().to_string();
    let pack = sandbox.home().join("composed.gtpack").display().to_string();
    sandbox
        .gtc(["pack", "build", "--component", &component, "--version", "1.0.0", "-o", &pack])
        .succeeded();
    sandbox.gtc(["pack", "validate", "--strict", &pack]).succeeded();
    let inspected = sandbox.gtc(["pack", "inspect", "--wit", &pack]).succeeded().stdout;
    assert!(inspected.contains("env-pack/handler@0.1.0"), "{inspected}");
    let kind = format!("{PATH}@1.0.0");
    sandbox.env_packs().update("state").kind(kind).pack_ref(&pack).succeeded();
    sandbox.env().doctor().succeeded();
    let checked = sandbox.env().tool_check().succeeded().result();
    assert!(checked.to_string().contains(PATH), "{checked}");
}

#[test]
fn a_guest_may_not_use_several_memories_like_an_adapter() {
    let part = |fields: &str| compose(&handler(), &[texts(TEXTS, fields)]);
    let mut two_in_the_handler = handler();
    two_in_the_handler.fields = "(memory 1)".to_owned();
    for worker in [None, Some(Worker::InProcess)] {
        let engine = engine(patient(), worker);
        for load in LOADS {
            for component in [part("(memory 1)"), compose(&two_in_the_handler, &[texts(TEXTS, "")])]
            {
                let (kind, said) = outcome(&engine, load, &component);
                assert_eq!(kind, "does-not-compile", "{said}");
                assert!(said.contains("multi-memory proposal is not enabled for guests"), "{said}");
            }
        }
    }
}

#[test]
fn components_together_have_the_limits_of_one_handler() {
    let engine = engine(patient(), None);
    let quick = EngineLimits { preflight_time: Duration::from_millis(400), ..patient() };
    let quick = self::engine(quick, None);
    // 160 MiB, and as much again for the copy
    let text = "(call $echo (i32.const 0) (i32.const 167772160) (i32.const 600)) (i32.const 512)";
    let endless = |call: &str| format!("(loop $again {call} (br $again)) (i32.const 512)");
    let cases = [
        ("one text of 160 MiB", &engine, with_preflight("2560", text), "out-of-memory"),
        (
            "texts until the memory is full",
            &engine,
            with_preflight(
                "256",
                &endless("(call $echo (i32.const 65536) (i32.const 16000000) (i32.const 600))"),
            ),
            "out-of-memory",
        ),
        (
            "numbers without end",
            &quick,
            with_preflight("4", &endless("(drop (call $next (i32.const 1)))")),
            "out-of-time",
        ),
        (
            "empty texts without end",
            &quick,
            with_preflight(
                "4",
                &endless("(call $echo (i32.const 0) (i32.const 0) (i32.const 600))"),
            ),
            "out-of-time",
        ),
        ("16 memories", &engine, with_parts(15), "healthy"),
        ("17 memories", &engine, with_parts(16), "too-many"),
    ];
    for load in LOADS {
        for (name, engine, component, kind) in &cases {
            let (found, said) = outcome(engine, load, component);
            assert_eq!(found, *kind, "{name}: {said}");
        }
    }
}
