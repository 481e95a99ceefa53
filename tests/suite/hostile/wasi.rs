//! Abuse of WASI: each interface, floods of output, endless sleeps, and interfaces that
//! are not offered.

use super::{Case, handler, preflight};
use test_support::wat::Handler;

const STREAM_ERROR: &str =
    "use error.{error}; variant stream-error { last-operation-failed(error), closed }";
const NETWORK: &str =
    "resource network; enum error-code { unknown, access-denied, not-supported, invalid-argument, out-of-memory,
    timeout, concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable,
    address-in-use, remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large,
    name-unresolvable, temporary-resolver-failure, permanent-resolver-failure }
    enum ip-address-family { ipv4, ipv6 }";
/// Checks that a result is an error: the first byte at the address of the result.
const FAILED: &str = "(if (i32.ne (i32.load8_u (i32.const 600)) (i32.const 1)) (then (unreachable))) (i32.const 512)";
/// Checks that a list is empty: its length.
const EMPTY: &str = "(if (i32.load (i32.const 604)) (then (unreachable))) (i32.const 512)";
/// Checks that an option is none: its case.
const NONE: &str = "(if (i32.load8_u (i32.const 600)) (then (unreachable))) (i32.const 512)";

pub fn cases() -> Vec<Case> {
    let mut cases = empty_world();
    cases.extend(streams());
    cases.extend(clocks());
    cases.extend(sockets());
    cases.extend(floods());
    cases.extend(not_offered());
    cases
}

fn case(name: &str, handler: &Handler, kind: &'static str, says: &str) -> Case {
    Case::new(name, handler.component(), kind, says)
}

/// A handler that calls one function of an interface and checks the result.
fn calls(interface: &str, items: &str, function: [&str; 2], body: &str) -> Handler {
    preflight(body, "").wasi(interface, items, &[[function[0], "f", function[1]]])
}

/// Interfaces that are empty.
fn empty_world() -> Vec<Case> {
    let at = |after: &str| format!("(call $f (i32.const 600)) {after}");
    let environment = |function: &str, result: &str, after: &str| {
        let items = format!("{function}: func() -> {result};");
        calls("wasi:cli/environment", &items, [function, "(param i32)"], &at(after))
    };
    let terminal = |stream: &str, direction: &str| {
        let function = format!("get-terminal-{stream}");
        let items = format!(
            "use terminal-{direction}.{{terminal-{direction}}}; {function}: func() -> option<terminal-{direction}>;"
        );
        let resource = format!("resource terminal-{direction};");
        let handler = handler().wasi(&format!("wasi:cli/terminal-{direction}"), &resource, &[]);
        let handler = handler.wasi(
            &format!("wasi:cli/terminal-{stream}"),
            &items,
            &[[&function, "f", "(param i32)"]],
        );
        Handler { preflight_body: Some(at(NONE)), ..handler }
    };
    let directories = handler().wasi("wasi:filesystem/types", "resource descriptor;", &[]).wasi(
        "wasi:filesystem/preopens",
        "use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>;",
        &[["get-directories", "f", "(param i32)"]],
    );
    let directories = Handler { preflight_body: Some(at(EMPTY)), ..directories };
    let forged = |interface: &str, resource: &str| {
        let drop = format!("[resource-drop]{resource}");
        calls(
            interface,
            &format!("resource {resource};"),
            [&drop, "(param i32)"],
            "(call $f (i32.const 3)) (i32.const 512)",
        )
    };
    let exit = |code: u32| {
        let body = format!("(call $f (i32.const {code})) (i32.const 512)");
        calls("wasi:cli/exit", "exit: func(status: result);", ["exit", "(param i32)"], &body)
    };
    vec![
        case(
            "variables",
            &environment("get-environment", "list<tuple<string, string>>", EMPTY),
            "healthy",
            "",
        ),
        case("arguments", &environment("get-arguments", "list<string>", EMPTY), "healthy", ""),
        case(
            "a folder to be in",
            &environment("initial-cwd", "option<string>", NONE),
            "healthy",
            "",
        ),
        case("a terminal to read", &terminal("stdin", "input"), "healthy", ""),
        case("a terminal to write", &terminal("stdout", "output"), "healthy", ""),
        case("a terminal for errors", &terminal("stderr", "output"), "healthy", ""),
        case("folders", &directories, "healthy", ""),
        case(
            "a forged file",
            &forged("wasi:filesystem/types", "descriptor"),
            "trapped",
            "unknown handle index 3",
        ),
        case(
            "a forged error",
            &forged("wasi:io/error", "error"),
            "trapped",
            "unknown handle index 3",
        ),
        case("an exit", &exit(0), "exited", "with code 0"),
        case("an exit with an error", &exit(1), "exited", "with code 1"),
    ]
}

