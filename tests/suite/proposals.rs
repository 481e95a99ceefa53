//! The WebAssembly features of components: WebAssembly 2.0 with extended constants, and the
//! component model of WASI 0.2. Other proposals are refused by name, finished or not, as long
//! as no supported toolchain emits them.

use env_pack_domain::Sha256Digest;
use gtc_engine::{Engine, EngineLimits, EngineSettings, Provenance};

use test_support::engines::settings;

/// Proposals for core modules: name, a module that uses it, and a part of the error.
const MODULES: [(&str, &str, &str); 18] = [
    ("shared memory", "(memory 1 1 shared)", "threads"),
    ("atomic operations", "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", "threads"),
    ("shared globals", "(global (shared i32) (i32.const 0))", "shared"),
    ("64-bit memory", "(memory i64 1)", "memory64"),
    ("64-bit tables", "(table i64 1 funcref)", "memory64"),
    ("many memories", "(memory 1) (memory 1)", "multi-memory"),
    ("structures", "(type (struct (field i32)))", "gc"),
    ("arrays", "(type (array i8))", "gc"),
    ("recursive types", "(rec (type (func)) (type (func)))", "gc"),
    ("small numbers as references", "(func (drop (ref.i31 (i32.const 1))))", "gc"),
    (
        "typed references",
        "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
        "function references",
    ),
    ("references to the host", "(table 1 externref)", "gc"),
    ("exceptions", "(tag $e) (func (throw $e))", "exceptions"),
    ("tail calls", "(func $f (return_call $f))", "tail calls"),
    ("stack switching", "(type $f (func)) (type (cont $f))", "stack switching"),
    (
        "relaxed vectors",
        "(func (param v128 v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))",
        "relaxed SIMD",
    ),
    (
        "wide arithmetic",
        "(func (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
        "wide arithmetic",
    ),
    ("pages of another size", "(memory 1 (pagesize 1))", "custom page sizes"),
];

/// Proposals for components: name, an item that uses it, and a part of the error.
const COMPONENTS: [(&str, &str, &str); 8] = [
    ("streams", "(type (stream u8))", "async"),
    ("futures", "(type (future u8))", "async"),
    ("asynchronous functions", "(type (func async))", "async"),
    ("contexts of errors", "(type error-context)", "error-context"),
    ("threads", "(core func (canon thread.index))", "threading"),
    ("maps", "(type (map string u8))", "map"),
    ("lists of a fixed length", "(type (list u8 4))", "fixed-length lists"),
    ("values", "(import \"x\" (value string))", "value"),
];

/// Features that toolchains emit: name, and a module that uses it.
const USED: [(&str, &str); 8] = [
    ("mutable globals", "(global (export \"g\") (mut i32) (i32.const 0))"),
    ("many results", "(func (result i32 i64) (i32.const 0) (i64.const 0))"),
    ("sign extension", "(func (param i32) (result i32) (i32.extend8_s (local.get 0)))"),
    (
        "saturating conversions",
        "(func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))",
    ),
    ("bulk memory", "(memory 1) (func (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)))"),
    (
        "references to functions",
        "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))",
    ),
    ("vectors", "(func (param v128) (result v128) (i8x16.neg (local.get 0)))"),
    (
        "extended constants",
        "(import \"a\" \"b\" (global $g i32)) (global i32 (i32.add (global.get $g) (i32.const 1)))",
    ),
];

fn engine() -> Engine {
    Engine::new(EngineSettings { compiled: None, ..settings(EngineLimits::default()) })
}

/// Loads a component with these items, whose handler exports nothing. Returns the code and the
/// message of the error.
fn load_error(engine: &Engine, items: &str) -> (&'static str, String) {
    let text = format!(
        "(component {items} (instance $handler)
        (export \"greentic:env-pack/handler@0.1.0\" (instance $handler)))"
    );
    let component = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let error = engine
        .load(&component, &Sha256Digest::compute(&component), Provenance::External)
        .expect_err("no handler");
    (error.kind(), error.to_string())
}

#[test]
fn unsupported_proposals_are_refused_by_name() {
    let engine = engine();
    let modules =
        MODULES.map(|(name, module, expected)| (name, format!("(core module {module})"), expected));
    let components =
        COMPONENTS.map(|(name, item, expected)| (name, format!("(component {item})"), expected));
    let mut wrong = Vec::new();
    for (name, items, expected) in modules.into_iter().chain(components) {
        let (kind, message) = load_error(&engine, &items);
        if kind != "does-not-compile" || !message.to_lowercase().contains(&expected.to_lowercase())
        {
            wrong.push(format!("{name}: expected `{expected}`, got {kind}: {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn features_that_toolchains_emit_compile() {
    let engine = engine();
    for (name, module) in USED {
        let (kind, message) = load_error(&engine, &format!("(core module {module})"));
        // it compiles, but its handler exports nothing
        assert_eq!(kind, "wrong-interface", "{name}: {message}");
    }
}
