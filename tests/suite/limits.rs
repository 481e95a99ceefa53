//! Each limit of the sandbox is in force: with a tighter limit, a healthy handler fails,
//! and the message names the limit.

use std::time::Duration;

use env_pack_domain::Sha256Digest;
use gtc_engine::{EngineLimits, Provenance};

use test_support::engines::{context, engine};
use test_support::wat::Handler;

/// Returns the outcome of a component under these limits: `healthy`, or the fault.
fn outcome(component: &[u8], limits: EngineLimits) -> String {
    let engine = engine(limits);
    match engine.load(component, &Sha256Digest::compute(component), Provenance::External) {
        Err(error) => error.to_string(),
        Ok(loaded) => match loaded.handler.preflight(&context()) {
            Err(fault) => fault.to_string(),
            Ok(_) => "healthy".to_owned(),
        },
    }
}

/// Checks a handler that is healthy, but not under the tighter limit.
#[track_caller]
fn check(component: &[u8], tighter: impl FnOnce(&mut EngineLimits), says: &str) {
    assert_eq!(outcome(component, EngineLimits::default()), "healthy");
    let mut limits = EngineLimits::default();
    tighter(&mut limits);
    let found = outcome(component, limits);
    assert!(found.contains(says), "`{says}` was expected, not `{found}`");
}

fn handler() -> Handler {
    Handler::new("state", "test.state.limits", "^1")
}

fn with_preflight(body: &str) -> Vec<u8> {
    Handler { preflight_body: Some(body.to_owned()), memory: "64".to_owned(), ..handler() }
        .component()
}

/// A preflight with one check, whose name has ten bytes.
fn one_check() -> Vec<u8> {
    with_preflight(
        "(i32.store (i32.const 8192) (i32.const 4096)) (i32.store (i32.const 8196) (i32.const 10))
        (i32.store (i32.const 600) (i32.const 8192)) (i32.store (i32.const 604) (i32.const 1)) (i32.const 600)",
    )
}

#[test]
fn memory() {
    check(&handler().component(), |limits| limits.memory_bytes = 3 << 16, "ran out of memory");
    check(
        &with_preflight("(drop (memory.grow (i32.const 16))) (i32.const 512)"),
        |_| (),
        "healthy",
    );
    let insists = "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable))) (i32.const 512)";
    check(
        &with_preflight(insists),
        |limits| limits.memory_bytes = (64 << 16) + 1,
        "ran out of memory in `preflight`",
    );
}

#[test]
fn growth_beyond_the_declared_maximum_uses_no_budget() {
    // 5,000 attempts beyond its own maximum, together twice the memory limit
    let body =
        "(local $n i32) (loop (drop (memory.grow (i32.const 2))) (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 5000)))) unreachable";
    let component =
        Handler { preflight_body: Some(body.to_owned()), memory: "4 5".to_owned(), ..handler() }
            .component();
    let found = outcome(&component, EngineLimits::default());
    assert!(found.contains("trapped in `preflight`") && found.contains("unreachable"), "{found}");
}

#[test]
fn tables_and_their_elements() {
    let mut handler = handler();
    handler.fields = "(table 100 funcref)".to_owned();
    let component = handler.component();
    check(&component, |limits| limits.table_elements = 99, "more than 99 table elements");
    check(&component, |limits| limits.tables = 0, "more than 0 tables");
}

#[test]
fn instances_and_memories() {
    check(&handler().component(), |limits| limits.instances = 0, "more than 0 instances");
    check(&handler().component(), |limits| limits.memories = 0, "more than 0 memories");
}

#[test]
fn handles() {
    let handler = handler()
        .wasi("wasi:io/streams", "resource output-stream; resource input-stream;", &[])
        .wasi(
            "wasi:cli/stdout",
            "use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream;",
            &[["get-stdout", "stdout", "(result i32)"]],
        );
    let body = "(drop (call $stdout)) (drop (call $stdout)) (i32.const 512)";
    let component = Handler { preflight_body: Some(body.to_owned()), ..handler }.component();
    check(&component, |limits| limits.handles = 1, "more than 1 handles");
}

#[test]
fn stack() {
    let mut handler = handler();
    // 2,000 nested calls with some tens of bytes each
    handler.preflight_body =
        Some("(drop (call $down (i32.const 2000))) (i32.const 512)".to_owned());
    handler.fields = "(func $down (param i32) (result i32) (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))"
        .to_owned();
    check(&handler.component(), |limits| limits.stack_bytes = 32 << 10, "call stack exhausted");
}

