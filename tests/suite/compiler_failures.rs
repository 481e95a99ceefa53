//! Components on which the compiler panics or crashes. The user learns that it is a bug of the
//! compiler, and no path of the machine that built this program.

use env_pack_domain::Sha256Digest;
use gtc_engine::{Engine, EngineLimits, EngineSettings, LoadError, Provenance, Worker};

use crate::composed_components::panics_the_compiler;
use test_support::engines::settings;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, text};

const FAILED: &str = "the compiler failed on this component: ";

/// Returns an engine whose worker is this shell script.
fn engine_with_worker(sandbox: &mut Sandbox, script: &str) -> Engine {
    sandbox.program("failing-worker", script);
    let worker = Worker::Program(sandbox.home().join("bin/failing-worker"));
    Engine::new(EngineSettings { worker, compiled: None, ..settings(EngineLimits::default()) })
}

fn with_cause(error: &LoadError) -> String {
    env_pack_domain::with_causes(error).to_string()
}

#[test]
fn the_exit_of_a_worker_decides_who_failed() {
    let mut sandbox = Sandbox::new();
    let component = Handler::new("state", "test.state.unlucky", "^1").component();
    let digest = Sha256Digest::compute(&component);
    for (script, compiling, printing, says) in [
        ("echo boom >&2; exit 101", "compiler-failed", "wit-printer-failed", "component: boom"),
        ("kill -SEGV $$", "compiler-failed", "wit-printer-failed", "component: signal: 11"),
        ("echo late >&2; exit 7", "compiler-failed", "wit-printer-failed", "exit status: 7: late"),
        ("echo no >&2; exit 3", "does-not-compile", "does-not-compile", "no"),
        ("kill -ABRT $$", "compile-out-of-memory", "compile-out-of-memory", "MiB of memory"),
        ("kill -XCPU $$", "compile-out-of-time", "compile-out-of-time", "to compile"),
        ("echo odd >&2; exit 4", "worker-failed", "worker-failed", "odd"),
        ("kill -KILL $$", "host-resources", "host-resources", "was killed"),
    ] {
        let engine = engine_with_worker(&mut sandbox, script);
        let error = engine.load(&component, &digest, Provenance::External).expect_err("no code");
        assert_eq!(error.kind(), compiling, "{script}: {error}");
        assert_contains(&with_cause(&error), &[says]);
        let error = engine.print_wit(&component).expect_err("no WIT");
        assert_eq!(error.kind(), printing, "{script}: {error}");
        assert_contains(&with_cause(&error), &[says]);
    }
}

/// The message and the hint of a compiler that failed are of use to the user.
#[track_caller]
fn assert_explained(texts: &str) {
    assert_contains(
        texts,
        &[FAILED, "invalid adapter module generated", "report it to the maintainers of `gtc`"],
    );
    for word in ["panicked", ".rs:", ".cargo", "RUST_BACKTRACE", "do not trust"] {
        assert!(!texts.contains(word), "`{word}`: {texts}");
    }
}

#[test]
fn a_panic_of_the_compiler_is_reported_as_its_bug() {
    let sandbox = Sandbox::with_local();
    let component = sandbox.write("unlucky.wasm", panics_the_compiler()).display().to_string();
    let build =
        ["pack", "build", "--component", &component, "--version", "1.0.0", "-o", "x.gtpack"];
    let built = sandbox.human(build).exited(1);
    assert_explained(&built.stderr);
    sandbox.gtc(build).refused(1, "compiler-failed");

    let pack = sandbox
        .written_pack("state", "test.state.composed", "^1", panics_the_compiler())
        .display()
        .to_string();
    let validated = sandbox.gtc(["pack", "validate", &pack]).exited(1).result();
    let finding = &validated["packs"][0]["findings"][0];
    assert_eq!(finding["code"], "compiler-failed", "{validated}");
    assert_contains(text(&finding["message"]), &[FAILED]);
    let update = sandbox.env_packs().update("state").kind("test.state.composed@1.0.0");
    let message = update.pack_ref(&pack).refused(1, "compiler-failed");
    assert_contains(&message, &[FAILED]);
    for (verb, code) in [("bench", 1), ("test", 2)] {
        assert_explained(&sandbox.human(["pack", verb, &pack]).exited(code).stderr);
    }
    let update = sandbox.env_packs().update("state").kind("test.state.composed@1.0.0");
    update.pack_ref(&pack).arg("--no-fetch").succeeded();
    let checked = sandbox.env().doctor().exited(1).result();
    assert_explained(&checked["load_failures"].to_string());
}
