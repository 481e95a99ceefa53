//! Deep recursion on a stack that is smaller than a guest may use: the guest ends, not
//! the host.

use std::thread;

use gtc_engine::Engine;

use super::{Case, engine, entry_points, handler, outcome};
use test_support::{Sandbox, gtc, repository, run};

/// The stack of a thread with less space than a guest may use, in bytes.
const SMALL: usize = 192 << 10;

/// The cases that recurse deeply.
fn deep() -> impl Iterator<Item = Case> {
    entry_points::cases().into_iter().filter(|case| case.name.starts_with("endless depth"))
}

#[test]
fn deep_recursion_is_a_fault_on_a_small_thread() {
    let work = || {
        let (engine, _) = engine(&repository().join("target/tmp/suite-cache/compiled"));
        assert_eq!(outcome(&engine, Engine::load, &handler().component()).0, "healthy");
        for Case { name, component, kind, says } in deep() {
            let (found, said) = outcome(&engine, Engine::load, &component);
            assert_eq!(found, kind, "{name}: {said}");
            assert!(said.contains(&says), "{name}: {said}");
        }
    };
    thread::Builder::new()
        .stack_size(SMALL)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no panic");
}

#[test]
fn deep_recursion_is_a_fault_under_a_small_ulimit() {
    let sandbox = Sandbox::new().with_own_cache();
    let build = |component: &[u8]| {
        let component = sandbox.write("handler.wasm", component);
        let gtc = gtc();
        let line = format!(
            "ulimit -s 256; exec {gtc} pack build --component {} --version 1.0.0",
            component.display()
        );
        run(sandbox.command("sh").args(["-c", &line]))
    };
    build(&handler().component()).succeeded();
    for Case { name, component, kind, .. } in
        deep().filter(|case| !case.says.contains("`preflight`"))
    {
        let ran = build(&component);
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        let message = ran.refused(1, kind);
        assert!(message.contains("call stack exhausted"), "{name}: {message}");
    }
}