#[test]
fn time() {
    // computes for at least a tenth of a second, or until its deadline
    let mut handler = handler();
    let busy = "(local $n i32) (loop (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 100000000))))";
    handler.preflight_body = Some(format!("{busy} (i32.const 512)"));
    check(
        &handler.component(),
        |limits| limits.preflight_time = Duration::from_millis(1),
        "more than 0.001 s",
    );
    handler.preflight_body = None;
    handler.slot_body = Some(format!("{busy} (i32.const 4)"));
    check(
        &handler.component(),
        |limits| limits.metadata_time = Duration::from_millis(1),
        "more than 0.001 s",
    );
}

#[test]
fn returned_data() {
    check(&one_check(), |limits| limits.text_bytes = 9, "a text of 10 bytes");
    check(&one_check(), |limits| limits.checks = 0, "1 checks, more than 0");
    check(&one_check(), |limits| limits.copied_bytes = 40, "more than 40 bytes in one call");
}

/// A handler that can write to its standard output as `$write (call $stdout)`.
fn printing() -> Handler {
    let write = "blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;";
    let streams = format!(
        "use error.{{error}}; variant stream-error {{ last-operation-failed(error), closed }}
        resource output-stream {{ {write} }} resource input-stream;"
    );
    let handler = handler().wasi("wasi:io/error", "resource error;", &[]).wasi(
        "wasi:io/streams",
        &streams,
        &[["[method]output-stream.blocking-write-and-flush", "write", "(param i32 i32 i32 i32)"]],
    );
    handler.wasi(
        "wasi:cli/stdout",
        "use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream;",
        &[["get-stdout", "stdout", "(result i32)"]],
    )
}

#[test]
fn logged_text() {
    // a full stream is an error for the guest, but does not end it
    let body = "(call $write (call $stdout) (i32.const 0) (i32.const 4096) (i32.const 600))
        (if (i32.load8_u (i32.const 600)) (then (unreachable))) (i32.const 512)";
    let component = Handler { preflight_body: Some(body.to_owned()), ..printing() }.component();
    check(
        &component,
        |limits| limits.log_bytes = 4095,
        "more than 4095 bytes on standard output or error",
    );
}

#[test]
fn the_last_message_is_reported() {
    // this text is the path of the handler
    let body =
        "(call $write (call $stdout) (i32.const 4096) (i32.const 17) (i32.const 600)) unreachable";
    let found = outcome(
        &Handler { preflight_body: Some(body.to_owned()), ..printing() }.component(),
        EngineLimits::default(),
    );
    assert!(found.contains("unreachable") && found.contains("test.state.limits"), "{found}");
    // only the end of a long output is reported, after an ellipsis
    let body = format!("{} {body}", body.replace("17", "4096").replace("unreachable", ""));
    let found = outcome(
        &Handler { preflight_body: Some(body), ..printing() }.component(),
        EngineLimits::default(),
    );
    assert!(found.contains("message: …") && found.contains("test.state.limits"), "{found}");
}

#[test]
fn complexity_and_compilation() {
    let component =
        Handler { preflight_body: Some("(i32.const 512)".to_owned()), ..handler() }.component();
    // cached code is not checked again
    let mut unseen = handler();
    unseen.path = format!("test.state.x{}", std::process::id());
    let unseen = unseen.component();
    let mut limits = EngineLimits::default();
    limits.complexity.functions = 1;
    let found = outcome(&unseen, limits);
    assert!(found.contains("functions, more than 1"), "{found}");
    assert_eq!(outcome(&component, EngineLimits::default()), "healthy");
}

/// The authoring guide states the default limits.
#[test]
fn the_guide_lists_the_actual_limits() {
    let guide = std::fs::read_to_string(test_support::repository().join("docs/authoring.md"))
        .expect("the guide");
    let limits = EngineLimits::default();
    let seconds = |time: Duration| time.as_secs();
    for row in [
        format!("the three metadata functions | {} second |", seconds(limits.metadata_time)),
        format!("its programs and connections | {} seconds |", seconds(limits.preflight_time)),
        format!(
            "one program | {} seconds, and {} KiB of each output |",
            seconds(limits.tool_time),
            limits.text_bytes >> 10
        ),
        format!("one connection | {} seconds |", seconds(limits.connect_time)),
        format!("in one preflight | {} |", limits.probes),
        format!("memory | {} MiB |", limits.memory_bytes >> 20),
        format!("one text in them | {}; {} KiB |", limits.checks, limits.text_bytes >> 10),
        format!("of one preflight | {} KiB |", limits.log_bytes >> 10),
    ] {
        assert!(guide.contains(&row), "the guide does not say: {row}");
    }
}
