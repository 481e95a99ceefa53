//! Too much memory, tables, modules, handles, nesting or stack frames: at once and in
//! steps, at instantiation and in calls, in one module and spread over many.

use wasm_encoder::{
    ComponentExportKind, ComponentInstanceSection, ComponentSection as _, ComponentSectionId,
    InstanceSection,
};
use wasmparser::{Parser, Payload};

use super::{Case, handler, preflight, wasi};
use test_support::wat::Handler;

const MEMORY: (&str, &str) = ("out-of-memory", "more than 256 MiB");
const TABLE: (&str, &str) = ("too-many", "more than 200000 table elements");

pub fn cases() -> Vec<Case> {
    let mut cases = memory();
    cases.extend(tables());
    cases.extend(modules());
    cases.extend(depth());
    cases.extend(handles());
    cases
}

fn case(name: &str, handler: &Handler, (kind, says): (&'static str, &str)) -> Case {
    Case::new(name, handler.component(), kind, says)
}

fn memory() -> Vec<Case> {
    let grow = |pages: u32| {
        format!(
            "(loop (br_if 0 (i32.ne (memory.grow (i32.const {pages})) (i32.const -1)))) (unreachable)"
        )
    };
    let filled = "(drop (memory.grow (i32.const 4000)))
        (memory.fill (i32.const 65536) (i32.const 7) (i32.const 67108864)) (i32.const 512)";
    let with_memory = |memory: &str| Handler { memory: memory.to_owned(), ..handler() };
    let in_slot = Handler { slot_body: Some(grow(64)), ..handler() };
    let beyond_its_own = Handler {
        memory: "4 8".to_owned(),
        ..preflight(
            "(loop (br_if 0 (i32.lt_u (call $tries) (i32.const 1000)))) (i32.const 512)",
            TRIES,
        )
    };
    let survives =
        preflight("(drop (memory.grow (i32.const 60000))) (loop (br 0)) (i32.const 0)", "");
    vec![
        case(
            "memory in one go",
            &preflight("(drop (memory.grow (i32.const 8192))) (unreachable)", ""),
            MEMORY,
        ),
        case("memory in steps", &preflight(&grow(16), ""), MEMORY),
        case("memory page by page", &preflight(&grow(1), ""), MEMORY),
        case("memory in steps in slot", &in_slot, MEMORY),
        case(
            "all addresses in one go",
            &preflight("(drop (memory.grow (i32.const 65532))) (unreachable)", ""),
            MEMORY,
        ),
        case("memory to begin with", &with_memory("4097"), MEMORY),
        case("all addresses to begin with", &with_memory("65536"), MEMORY),
        case("memory at its cap", &with_memory("4096"), ("healthy", "")),
        case("a lot of memory filled", &preflight(filled, ""), ("healthy", "")),
        // exceeding its own maximum is not a fault, and uses no budget
        case("memory beyond its own maximum", &beyond_its_own, ("healthy", "")),
        case("endless after it was refused memory", &survives, ("out-of-time", "0.4 s")),
    ]
}

/// Grows the memory beyond its declared maximum, and counts the attempts.
const TRIES: &str = "(global $n (mut i32) (i32.const 0))
    (func $tries (result i32) (drop (memory.grow (i32.const 4000)))
        (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))";

fn tables() -> Vec<Case> {
    let grow = |elements: u32| {
        let step = format!("(table.grow $t (ref.null func) (i32.const {elements}))");
        preflight(
            &format!("(loop (br_if 0 (i32.ne {step} (i32.const -1)))) (unreachable)"),
            "(table $t 1 funcref)",
        )
    };
    let with_table =
        |table: &str| Handler { fields: format!("(table {table} funcref)"), ..handler() };
    vec![
        case("a table in one go", &grow(100_000_000), TABLE),
        case("a table in steps", &grow(10_000), TABLE),
        case("a table to begin with", &with_table("200001"), TABLE),
        case("a table at its cap", &with_table("199999"), ("healthy", "")),
    ]
}

fn modules() -> Vec<Case> {
    let many = |name: &str, module: &str, instances: u32, kind, says: &str| {
        Case::new(name, with_modules(&handler().component(), module, instances), kind, says)
    };
    // a handler from `wit-component` has one memory, one table and three instances
    vec![
        many("memories up to their cap", "(module (memory 1))", 15, "healthy", ""),
        many(
            "more memories than there are",
            "(module (memory 1))",
            16,
            "too-many",
            "more than 16 memories",
        ),
        many("a hundred memories", "(module (memory 1))", 100, "too-many", "more than 16 memories"),
        many("memories that are large together", "(module (memory 512))", 8, MEMORY.0, MEMORY.1),
        many(
            "a hundred tables",
            "(module (table 1 funcref))",
            100,
            "too-many",
            "more than 64 tables",
        ),
        many(
            "tables that are large together",
            "(module (table 30000 funcref))",
            10,
            TABLE.0,
            TABLE.1,
        ),
        many("instances up to their cap", "(module)", 120, "healthy", ""),
        many("a hundred instances more", "(module)", 220, "too-many", "more than 128 instances"),
        many(
            "instances that all loop",
            "(module (func $f (loop (br 0))) (start $f))",
            100,
            "out-of-time",
            "`instantiate`",
        ),
        many(
            "an instance that traps",
            "(module (func $f unreachable) (start $f))",
            1,
            "trapped",
            "`instantiate`",
        ),
    ]
}

/// Adds a core module to a component, with this many instances.
fn with_modules(component: &[u8], module: &str, instances: u32) -> Vec<u8> {
    let (modules, _) = parts(component);
    let mut section = InstanceSection::new();
    for _ in 0..instances {
        section.instantiate(modules, std::iter::empty::<(&str, wasm_encoder::ModuleArg)>());
    }
    let module = wat::parse_str(module).expect("a module");
    let mut component = component.to_vec();
    append(&mut component, ComponentSectionId::CoreModule, &module);
    section.append_to_component(&mut component);
    component
}

/// Adds a nested component with one instance.
fn with_component(component: &[u8], inside: &str) -> Vec<u8> {
    let (_, components) = parts(component);
    let mut section = ComponentInstanceSection::new();
    section.instantiate(components, std::iter::empty::<(&str, ComponentExportKind, u32)>());
    let inside = wat::parse_str(inside).expect("a component");
    let mut component = component.to_vec();
    append(&mut component, ComponentSectionId::Component, &inside);
    section.append_to_component(&mut component);
    component
}

/// Returns the number of core modules and components directly in a component.
fn parts(component: &[u8]) -> (u32, u32) {
    let mut depth = 0;
    let mut modules = 0;
    let mut components = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component") {
            Payload::ModuleSection { .. } => {
                modules += u32::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => {
                components += u32::from(depth == 0);
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    (modules, components)
}

fn append(component: &mut Vec<u8>, id: ComponentSectionId, data: &[u8]) {
    let mut builder = wasm_encoder::Component::new();
    builder.section(&wasm_encoder::RawSection { id: id.into(), data });
    // everything after the header of a component
    component.extend_from_slice(&builder.finish()[8..]);
}

fn depth() -> Vec<Case> {
    let mutual =
        "(func $ping (param i32) (result i32) (i32.add (call $pong (local.get 0)) (i32.const 1)))
        (func $pong (param i32) (result i32) (i32.add (call $ping (local.get 0)) (i32.const 2)))";
    let through_table =
        "(table 1 funcref) (elem (i32.const 0) $again) (type $t (func (result i32)))
        (func $again (result i32) (i32.add (call_indirect (type $t) (i32.const 0)) (i32.const 1)))";
    let count = 2_000;
    let mut huge = format!("(func $huge (param i32) (result i64) (local {})", "i64 ".repeat(count));
    for local in 1..=count {
        huge.push_str(&format!(
            "(local.set {local} (i64.load (i32.add (local.get 0) (i32.const {local}))))"
        ));
    }
    huge.push_str("(call $huge (local.get 0))");
    for local in 1..=count {
        huge.push_str(&format!("(i64.add (local.get {local}))"));
    }
    huge.push(')');
    let exhausted = ("trapped", "call stack exhausted");
    vec![
        case("mutual recursion", &preflight("(call $ping (i32.const 0))", mutual), exhausted),
        case(
            "recursion through a table",
            &preflight("(call_indirect (type $t) (i32.const 0))", through_table),
            exhausted,
        ),
        case(
            "huge frames",
            &preflight("(i32.wrap_i64 (call $huge (i32.const 0)))", &huge),
            exhausted,
        ),
    ]
}

fn handles() -> Vec<Case> {
    let million = |step: &str| {
        preflight(
            &format!(
                "(local $n i32) (loop {step} (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get $n) (i32.const 1000000)))) (i32.const 512)"
            ),
            "",
        )
    };
    let streams = million("(drop (call $stdout))").wasi(
        "wasi:io/streams",
        "resource output-stream; resource input-stream;",
        &[],
    );
    let streams = streams.wasi(
        "wasi:cli/stdout",
        "use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream;",
        &[["get-stdout", "stdout", "(result i32)"]],
    );
    let sleeps = wasi::sleeping(million("(drop (call $sleep (i64.const 1)))"));
    let own = "(component (type $r (resource (rep i32))) (core func $new (canon resource.new $r))
        (core module $m (import \"\" \"new\" (func $new (param i32) (result i32)))
            (func $start (local $n i32) (loop (drop (call $new (i32.const 7)))
                (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if 0 (i32.lt_u (local.get $n) (i32.const 5000)))))
            (start $start))
        (core instance (instantiate $m (with \"\" (instance (export \"new\" (func $new)))))))";
    let limit = ("too-many", "more than 1000 handles");
    vec![
        Case::new(
            "5,000 handles of its own",
            with_component(&handler().component(), own),
            limit.0,
            limit.1,
        ),
        case("a million streams", &streams, limit),
        case("a million pollables", &sleeps, limit),
    ]
}