/// A handler that imports its standard output or error as `$get`, and `$write`, which
/// takes a stream, an address, a length and the address of the result.
fn output(stream: &str, body: &str) -> Handler {
    let write = "blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;";
    let streams =
        format!("{STREAM_ERROR} resource output-stream {{ {write} }} resource input-stream;");
    let get = format!(
        "use wasi:io/streams@0.2.0.{{output-stream}}; get-{stream}: func() -> output-stream;"
    );
    preflight(body, "")
        .wasi("wasi:io/error", "resource error;", &[])
        .wasi(
            "wasi:io/streams",
            &streams,
            &[[
                "[method]output-stream.blocking-write-and-flush",
                "write",
                "(param i32 i32 i32 i32)",
            ]],
        )
        .wasi(
            &format!("wasi:cli/{stream}"),
            &get,
            &[[&format!("get-{stream}"), "get", "(result i32)"]],
        )
}

/// A handler that prints a line.
pub fn prints() -> Handler {
    output(
        "stdout",
        "(call $write (call $get) (i32.const 0) (i32.const 40) (i32.const 600)) (i32.const 512)",
    )
}

fn streams() -> Vec<Case> {
    let read = "blocking-read: func(len: u64) -> result<list<u8>, stream-error>;";
    let streams =
        format!("{STREAM_ERROR} resource output-stream; resource input-stream {{ {read} }}");
    let get = "use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream;";
    let body = format!("(call $read (call $get) (i64.const -1) (i32.const 600)) {FAILED}");
    let stdin = preflight(&body, "")
        .wasi("wasi:io/error", "resource error;", &[])
        .wasi(
            "wasi:io/streams",
            &streams,
            &[["[method]input-stream.blocking-read", "read", "(param i32 i64 i32)"]],
        )
        .wasi("wasi:cli/stdin", get, &[["get-stdin", "get", "(result i32)"]]);
    let flood = |stream: &str| {
        let write = "(call $write (local.get $s) (i32.const 0) (i32.const 4096) (i32.const 600))";
        let body = format!(
            "(local $s i32) (local.set $s (call $get)) (loop {write} (br 0)) (i32.const 512)"
        );
        output(stream, &body)
    };
    let too_long = "(call $write (call $get) (i32.const 0) (i32.const 200000) (i32.const 600)) (i32.const 512)";
    let many_bytes = "more than 65536 bytes on standard output or error";
    vec![
        case("standard input", &stdin, "healthy", ""),
        case("a line on standard output", &prints(), "healthy", ""),
        case("a flood on standard output", &flood("stdout"), "too-much-output", many_bytes),
        case("a flood on standard error", &flood("stderr"), "too-much-output", many_bytes),
        case(
            "a write larger than a stream takes",
            &output("stdout", too_long),
            "trapped",
            "`preflight`",
        ),
    ]
}

/// Lets a handler import `$sleep`, which creates a pollable for some nanoseconds, and
/// `$wait`, which waits for it.
pub fn sleeping(handler: Handler) -> Handler {
    handler
        .wasi(
            "wasi:io/poll",
            "resource pollable { block: func(); } poll: func(in: list<borrow<pollable>>) -> list<u32>;",
            &[["[method]pollable.block", "wait", "(param i32)"], ["poll", "poll", "(param i32 i32 i32)"]],
        )
        .wasi(
            "wasi:clocks/monotonic-clock",
            "use wasi:io/poll@0.2.0.{pollable}; subscribe-duration: func(when: u64) -> pollable;
            subscribe-instant: func(when: u64) -> pollable; now: func() -> u64;",
            &[
                ["subscribe-duration", "sleep", "(param i64) (result i32)"],
                ["subscribe-instant", "until", "(param i64) (result i32)"],
                ["now", "now", "(result i64)"],
            ],
        )
}

