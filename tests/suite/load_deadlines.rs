//! Deadlines for loading the handlers of a pack, and for all packs of a command.

use std::path::PathBuf;

use test_support::packs::archive_of;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, text};

/// The time that a slow handler sleeps whenever it is asked for its slot, in nanoseconds.
const SLEEP: &str = "200000000";
const KIND: &str = "acme.state.n0@1.0.0";

/// Lets a handler import `$sleep`, which creates a pollable for some nanoseconds, and `$wait`,
/// which waits for it.
fn with_clock(handler: Handler) -> Handler {
    let poll = [["[method]pollable.block", "wait", "(param i32)"]];
    let clock = [["subscribe-duration", "sleep", "(param i64) (result i32)"]];
    let clock_items = "use wasi:io/poll@0.2.0.{pollable};
        subscribe-duration: func(when: u64) -> pollable;";
    handler.wasi("wasi:io/poll", "resource pollable { block: func(); }", &poll).wasi(
        "wasi:clocks/monotonic-clock",
        clock_items,
        &clock,
    )
}

/// A handler that is slow to tell its slot.
fn slow(number: usize) -> Handler {
    let slot = format!("(call $wait (call $sleep (i64.const {SLEEP}))) (i32.const 4)");
    let handler = Handler::new("state", &format!("acme.state.n{number}"), "^1");
    with_clock(Handler { slot_body: Some(slot), ..handler })
}

/// A pack of 32 slow handlers, which need six seconds.
fn slow_pack(sandbox: &Sandbox) -> PathBuf {
    let handlers: Vec<_> = (0..32).map(slow).collect();
    sandbox.write("packs/slow.gtpack", archive_of(&handlers))
}

/// Allows a pack three seconds: one for loading, and two for compiling.
fn briefly(verb: Gtc<'_>) -> Gtc<'_> {
    verb.limit("pack.load-time=1s")
        .limit("compile.seconds=1")
        .limit("compile.seconds-per-mib=1")
        .limit("handler.metadata-time=60s")
}

/// Allows a command a few milliseconds.
fn at_once(verb: Gtc<'_>) -> Gtc<'_> {
    verb.limit("command.time=1ms").limit("command.time-per-pack=1ms")
}

/// Binds a pack without being in a hurry.
fn update<'a>(sandbox: &'a Sandbox, slot: &str, kind: &str, pack: PathBuf) -> Gtc<'a> {
    let update = sandbox.env_packs().update(slot).kind(kind).pack_ref(pack);
    update.limit("pack.load-time=3600s").limit("handler.metadata-time=60s")
}

/// Requires a sentence that says how many of the 32 slow handlers were loaded.
#[track_caller]
fn tells_how_many(sentence: &str) {
    let (_, rest) = sentence.split_once("loading ").expect(sentence);
    let (loaded, rest) = rest.split_once(" of its 32 handlers took longer than ").expect(sentence);
    assert!(rest.starts_with("the 3 s for all of them"), "{sentence}");
    let loaded: usize = loaded.parse().expect(sentence);
    assert!((1..32).contains(&loaded), "{sentence}");
}

#[test]
fn slow_handlers_of_a_pack_share_one_deadline() {
    let sandbox = Sandbox::with_local();
    let pack = slow_pack(&sandbox);
    let again = sandbox.env_packs().update("state").kind(KIND).pack_ref(&pack);
    let message = briefly(again).refused(2, "pack-out-of-time");
    tells_how_many(&message);
    assert!(message.contains("`--limit pack.load-time=<time>`"), "{message}");
    update(&sandbox, "state", KIND, pack).succeeded();
    let doctor = briefly(sandbox.env().doctor()).exited(2).result();
    assert_eq!(doctor["load_failures"][0]["error"], "pack-out-of-time");
    tells_how_many(text(&doctor["load_failures"][0]["reason"]));
    let checked = briefly(sandbox.env().tool_check()).exited(2).result();
    tells_how_many(text(&checked["unresolved_bindings"][0]["error"]));
}

