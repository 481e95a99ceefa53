//! A process with too little memory or too few files: "this machine could not" is exit code 2
//! with a hint, and never a fault of the handler.

use super::handler;
use test_support::{Output, Sandbox, run};

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
fn too_little_address_space_is_not_the_fault_of_the_handler() {
    // the engine reserves more for a memory of a guest
    let message = build_under("-v 4000000").refused(2, "not-run");
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
