//! Packs that do not load: the report names the pack, the reason and the next step.

use super::state_pack_fails;
use test_support::Sandbox;
use test_support::wat::Handler;

#[test]
fn a_missing_pack_is_reported() {
    let sandbox = Sandbox::with_local();
    state_pack_fails(
        &sandbox,
        "acme.state.x@1.0.0",
        "/nowhere/x.gtpack",
        "file-not-found",
        "there is no file `/nowhere/x.gtpack`",
    );
    let folder = sandbox.home().join("packs");
    std::fs::create_dir(&folder).expect("a folder");
    state_pack_fails(
        &sandbox,
        "acme.state.x@1.0.0",
        &folder.display().to_string(),
        "not-a-file",
        "is a folder",
    );
    let fifo = sandbox.home().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    state_pack_fails(
        &sandbox,
        "acme.state.x@1.0.0",
        &fifo.display().to_string(),
        "not-a-file",
        "is a FIFO",
    );
    state_pack_fails(&sandbox, "acme.state.x@1.0.0", "/dev/zero", "not-a-file", "is a device");
    let text = sandbox.write("packs/text.gtpack", "not a zip");
    state_pack_fails(
        &sandbox,
        "acme.state.x@1.0.0",
        &text.display().to_string(),
        "zip-end-record",
        "canonical zip profile",
    );
}

/// Asserts the load failure of a pack whose metadata functions misbehave.
#[track_caller]
fn hostile(change: impl FnOnce(&mut Handler), error: &str, reason: &str) {
    let sandbox = Sandbox::with_local();
    let mut handler = Handler::new("state", "acme.state.bad", "^1");
    change(&mut handler);
    let pack = sandbox
        .written_pack("state", "acme.state.bad", "^1", handler.component())
        .display()
        .to_string();
    state_pack_fails(&sandbox, "acme.state.bad@1.0.0", &pack, error, reason);
}

#[test]
fn a_pack_that_traps_is_reported() {
    hostile(
        |handler| handler.slot_body = Some("unreachable".to_owned()),
        "trapped",
        "handler trapped in `slot`",
    );
    hostile(
        |handler| handler.path_body = Some("unreachable".to_owned()),
        "trapped",
        "handler trapped in `descriptor-path`",
    );
}

#[test]
fn a_pack_that_loops_for_ever_is_reported() {
    let endless = "(loop (br 0)) (i32.const 0)";
    hostile(
        |handler| handler.versions_body = Some(endless.to_owned()),
        "out-of-time",
        "more than 1 s",
    );
}

#[test]
fn a_pack_that_exhausts_memory_is_reported() {
    let eats = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) unreachable";
    hostile(
        |handler| handler.slot_body = Some(eats.to_owned()),
        "out-of-memory",
        "more than 256 MiB",
    );
    hostile(|handler| handler.memory = "8192".to_owned(), "out-of-memory", "more than 256 MiB");
}

#[test]
fn a_pack_with_invalid_metadata_is_reported() {
    hostile(
        |handler| handler.path = "Not A Path".to_owned(),
        "wrong-shape",
        "handler returned an invalid answer in `descriptor-path`",
    );
    hostile(
        |handler| handler.versions = "new enough".to_owned(),
        "wrong-shape",
        "handler returned an invalid answer in `supported-versions`",
    );
    hostile(|handler| handler.path = "a".repeat(10_000), "wrong-shape", "10000 bytes long");
    hostile(|handler| handler.slot_body = Some("(i32.const 77)".to_owned()), "trapped", "`slot`");
    hostile(
        |handler| handler.path_body = Some("(i32.const -4)".to_owned()),
        "trapped",
        "`descriptor-path`",
    );
    hostile(
        |handler| handler.path = "acme.state.other".to_owned(),
        "declaration-differs",
        "returns descriptor path `acme.state.other`, but the pack declares `acme.state.bad`",
    );
    hostile(|handler| handler.slot = "secrets", "declaration-differs", "returns slot `secrets`");
}

#[test]
fn a_pack_that_is_not_a_handler_is_reported() {
    let component = |text: &str| wat::parse_str(text).expect("a component");
    #[track_caller]
    fn check(component: Vec<u8>, error: &str, reason: &str) {
        let sandbox = Sandbox::with_local();
        let pack =
            sandbox.written_pack("state", "acme.state.bad", "^1", component).display().to_string();
        state_pack_fails(&sandbox, "acme.state.bad@1.0.0", &pack, error, reason);
    }
    check(component("(component)"), "no-handler", "does not export the handler interface");
    check(component("(module)"), "not-a-component", "core module");
    check(b"\0asm garbage".to_vec(), "not-a-component", "not a WebAssembly component");
    let http = "(component (import \"wasi:http/types@0.2.0\" (instance)))";
    check(component(http), "unsupported-import", "unsupported import `wasi:http/types@0.2.0`");
    let other =
        "(component (instance $i) (export \"greentic:env-pack/handler@0.2.0\" (instance $i)))";
    check(
        component(other),
        "unsupported-wit-version",
        "this host supports `greentic:env-pack/handler@0.1.x`",
    );
    let empty =
        "(component (instance $i) (export \"greentic:env-pack/handler@0.1.0\" (instance $i)))";
    check(component(empty), "wrong-interface", "does not fit the handler interface");
}
