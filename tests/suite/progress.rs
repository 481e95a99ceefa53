//! Progress of long work on a terminal: it is shown, and erased afterwards.

use std::process::Command;

use test_support::terminal::talk;
use test_support::wat::Handler;
use test_support::{Sandbox, run};

const PATH: &str = "test.state.slow";
/// The escape sequence that erases a line.
const ERASED: &str = "\u{1b}[2K";

/// A handler with so many functions that its compilation is slow enough to be shown.
fn slow_to_compile() -> Vec<u8> {
    let step = |at: usize| {
        format!("(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const {at})) (i32.const {at})))")
    };
    let body: String = (1..400).map(step).collect();
    let function = format!("(func (param i32) (result i32) {body} (local.get 0))");
    Handler { fields: function.repeat(1500), ..Handler::new("state", PATH, "^1") }.component()
}

/// Binds a pack that takes long to compile.
fn bind_slow_pack<T>(flags: &[&str], run: impl FnOnce(&mut Command) -> T) -> T {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.written_pack("state", PATH, "^1", slow_to_compile());
    let update = sandbox.env_packs().update("state").kind(format!("{PATH}@1.0.0"));
    run(update.pack_ref(pack).args(flags).command().env("TERM", "xterm"))
}

/// Binds the pack at a terminal, and returns all that was written to the screen.
fn screen(flags: &[&str]) -> String {
    let (code, screen) = bind_slow_pack(flags, |command| talk(command, ""));
    assert_eq!(code, 0, "{screen}");
    screen
}

#[test]
fn long_compilation_is_shown_and_erased() {
    let screen = screen(&[]);
    let (_, last) = screen
        .rsplit_once("compiling a component of ")
        .unwrap_or_else(|| panic!("not shown: {screen}"));
    assert!(last.contains(" MiB, once "), "{screen}");
    let (_, after) = last.rsplit_once(ERASED).unwrap_or_else(|| panic!("not erased: {screen}"));
    assert!(after.contains(PATH), "{screen}");
}

#[test]
fn quiet_hides_progress() {
    let screen = screen(&["--quiet"]);
    assert!(
        screen.contains(PATH) && !screen.contains("compiling") && !screen.contains(ERASED),
        "{screen}"
    );
}

#[test]
fn no_progress_off_a_terminal() {
    assert_eq!(bind_slow_pack(&[], run).succeeded().stderr, "");
}
