//! Fuzzes components: the engine returns a handler or a fault in time, for any code and any
//! result.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use env_pack_domain::{
    BindingContext, EnvPackHandler, ForeignText, HandlerFault, Permissions, Preflight, Sha256Digest,
};
use gtc_engine::{
    AcceptedVersions, Engine, EngineLimits, EngineSettings, LoadError, Provenance, ToolEnvironment,
    Worker,
};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, WorldId};

use crate::well_formed;

/// Time limit of one call: short, because inputs may loop forever.
const CALL_TIME: Duration = Duration::from_millis(30);
/// The time after which a run counts as hanging, on a machine that may be busy.
const MAX_DELAY: Duration = Duration::from_secs(10 * 60);

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    Engine::new(EngineSettings {
        limits: EngineLimits {
            metadata_time: CALL_TIME,
            preflight_time: CALL_TIME,
            memory_bytes: 16 << 20,
            ..EngineLimits::default()
        },
        accepted_versions: AcceptedVersions::Released,
        compiled: None,
        // a process for each of these small components would take most of the time
        worker: Worker::InProcess,
        tools: ToolEnvironment::default(),
        offline: true,
        log: Box::new(|_| {}),
        on_compile: Box::new(|_| Box::new(())),
    })
});

static WORLD: LazyLock<(Resolve, WorldId)> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let folder = crate::repository().join("wit/env-pack/0.1.0");
    let (package, _) = resolve.push_dir(folder).expect("our WIT");
    let world = resolve.select_world(&[package], Some("env-pack-handler")).expect("our world");
    (resolve, world)
});

/// The imports and exports of all generated modules: those of a handler's core module.
const MODULE_SHAPE: &str = r#"(module
    (import "greentic:env-pack/tools@0.1.0" "probe" (func (param i32 i32 i32 i32 i32)))
    (import "greentic:env-pack/network@0.1.0" "reach" (func (param i32 i32 i32 i32)))
    (import "greentic:env-pack/binding@0.1.0" "env-id" (func (param i32)))
    (import "greentic:env-pack/binding@0.1.0" "answers-json" (func (param i32)))
    (import "greentic:env-pack/log@0.1.0" "log" (func (param i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "greentic:env-pack/handler@0.1.0#slot") (result i32) unreachable)
    (func (export "greentic:env-pack/handler@0.1.0#descriptor-path") (result i32) unreachable)
    (func (export "greentic:env-pack/handler@0.1.0#supported-versions") (result i32) unreachable)
    (func (export "greentic:env-pack/handler@0.1.0#preflight") (result i32) unreachable)
    (func (export "cabi_post_greentic:env-pack/handler@0.1.0#preflight") (param i32) unreachable))"#;

/// Runs a generated module with the imports and exports of a handler. The first byte selects
/// the exports that return well-formed constants: usually all of them, because the host calls
/// nothing else of a handler with malformed ones.
pub(crate) fn generated(data: &[u8]) {
    if let Some(component) = generated_component(data) {
        run(&component);
    }
}

fn generated_component(data: &[u8]) -> Option<Vec<u8>> {
    let (well_formed_exports, data) = data.split_first()?;
    let well_formed_exports =
        if *well_formed_exports < 0xc0 { 0b111 } else { *well_formed_exports };
    static SHAPE: LazyLock<Vec<u8>> =
        LazyLock::new(|| wat::parse_str(MODULE_SHAPE).expect("a module"));
    let config = wasm_smith::Config {
        module_shape: Some(SHAPE.clone()),
        allow_start_export: true,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 64 << 20,
        max_tables: 4,
        memory64_enabled: false,
        // references to anything but functions need a garbage collector, which the engine does
        // not have
        reference_types_enabled: false,
        // the engine supports none of these proposals
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(data)).ok()?;
    component(well_formed::replace_exports(&module.to_bytes(), well_formed_exports))
}

