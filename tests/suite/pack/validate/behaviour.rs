//! Packs whose handler misbehaves when it runs.

use super::declarations::{asking, pack_of_handlers};
use super::{Broken, handler, pack_of};
use test_support::wat::Handler;

/// The address of the list of checks.
const LIST: u32 = 8192;
const LOOP: &str = "(loop (br 0)) (i32.const 0)";
const EXIT: &str = "(call $exit (i32.const 0)) (i32.const 0)";
/// A text of 16 MiB.
const HUGE: &str = "(i32.store (i32.const 600) (i32.const 0)) (i32.store (i32.const 604) (i32.const 16777216)) (i32.const 600)";

pub fn broken() -> Vec<Broken> {
    let mut broken = metadata();
    broken.extend(preflights());
    broken.extend(changing());
    broken.extend(refused());
    broken.extend(many_handlers());
    broken
}

/// Packs with many slow handlers.
fn many_handlers() -> Vec<Broken> {
    let path = |at: usize| format!("test.state.x{at}");
    let many = (0..33).map(|at| Handler { path: path(at), ..handler() });
    let looping = (0..20).map(|at| Handler { path: path(at), ..slot(LOOP) });
    let waiting = (0..20).map(|at| Handler { path: path(at), ..preflight(LOOP) });
    vec![
        Broken::new("too-many-handlers", "33 handlers", pack_of_handlers(many)),
        Broken::new("handlers-not-run", "20 handlers that loop", pack_of_handlers(looping))
            .alongside(&["metadata-out-of-time"]),
        Broken::new("handlers-not-run", "20 that loop in preflight", pack_of_handlers(waiting))
            .alongside(&["preflight-out-of-time"]),
    ]
}

fn exiting(handler: Handler) -> Handler {
    handler.wasi("wasi:cli/exit", "exit: func(status: result);", &[["exit", "exit", "(param i32)"]])
}

fn slot(body: &str) -> Handler {
    Handler { slot_body: Some(body.to_owned()), ..handler() }
}

fn preflight(body: &str) -> Handler {
    Handler { preflight_body: Some(body.to_owned()), ..handler() }
}

fn broken_by(code: &'static str, handler: &Handler) -> Broken {
    Broken::new(code, code, pack_of(handler.component()))
}

fn metadata() -> Vec<Broken> {
    let asks = "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env (param i32)))";
    let asks =
        Handler { imports: asks.to_owned(), ..slot("(call $env (i32.const 600)) (i32.const 4)") };
    let huge = Handler { memory: "512".to_owned(), path_body: Some(HUGE.to_owned()), ..handler() };
    vec![
        broken_by("metadata-trapped", &slot("(unreachable)")),
        broken_by("metadata-exited", &exiting(slot(EXIT))),
        broken_by("metadata-out-of-time", &slot(LOOP)),
        broken_by("metadata-out-of-memory", &Handler { memory: "4097".to_owned(), ..handler() }),
        broken_by(
            "metadata-too-many",
            &Handler { fields: "(table 200001 funcref)".to_owned(), ..handler() },
        ),
        broken_by("metadata-too-much-output", &huge),
        broken_by("metadata-wrong-shape", &Handler { path: "A.B".to_owned(), ..handler() }),
        broken_by("metadata-forbidden-import", &asks),
    ]
}

fn preflights() -> Vec<Broken> {
    let grow = "(loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1)))) (unreachable)";
    let grow = Handler { fields: "(table $t 1 funcref)".to_owned(), ..preflight(grow) };
    vec![
        broken_by("preflight-trapped", &preflight("(unreachable)")),
        broken_by("preflight-exited", &exiting(preflight(EXIT))),
        broken_by("preflight-out-of-time", &preflight(LOOP)),
        broken_by(
            "preflight-out-of-memory",
            &preflight("(drop (memory.grow (i32.const 8192))) (unreachable)"),
        ),
        broken_by("preflight-too-many", &grow),
        broken_by(
            "preflight-too-much-output",
            &Handler { memory: "64".to_owned(), ..preflight(&list(257, "")) },
        ),
        broken_by("preflight-wrong-shape", &preflight(&list(1, ""))),
    ]
}

/// A preflight that runs this code and returns a list of `count` checks.
fn list(length: u32, first: &str) -> String {
    format!(
        "{first} (i32.store (i32.const 600) (i32.const {LIST})) (i32.store (i32.const 604) (i32.const {length}))
        (i32.const 600)"
    )
}

/// Stores a check with this outcome; its name is the eight letters at address 700.
fn check(outcome: u32) -> String {
    format!(
        "(i32.store (i32.const {LIST}) (i32.const 700)) (i32.store (i32.const {}) (i32.const 8))
        (i32.store (i32.const {}) (i32.const {outcome}))",
        LIST + 4,
        LIST + 16
    )
}

fn changing() -> Vec<Broken> {
    let random = |handler: Handler| {
        let function = [["get-random-u64", "random", "(result i64)"]];
        handler.wasi("wasi:random/random", "get-random-u64: func() -> u64;", &function)
    };
    let letters = "(i64.add (i64.const 0x6161616161616161) (i64.and (i64.const 0x0f0f0f0f0f0f0f0f) (call $random)))";
    let name = format!("(i64.store (i32.const 700) {letters}) {}", check(0));
    let path = format!("(i64.store (i32.const 4107) {letters}) (i32.const 0)");
    let path = random(Handler {
        path: "test.state.xxxxxxxx".to_owned(),
        path_body: Some(path),
        ..handler()
    });
    vec![
        broken_by("metadata-changes", &path).alongside(&["descriptor-path-differs"]),
        broken_by("preflight-changes", &random(preflight(&list(1, &name)))),
    ]
}

/// Calls of the host that are refused: the program `test`, and port 80 of the host `test`.
fn refused() -> Vec<Broken> {
    let probe =
        "(call $probe (i32.const 4096) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 800))";
    let reach = "(call $reach (i32.const 4096) (i32.const 4) (i32.const 80) (i32.const 800))";
    let named = "(i64.store (i32.const 700) (i64.const 0x6161616161616161))";
    let failing = |ask: &str| preflight(&list(1, &format!("{ask} {named} {}", check(5))));
    let passing = |ask: &str| preflight(&list(1, &format!("{ask} {named} {}", check(0))));
    let broken = |code, handler: &Handler, tools: &[&str], network: &[&str]| {
        Broken::new(code, format!("{code} {tools:?} {network:?}"), asking(handler, tools, network))
    };
    vec![
        broken("preflight-ignores-refusal", &passing(probe), &["test"], &[]),
        broken("preflight-ignores-refusal", &passing(reach), &[], &["test:80"]),
        broken("command-not-declared", &failing(probe), &["test version"], &[]),
        broken("address-not-declared", &failing(reach), &[], &["test:81"]),
    ]
}