fn clocks() -> Vec<Case> {
    let sleeps = |body: &str| sleeping(preflight(body, ""));
    let in_slot = sleeping(Handler {
        slot_body: Some("(call $wait (call $sleep (i64.const -1))) (i32.const 4)".to_owned()),
        ..handler()
    });
    let poll = |length: u32| {
        format!("(call $poll (i32.const 700) (i32.const {length}) (i32.const 600)) (i32.const 512)")
    };
    let polled = format!("(i32.store (i32.const 700) (call $sleep (i64.const -1))) {}", poll(1));
    let again = "(loop (call $wait (call $sleep (i64.const 1))) (br 0)) (i32.const 512)";
    let wall = "record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime;";
    let wall = calls(
        "wasi:clocks/wall-clock",
        wall,
        ["now", "(param i32)"],
        "(call $f (i32.const 600)) (i32.const 512)",
    );
    let time = ("out-of-time", "0.4 s");
    let ever = [
        (
            "sleeping for ever",
            "(call $wait (call $sleep (i64.const -1))) (i32.const 512)".to_owned(),
        ),
        (
            "sleeping until the end of time",
            "(call $wait (call $until (i64.const -1))) (i32.const 512)".to_owned(),
        ),
        ("polling for ever", polled),
    ];
    let mut cases: Vec<_> =
        ever.into_iter().map(|(name, body)| case(name, &sleeps(&body), time.0, time.1)).collect();
    cases.extend([
        case("sleeping for ever in slot", &in_slot, "out-of-time", "`slot`"),
        case("sleeping again and again", &sleeps(again), time.0, time.1),
        case("polling for nothing", &sleeps(&poll(0)), "trapped", "`preflight`"),
        case("polling for what is not there", &sleeps(&poll(3)), "trapped", "handle"),
        case("polling for more than there is", &sleeps(&poll(u32::MAX)), "trapped", "`preflight`"),
        case("the time", &sleeps("(drop (call $now)) (i32.const 512)"), "healthy", ""),
        case("the time of day", &wall, "healthy", ""),
    ]);
    cases
}

fn sockets() -> Vec<Case> {
    let network = || handler().wasi("wasi:sockets/network", NETWORK, &[]);
    let create = |kind: &str| {
        let function = format!("create-{kind}-socket");
        let items = format!(
                "use network.{{error-code, ip-address-family}}; use {kind}.{{{kind}-socket}};
            {function}: func(address-family: ip-address-family) -> result<{kind}-socket, error-code>;"
            );
        let handler = network()
            .wasi(&format!("wasi:sockets/{kind}"), &format!("resource {kind}-socket;"), &[])
            .wasi(
                &format!("wasi:sockets/{kind}-create-socket"),
                &items,
                &[[&function, "f", "(param i32 i32)"]],
            );
        Handler {
            preflight_body: Some(format!("(call $f (i32.const 0) (i32.const 600)) {FAILED}")),
            ..handler
        }
    };
    let instance = "use network.{network}; instance-network: func() -> network;";
    let lookup = "use network.{network, error-code}; resource resolve-address-stream;
        resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;";
    let name = network()
        .wasi(
            "wasi:sockets/instance-network",
            instance,
            &[["instance-network", "net", "(result i32)"]],
        )
        .wasi(
            "wasi:sockets/ip-name-lookup",
            lookup,
            &[["resolve-addresses", "f", "(param i32 i32 i32 i32)"]],
        );
    // the name is the text of the handler's path
    let body =
        format!("(call $f (call $net) (i32.const 4096) (i32.const 10) (i32.const 600)) {FAILED}");
    let name = Handler { preflight_body: Some(body), ..name };
    vec![
        case("a TCP socket", &create("tcp"), "healthy", ""),
        case("a UDP socket", &create("udp"), "healthy", ""),
        case("a name to look up", &name, "healthy", ""),
    ]
}

