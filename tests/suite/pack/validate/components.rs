//! Packs whose component is malformed, has the wrong interface, or does not compile.

use std::time::Duration;

use super::{Broken, handler, pack_of};
use crate::compile_bombs::shapes::{
    component, doubled_types, locals_and_loops, nested_ifs, padded,
};
use crate::composed_components::panics_the_compiler;

pub fn broken() -> Vec<Broken> {
    let wat = |text: &str| pack_of(wat::parse_str(text).expect("a component"));
    let import = "(component (import \"wasi:http/types@0.2.0\" (instance)) (instance $i)
        (export \"greentic:env-pack/handler@0.1.0\" (instance $i)))";
    let mut changed = handler();
    changed.wit = vec![(
        "description: string,".to_owned(),
        "description: string, command: string,".to_owned(),
    )];
    // not in the cache of compiled code
    let mut dear = handler();
    dear.fields = "(func (export \"dear\"))".to_owned();
    let slow = Broken::new(
        "compile-out-of-time",
        "a tangle",
        pack_of(component(&locals_and_loops(10_000, 30_000))),
    );
    vec![
        Broken::new("not-a-component", "text for a component", pack_of(b"hello".to_vec())),
        Broken::new("not-a-component", "a core module", wat("(module)")),
        Broken::new("handler-not-exported", "a component of something else", wat("(component)")),
        Broken::new(
            "unsupported-wit-version",
            "a later interface",
            pack_of(handler().component_of("0.2.0")),
        ),
        Broken::new("unsupported-import", "an import of HTTP", wat(import)),
        Broken::new(
            "component-too-complex",
            "levels of nested blocks",
            pack_of(component(&nested_ifs(100_000))),
        ),
        Broken {
            compiling: Duration::from_millis(1_500),
            ..slow.flags(&[
                "--limit",
                "compile.seconds=1",
                "--limit",
                "compile.seconds-per-mib=1",
                "--limit",
                "compile.memory=2GiB",
            ])
        },
        Broken::new(
            "compile-out-of-memory",
            "more than the compiler gets",
            pack_of(component(&locals_and_loops(10_000, 30_000))),
        )
        .flags(&["--limit", "compile.memory=48MiB", "--limit", "compile.memory-per-mib=1"]),
        Broken::new(
            "compile-too-much-code",
            "more code than may come out",
            pack_of(dear.component()),
        )
        .flags(&["--limit", "compile.code=1KiB", "--limit", "compile.code-per-mib=1KiB"]),
        Broken::new("does-not-compile", "types that double", pack_of(doubled_types(40))),
        Broken::new("compiler-failed", "too many memories", pack_of(panics_the_compiler())),
        Broken::new("wrong-interface", "a field more", pack_of(changed.component())),
        Broken::new(
            "debug-information",
            "names and debug information",
            pack_of(with_custom(".debug_info", 64 << 10)),
        ),
        Broken::new(
            "debug-information",
            "a section of names",
            pack_of(with_custom("name", 64 << 10)),
        ),
        Broken::new("component-large", "17 MiB", pack_of(padded(handler().component(), 17))),
    ]
}

/// The valid component with a custom section of this many bytes.
fn with_custom(name: &str, bytes: usize) -> Vec<u8> {
    use wasm_encoder::{Component, CustomSection};
    let mut section = Component::new();
    section.section(&CustomSection { name: name.into(), data: vec![0; bytes].into() });
    // all but the header of a component
    [handler().component(), section.finish()[8..].to_vec()].concat()
}
