//! A process with too little memory or too few files: "this machine could not" is exit code 2
//! with a hint, and never a fault of the handler.

use gtc_engine::{Engine, EngineLimits, EngineSettings};
use test_support::engines::{context, load, settings};
use test_support::footprint::alone_under;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, packs, run};

use super::handler;

/// The file descriptors of a process that loads more handlers.
const DESCRIPTORS: &str = "-n 24";
/// More handlers than it could map at the same time.
const HANDLERS: usize = 40;

/// Builds a pack of a harmless handler under a limit of `ulimit`.
fn build_under(limit: &str) -> Output {
    let sandbox = Sandbox::new().with_own_cache();
    let component = sandbox.write("handler.wasm", handler().component());
    let gtc = test_support::gtc();
    let line = format!(
        "ulimit {limit}; exec {gtc} pack build --component {} --version 1.0.0",
        component.display()
    );
    run(sandbox.command("sh").args(["-c", &line]))
}

#[test]
fn an_address_space_of_3_gib_is_enough() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.valid_pack("state", "acme.state.small", "^1").display().to_string();
    sandbox.env_packs().update("state").kind("acme.state.small@1.0.0").pack_ref(&pack).succeeded();
    let validate = format!("pack validate {pack}");
    for arguments in [&validate, "op env doctor local", "op env tool-check local"] {
        let line = format!("ulimit -v 3145728; exec {} {arguments}", test_support::gtc());
        run(sandbox.command("sh").args(["-c", &line])).succeeded();
    }
}

#[test]
fn too_little_address_space_is_not_the_fault_of_the_handler() {
    // the engine reserves 256 MiB and guard pages for a memory of a guest, and needs 500 MB in all
    let message = build_under("-v 400000").refused(2, "not-run");
    assert!(
        message.contains("this machine could not provide what it needs: Cannot allocate"),
        "{message}"
    );
}

#[test]
fn too_few_open_files_are_not_the_fault_of_the_handler() {
    let message = build_under("-n 6").refused(2, "host-resources");
    assert!(message.contains("could not run a worker process: Too many open files"), "{message}");
    assert!(message.contains("`ulimit -a`"), "{message}");
}

#[test]
fn too_few_files_to_load_a_pack_are_not_findings() {
    let sandbox = Sandbox::with_local();
    for verb in ["doctor", "tool-check"] {
        let line = format!("ulimit -n 4; exec {} op env {verb} local", test_support::gtc());
        let report = run(sandbox.command("sh").args(["-c", &line])).exited(2).stdout;
        let message = "this machine could not map the compiled code: Too many open files";
        assert!(report.contains(message), "{report}");
    }
}

#[test]
fn too_few_files_for_a_pack_or_a_tool_are_not_their_fault() {
    let mut sandbox = Sandbox::with_local();
    let pack = sandbox.built_pack(test_artifacts::vault(), "0.4.2", &[]);
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.2");
    update.pack_ref(pack).grant_declared().succeeded();
    sandbox.program("vault", "echo 'Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z'");
    let mut enough = 0;
    for descriptors in 4..24 {
        for verb in ["doctor", "tool-check"] {
            let gtc = test_support::gtc();
            let line = format!("ulimit -n {descriptors}; exec {gtc} op env {verb} local");
            let output = run(sandbox.command("sh").args(["-c", &line]));
            let text = format!("{}{}", output.stdout, output.stderr);
            if text.contains("Too many open files") {
                assert_eq!(output.code, 2, "with {descriptors} descriptors: {text}");
                assert!(!text.contains("permissions of the file"), "{text}");
            } else {
                enough += 1;
            }
        }
    }
    assert!((1..40).contains(&enough), "{enough} of 40 runs had enough");
}

fn extension(number: usize) -> Handler {
    Handler::new("extension", &format!("acme.many.n{number}"), "^1")
}

#[test]
fn handlers_may_outnumber_the_file_descriptors() {
    let sandbox = Sandbox::with_local();
    const LIMIT: &str = "archive.handlers=100";
    let handlers: Vec<_> = (0..HANDLERS).map(extension).collect();
    let pack = sandbox.write("many.gtpack", packs::archive_of(&handlers));
    for handler in [&handlers[0], &handlers[HANDLERS - 1]] {
        let kind = format!("{}@1.0.0", handler.path);
        sandbox.extensions().add().kind(&kind).pack_ref(&pack).limit(LIMIT).succeeded();
    }
    for verb in ["doctor", "tool-check"] {
        let gtc = test_support::gtc();
        let line = format!("ulimit {DESCRIPTORS}; exec {gtc} op env {verb} local --limit {LIMIT}");
        run(sandbox.command("sh").args(["-c", &line])).succeeded();
    }
}

#[test]
fn handlers_without_a_cache_may_outnumber_the_file_descriptors() {
    alone_under(DESCRIPTORS, "hostile::small_limits::handlers_without_a_cache");
}

#[test]
#[ignore = "`handlers_without_a_cache_may_outnumber_the_file_descriptors` runs it"]
fn handlers_without_a_cache() {
    let engine =
        Engine::new(EngineSettings { compiled: None, ..settings(EngineLimits::default()) });
    let handlers: Vec<_> =
        (0..HANDLERS).map(|number| load(&engine, &extension(number).component()).handler).collect();
    for handler in &handlers {
        assert_eq!(handler.preflight(&context()).expect("an answer").checks, []);
    }
}

#[test]
fn code_that_is_gone_is_not_the_fault_of_the_handler() {
    alone_under(DESCRIPTORS, "hostile::small_limits::code_that_is_gone");
}

#[test]
#[ignore = "`code_that_is_gone_is_not_the_fault_of_the_handler` runs it"]
fn code_that_is_gone() {
    let cache = std::env::current_dir().expect("a folder").join("compiled");
    let settings = settings(EngineLimits::default());
    let engine = Engine::new(EngineSettings { compiled: Some(cache.clone()), ..settings });
    let handlers: Vec<_> =
        (0..HANDLERS).map(|number| load(&engine, &extension(number).component()).handler).collect();
    std::fs::remove_dir_all(&cache).expect("it is ours");
    // it stays mapped
    assert_eq!(handlers[0].preflight(&context()).expect("an answer").checks, []);
    let fault = handlers[HANDLERS - 1].preflight(&context()).expect_err("its code is gone");
    assert_eq!(fault.kind(), "not-run");
    assert!(fault.to_string().contains("was removed from the cache"), "{fault}");
}