fn floods() -> Vec<Case> {
    let bytes = |interface: &str, function: &str, length: i64| {
        let items = format!("{function}: func(len: u64) -> list<u8>;");
        let body = format!("(call $f (i64.const {length}) (i32.const 600)) (i32.const 512)");
        Handler {
            memory: "64".to_owned(),
            ..calls(interface, &items, [function, "(param i64 i32)"], &body)
        }
    };
    let random = |length| bytes("wasi:random/random", "get-random-bytes", length);
    let insecure = |length| bytes("wasi:random/insecure", "get-insecure-random-bytes", length);
    let seed = "insecure-seed: func() -> tuple<u64, u64>;";
    let seed = calls(
        "wasi:random/insecure-seed",
        seed,
        ["insecure-seed", "(param i32)"],
        "(call $f (i32.const 600)) (i32.const 512)",
    );
    let logs = |body: &str| {
        let mut handler = preflight(body, "");
        handler.imports =
            "(import \"greentic:env-pack/log@0.1.0\" \"log\" (func $log (param i32 i32 i32)))"
                .to_owned();
        handler
    };
    let log_flood =
        "(loop (call $log (i32.const 4) (i32.const 0) (i32.const 65536)) (br 0)) (i32.const 512)";
    let one_message =
        "(call $log (i32.const 4) (i32.const 0) (i32.const 16777216)) (i32.const 512)";
    let one_message = Handler { memory: "512".to_owned(), ..logs(one_message) };
    vec![
        case("random bytes without end", &random(-1), "trapped", "`preflight`"),
        case("weaker random bytes without end", &insecure(-1), "trapped", "`preflight`"),
        case("some random bytes", &random(1000), "healthy", ""),
        case("some weaker random bytes", &insecure(1000), "healthy", ""),
        case("a seed", &seed, "healthy", ""),
        case("a flood of log messages", &logs(log_flood), "out-of-time", "0.4 s"),
        case("a log message of 16 MiB", &one_message, "too-much-output", "bytes in one call"),
    ]
}

/// Imports that are not offered to handlers.
fn not_offered() -> Vec<Case> {
    let instances = [
        "wasi:http/types@0.2.0",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:keyvalue/store@0.2.0-draft",
        "wasi:config/store@0.2.0-draft",
        "wasi:nn/tensor@0.2.0-rc-2024-10-28",
        "wasi:cli/environment@0.3.0",
        "wasi:filesystem/types@0.1.0",
        "wasi:threads/spawn@0.2.0",
        "acme:backdoor/shell@1.0.0",
        "greentic:env-pack-admin/store@0.1.0",
    ];
    let import = |name: &str, ty: &str| {
        let text = format!(
            "(component (import \"{name}\" {ty}) (instance $i) (export \"greentic:env-pack/handler@0.1.0\" (instance $i)))"
        );
        let component = wat::parse_str(text).expect("a component");
        Case::new(
            format!("{name} imported"),
            component,
            "unsupported-import",
            format!("unsupported import `{name}`"),
        )
    };
    let mut cases: Vec<_> = instances.iter().map(|name| import(name, "(instance)")).collect();
    cases.extend([
        import("plain", "(func)"),
        import("module", "(core module)"),
        import("part", "(component)"),
        import("wasi:cli/stdin@0.2.0", "(func)"),
    ]);
    let ours = "(component (import \"greentic:env-pack/secrets@0.1.0\" (instance (export \"read\" (func))))
        (instance $i) (export \"greentic:env-pack/handler@0.1.0\" (instance $i)))";
    let ours = wat::parse_str(ours).expect("a component");
    cases.push(Case::new(
        "an interface of ours that is none",
        ours,
        "wrong-interface",
        "greentic:env-pack/secrets",
    ));
    cases
}
