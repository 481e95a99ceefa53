//! Builds handlers that are composed of components, as `wac plug` and `wasm-tools compose`
//! make them: a handler, and a part for each interface that it imports and the host does not
//! offer.

use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection,
    ComponentInstanceSection, ComponentSectionId, RawSection,
};

use test_support::wat::Handler;

const HANDLER: &str = "greentic:env-pack/handler@0.1.0";
const TYPES: &str = "greentic:env-pack/types@0.1.0";

/// A component that exports one interface to the handler.
pub struct Part {
    /// The interface, without its version, which is 0.2.0.
    interface: String,
    component: Vec<u8>,
}

impl Part {
    /// A part from WebAssembly text.
    pub fn new(interface: &str, text: &str) -> Self {
        let component = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        Self { interface: interface.to_owned(), component }
    }
}

/// A part with the functions `echo` for texts, `sum` for lists and `next` for numbers.
/// [`import_texts`] adds its imports to a handler. `fields` are further fields of its module.
pub fn texts(interface: &str, fields: &str) -> Part {
    let text = format!(
        r#"(component
        (core module $module
            (memory (export "memory") 1)
            (global $free (mut i32) (i32.const 1024))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $at) (local.get 3)))
                (block $fits (br_if $fits (i32.le_u (global.get $free)
                    (i32.mul (memory.size) (i32.const 65536))))
                    (drop (memory.grow (i32.add (i32.const 1)
                        (i32.div_u (local.get 3) (i32.const 65536))))))
                (local.get $at))
            (func (export "echo") (param i32 i32) (result i32)
                (i32.store (i32.const 0) (local.get 0))
                (i32.store (i32.const 4) (local.get 1))
                (i32.const 0))
            (func (export "sum") (param $at i32) (param $count i32) (result i32)
                (local $sum i32)
                (block $done (loop $next
                    (br_if $done (i32.eqz (local.get $count)))
                    (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
                    (local.set $at (i32.add (local.get $at) (i32.const 4)))
                    (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                    (br $next)))
                (local.get $sum))
            (func (export "next") (param i32) (result i32)
                (i32.add (local.get 0) (i32.const 1)))
            {fields})
        (core instance $core (instantiate $module))
        (func $echo (param "text" string) (result string) (canon lift (core func $core "echo")
            (memory $core "memory") (realloc (func $core "realloc"))))
        (func $sum (param "numbers" (list u32)) (result u32) (canon lift (core func $core "sum")
            (memory $core "memory") (realloc (func $core "realloc"))))
        (func $next (param "number" u32) (result u32) (canon lift (core func $core "next")))
        (instance $exports
            (export "echo" (func $echo)) (export "sum" (func $sum)) (export "next" (func $next)))
        (export "{interface}@0.2.0" (instance $exports)))"#
    );
    Part::new(interface, &text)
}

/// Adds the import of a part made by [`texts`], as the core functions `$<prefix>echo`,
/// `$<prefix>sum` and `$<prefix>next`.
pub fn import_texts(handler: Handler, interface: &str, prefix: &str) -> Handler {
    let items = "echo: func(text: string) -> string;
        sum: func(numbers: list<u32>) -> u32;
        next: func(number: u32) -> u32;";
    handler.wasi(
        interface,
        items,
        &[
            ["echo", &format!("{prefix}echo"), "(param i32 i32 i32)"],
            ["sum", &format!("{prefix}sum"), "(param i32 i32) (result i32)"],
            ["next", &format!("{prefix}next"), "(param i32) (result i32)"],
        ],
    )
}

/// Composes a handler with its parts, in the order of their interfaces.
pub fn compose(handler: &Handler, parts: &[Part]) -> Vec<u8> {
    let count = parts.len() as u32;
    let mut composed = Component::new();
    // an instance with the types of the handler interface, number 0
    for (id, data) in types_import() {
        composed.section(&RawSection { id, data: &data });
    }
    let handler = handler.component();
    for component in [&handler].into_iter().chain(parts.iter().map(|part| &part.component)) {
        composed.section(&RawSection { id: ComponentSectionId::Component.into(), data: component });
    }
    // instances of the parts: 1 to `count`; the interfaces that they export: up to `2 * count`
    let mut instances = ComponentInstanceSection::new();
    let mut aliases = ComponentAliasSection::new();
    let mut arguments = vec![(TYPES.to_owned(), ComponentExportKind::Instance, 0)];
    for (number, part) in (1..).zip(parts) {
        instances.instantiate(number, std::iter::empty::<(&str, ComponentExportKind, u32)>());
        let name = format!("{}@0.2.0", part.interface);
        export_of(&mut aliases, number, &name);
        arguments.push((name, ComponentExportKind::Instance, count + number));
    }
    composed.section(&instances).section(&aliases);
    let mut instances = ComponentInstanceSection::new();
    instances
        .instantiate(0, arguments.iter().map(|(name, kind, index)| (name.as_str(), *kind, *index)));
    let mut aliases = ComponentAliasSection::new();
    export_of(&mut aliases, 2 * count + 1, HANDLER);
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, 2 * count + 2, None);
    composed.section(&instances).section(&aliases).section(&exports);
    composed.finish()
}

fn export_of(aliases: &mut ComponentAliasSection, instance: u32, name: &str) {
    let kind = ComponentExportKind::Instance;
    aliases.alias(Alias::InstanceExport { instance, kind, name });
}

/// Returns the sections with which a handler imports the types of its interface: their
/// declaration and the import.
fn types_import() -> Vec<(u8, Vec<u8>)> {
    let plain = Handler::new("state", "test.state.plain", "^1").component();
    let sections: Vec<_> = wasmparser::Parser::new(0)
        .parse_all(&plain)
        .filter_map(|payload| payload.expect("a component").as_section())
        .take(2)
        .map(|(id, range)| (id, plain[range].to_vec()))
        .collect();
    let ids: Vec<u8> = sections.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [ComponentSectionId::Type, ComponentSectionId::Import].map(u8::from));
    sections
}