/// Runs a well-formed handler whose memory contains the input, so that its preflight returns
/// lists and texts of any length anywhere.
///
/// The first byte selects the slot; the next eight are the address and the length of the list
/// that the preflight returns.
pub(crate) fn answers(data: &[u8]) {
    let Some((slot, rest)) = data.split_first() else { return };
    let Some((list, memory)) = rest.split_first_chunk::<8>() else { return };
    let memory = &memory[..memory.len().min(60 << 10)];
    let module = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 0) "{list}\20\00\00\00\09\00\00\00\30\00\00\00\02\00\00\00")
            (data (i32.const 32) "fuzz.path^1")
            (data (i32.const 48) "^1")
            (data (i32.const 64) "{memory}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 61440))
            (func {slot_export} (result i32) (i32.const {slot}))
            (func {path} (result i32) (i32.const 8))
            (func {versions} (result i32) (i32.const 16))
            (func {preflight} (result i32) (i32.const 0)))"#,
        list = escape(list),
        memory = escape(memory),
        slot = slot % 9,
        slot_export = export("slot"),
        path = export("descriptor-path"),
        versions = export("supported-versions"),
        preflight = export("preflight"),
    );
    if let Some(component) = component(wat::parse_str(module).expect("a module")) {
        run(&component);
    }
}

/// Bytes as a string of the WebAssembly text format.
fn escape(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

fn export(name: &str) -> String {
    format!("(export \"greentic:env-pack/handler@0.1.0#{name}\")")
}

/// Returns true if the component that is generated from these bytes is executed.
#[cfg(test)]
pub(crate) fn is_executed(data: &[u8]) -> bool {
    let loaded = generated_component(data).map(|component| {
        ENGINE.load(&component, &Sha256Digest::compute(&component), Provenance::External)
    });
    match loaded {
        Some(Ok(_)) => true,
        Some(Err(error)) => matches!(error, LoadError::Fault(_)),
        None => false,
    }
}

/// Encodes a module as a component, if the encoder accepts it.
fn component(mut module: Vec<u8>) -> Option<Vec<u8>> {
    let (resolve, world) = &*WORLD;
    wit_component::embed_component_metadata(&mut module, resolve, *world, StringEncoding::UTF8)
        .expect("metadata");
    ComponentEncoder::default().validate(false).module(&module).ok()?.encode().ok()
}

/// Loads a component, and runs its preflight twice.
fn run(component: &[u8]) {
    let start = Instant::now();
    match ENGINE.load(component, &Sha256Digest::compute(component), Provenance::External) {
        Ok(loaded) => {
            let first = preflight(&*loaded.handler);
            // each run has its own store, so the first cannot influence the second
            assert_eq!(first.is_ok(), preflight(&*loaded.handler).is_ok());
        }
        Err(error) => assert_readable_fault(&error),
    }
    assert!(start.elapsed() < MAX_DELAY, "{:?}", start.elapsed());
}

fn preflight(handler: &dyn EnvPackHandler) -> Result<Preflight, HandlerFault> {
    let context = BindingContext {
        env_id: "fuzz".parse().expect("an id"),
        instance_id: None,
        answers_json: "{\"fuzz\": true}".to_owned(),
        grants: Permissions::default(),
        declared: Permissions::default(),
    };
    let answer = handler.preflight(&context);
    match &answer {
        Ok(Preflight { checks, probes }) => {
            let limits = EngineLimits::default();
            assert!(checks.len() <= limits.checks && probes.len() <= limits.probes);
            assert!(checks.iter().all(|check| !check.name.as_exact().trim().is_empty()));
        }
        Err(fault) => assert_readable_fault(fault),
    }
    answer
}

/// A fault has a readable message, and is never a failure of the worker.
fn assert_readable_fault(error: &(impl std::error::Error + 'static)) {
    let text = error.to_string();
    assert_eq!(ForeignText::new(text.as_str()).to_string(), text, "it is not escaped");
    assert!(text.len() < 16 << 10, "{} bytes", text.len());
    if let Some(error) = (error as &dyn std::error::Error).downcast_ref::<LoadError>() {
        assert!(!matches!(error, LoadError::NoWorker | LoadError::Worker { .. }), "{text}");
    }
}