#[test]
fn a_pack_with_one_handler_has_all_the_time_of_its_handler() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write("packs/slow.gtpack", archive_of(&[slow(0)]));
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(pack);
    update.limit("pack.load-time=1ms").limit("handler.metadata-time=60s").succeeded();
}

#[test]
fn packs_after_the_deadline_of_a_command_are_named() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write("packs/slow.gtpack", archive_of(&[slow(0)]));
    update(&sandbox, "state", KIND, pack.clone()).succeeded();
    let other = sandbox.valid_pack("revocation", "acme.revocation.last", "^1");
    let add = sandbox.env_packs().add("revocation").kind("acme.revocation.last@1.0.0");
    add.pack_ref(&other).succeeded();
    let doctor = at_once(sandbox.env().doctor()).exited(2).result();
    let last = doctor["load_failures"].as_array().expect("a list").last().expect("one");
    assert_eq!(last["pack_ref"], other.to_str().expect("UTF-8"));
    assert_eq!(last["error"], "command-out-of-time");
    assert_eq!(
        last["reason"],
        "it was not loaded, because the packs before it took longer than 7 ms"
    );
    assert!(text(&last["next"]).contains("`--limit command.time=<time>`"), "{last}");
    let checked = at_once(sandbox.env().tool_check()).exited(2).result();
    let unresolved = checked["unresolved_bindings"].as_array().expect("a list");
    let error = text(&unresolved.last().expect("one")["error"]);
    assert!(error.contains("took longer than 7 ms"), "{error}");
    let validate = sandbox.pack().validate(&pack).arg(&other);
    let validated = at_once(validate.limit("handler.metadata-time=60s")).exited(2).result();
    let failure = &validated["packs"][1]["failure"];
    assert_eq!(failure["kind"], "command-out-of-time");
    assert_eq!(failure["message"], "not examined: the packs before it took longer than 3 ms");
    // the built-in packs are always loaded, and the others with the default limits
    sandbox.env().doctor().succeeded();
}

#[test]
fn preflights_after_the_deadline_of_a_command_are_named() {
    let sandbox = Sandbox::with_local();
    let sleeps = "(call $wait (call $sleep (i64.const -1))) (i32.const 512)".to_owned();
    let handler = Handler::new("state", "acme.state.n0", "^1");
    let endless = with_clock(Handler { preflight_body: Some(sleeps), ..handler });
    let pack = sandbox.write("packs/endless.gtpack", endless.archive());
    update(&sandbox, "state", KIND, pack).succeeded();
    let check = sandbox.env().tool_check().limit("handler.preflight-time=3600s");
    let report = check.limit("command.time=5s").limit("command.time-per-pack=1ms").exited(2);
    let report = report.result();
    assert_eq!(report["interrupted"], false);
    let checked = report["bindings"].as_array().expect("a list");
    let state = checked.iter().find(|binding| binding["slot"] == "state").expect("it is bound");
    assert_eq!(state["fault"]["kind"], "command-out-of-time");
    assert_eq!(
        state["fault"]["message"],
        "not checked: the command took longer than 5005 ms; allow more with `--limit command.time=<time>`"
    );
    let ready = checked.iter().filter(|binding| binding["fault"].is_null()).count();
    assert_eq!(ready, 4);
}

#[test]
fn a_benchmark_has_a_deadline() {
    let sandbox = Sandbox::new();
    let handlers = ["acme.state.a", "acme.state.b"].map(|path| Handler::new("state", path, "^1"));
    let pack = sandbox.write("packs/two.gtpack", archive_of(&handlers));
    let bench = at_once(sandbox.verb("pack bench --turns 1").arg(pack));
    let message = bench.refused(2, "command-out-of-time");
    assert!(message.contains("1 of its 2 handlers took longer than 2 ms"), "{message}");
}
