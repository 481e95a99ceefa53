//! Exports whose arity, type, version or name differs from the interface, and files that
//! are not components.

use super::{Case, handler};
use test_support::wat::Handler;

pub fn cases() -> Vec<Case> {
    let wrong = |name: &str, wit: &[[&str; 2]], core: &[[&str; 2]]| {
        Case::new(
            name,
            changed(wit, core).component(),
            "wrong-interface",
            "does not fit the handler interface",
        )
    };
    let export =
        |name: &str| format!("(export \"greentic:env-pack/handler@0.1.0#{name}\") (result i32)");
    let takes = |name: &str| {
        format!("(export \"greentic:env-pack/handler@0.1.0#{name}\") (param i32) (result i32)")
    };
    let param = |name: &str, result: &str| {
        let wit =
            [format!("{name}: func() -> {result}"), format!("{name}: func(x: u32) -> {result}")];
        wrong(
            &format!("{name} takes a parameter"),
            &[[&wit[0], &wit[1]]],
            &[[&export(name), &takes(name)]],
        )
    };
    let renamed = |name: &str| {
        let other = format!("{name}s");
        let wit = [format!("{name}: func()"), format!("{other}: func()")];
        wrong(
            &format!("{name} has another name"),
            &[[&wit[0], &wit[1]]],
            &[[&export(name), &export(&other)]],
        )
    };
    let numbers = ["descriptor-path", "supported-versions"].map(|name| {
        let wit = [format!("{name}: func() -> string"), format!("{name}: func() -> u32")];
        wrong(&format!("{name} is a number"), &[[&wit[0], &wit[1]]], &[])
    });
    let mut cases: Vec<_> = [
        ("slot", "capability-slot"),
        ("descriptor-path", "string"),
        ("supported-versions", "string"),
        ("preflight", "list<tool-check>"),
    ]
    .into_iter()
    .flat_map(|(name, result)| [param(name, result), renamed(name)])
    .collect();
    cases.extend(numbers);
    cases.extend([
        wrong(
            "slot is a text",
            &[["slot: func() -> capability-slot", "slot: func() -> string"]],
            &[],
        ),
        wrong(
            "preflight is a text",
            &[["preflight: func() -> list<tool-check>", "preflight: func() -> string"]],
            &[],
        ),
        wrong("preflight is one check", &[["-> list<tool-check>", "-> tool-check"]], &[]),
        wrong("a slot of another name", &[["revocation,", "revolution,"]], &[]),
        wrong("a slot less", &[["        extension,\n", ""]], &[]),
        wrong("a slot more", &[["        extension,\n", "        extension, backdoor,\n"]], &[]),
        wrong(
            "slots in another order",
            &[
                ["        deployer,", "        first,"],
                ["        secrets,", "        deployer,"],
                ["first,", "secrets,"],
            ],
            &[],
        ),
        wrong(
            "a check with a field more",
            &[["description: string,", "description: string, command: string,"]],
            &[],
        ),
        wrong("a check with a field less", &[["description: string,", ""]], &[]),
        wrong("a field of another type", &[["name: string,", "name: list<u8>,"]], &[]),
        wrong(
            "an outcome more",
            &[["probe-error(probe-error),", "probe-error(probe-error), run(string),"]],
            &[],
        ),
        wrong("an outcome of another type", &[["ok(option<string>)", "ok(string)"]], &[]),
    ]);
    let more = changed(&[["slot: func()", "extra: func() -> string; slot: func()"]], &[]);
    let extra =
        "(func (export \"greentic:env-pack/handler@0.1.0#extra\") (result i32) unreachable)"
            .to_owned();
    cases.push(Case::new(
        "a function more",
        Handler { fields: extra, ..more }.component(),
        "healthy",
        "",
    ));
    for version in ["0.2.0", "1.0.0", "0.1.0-rc.1", "0.0.9"] {
        let says = format!("it exports `greentic:env-pack/handler@{version}`");
        let component = handler().component_of(version);
        cases.push(Case::new(
            format!("version {version}"),
            component,
            "unsupported-wit-version",
            says,
        ));
    }
    cases.push(Case::new("a later patch", handler().component_of("0.1.9"), "healthy", ""));
    cases
}

/// A harmless handler of a modified interface.
fn changed(wit: &[[&str; 2]], core: &[[&str; 2]]) -> Handler {
    let owned = |changes: &[[&str; 2]]| {
        changes.iter().map(|[from, to]| ((*from).to_owned(), (*to).to_owned())).collect()
    };
    Handler { wit: owned(wit), core: owned(core), ..handler() }
}

pub fn no_components() -> Vec<Case> {
    let case = |name: &str, bytes: &[u8], says: &str| {
        Case::new(name, bytes.to_vec(), "not-a-component", says)
    };
    let valid = handler().component();
    let module = wat::parse_str("(module (memory 1))").expect("a module");
    let text = "(component (import \"a\" (func)))";
    let mut cases = vec![
        case("nothing", b"", "not a WebAssembly component"),
        case("a byte", b"\0", "not a WebAssembly component"),
        case("a magic number", b"\0asm", "not a WebAssembly component"),
        case("a core module", &module, "core module"),
        case("a module of another version", b"\0asm\x02\0\0\0", "not a WebAssembly component"),
        case("text of a component", text.as_bytes(), "not a WebAssembly component"),
        case("JSON", b"{\"slot\": \"state\"}", "not a WebAssembly component"),
        case("an archive", b"PK\x03\x04\x14\0\0\0\0\0", "not a WebAssembly component"),
        case("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0", "not a WebAssembly component"),
        case("zeros", &[0; 4096], "not a WebAssembly component"),
        case(
            "a section that is longer than the file",
            b"\0asm\x0d\0\x01\0\x07\xff\xff\xff\xff\x0f",
            "not a WebAssembly component",
        ),
        case("garbage", &noise(10_000), "not a WebAssembly component"),
        case(
            "garbage after a header",
            &[&valid[..8], &noise(10_000)].concat(),
            "not a WebAssembly component",
        ),
    ];
    for part in 1..8 {
        let cut = valid.len() * part / 8;
        cases.push(case(
            &format!("{part} of 8 parts of a component"),
            &valid[..cut],
            "not a WebAssembly component",
        ));
    }
    let unknown = b"\0asm\x0d\0\x01\0\x7f\x01\0".to_vec();
    cases.push(Case::new("a section of no kind", unknown, "no-handler", "does not export"));
    let none = wat::parse_str("(component)").expect("a component");
    cases.push(Case::new(
        "an empty component",
        none,
        "no-handler",
        "does not export the handler interface",
    ));
    let other = "(component (instance $i) (export \"acme:pack/handler@0.1.0\" (instance $i)))";
    let other = wat::parse_str(other).expect("a component");
    cases.push(Case::new("a component with other exports", other, "no-handler", "does not export"));
    let function = "(component (import \"greentic:env-pack/log@0.1.0\" (instance $l (export \"log\" (func))))
        (alias export $l \"log\" (func $f)) (export \"greentic:env-pack/handler@0.1.0\" (func $f)))";
    let function = wat::parse_str(function).expect("a component");
    cases.push(Case::new(
        "a function for a handler",
        function,
        "does-not-compile",
        "reexport of an imported function",
    ));
    cases
}

/// Pseudo-random bytes, the same in every run.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(|_| byte()).collect()
}
