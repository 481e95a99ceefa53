//! `gtc pack bench`: measures the handlers of a pack, and refuses packs that do not run.

use test_support::wat::Handler;
use test_support::{Sandbox, repository};

#[test]
fn every_part_of_a_handler_is_measured() {
    let sandbox = Sandbox::new();
    let report = sandbox
        .gtc(["pack", "bench", "greentic.secrets.dev-store@0.1.0", "--turns", "3"])
        .succeeded()
        .result();
    let handler = &report["handlers"][0];
    let parts = [
        "cold_load",
        "warm_load",
        "instantiate",
        "slot",
        "descriptor_path",
        "supported_versions",
        "preflight",
    ];
    for part in parts {
        let min = handler[part]["min_us"].as_f64();
        let median = handler[part]["median_us"].as_f64();
        assert!(min > Some(0.0) && median >= min, "{part}: {handler}");
        assert!(
            (1..=3).contains(&handler[part]["turns"].as_u64().expect("a number")),
            "{part}: {handler}"
        );
    }
    assert!(
        handler["cold_load"]["min_us"].as_f64() > handler["warm_load"]["min_us"].as_f64(),
        "{handler}"
    );
    assert!(handler["memory_bytes"].as_u64() >= Some(64 << 10), "{handler}");
    let human = sandbox
        .human(["pack", "bench", "greentic.secrets.dev-store@0.1.0", "--turns", "1"])
        .succeeded();
    human.shows(&[
        "load cold",
        "supported-versions",
        "KiB of memory",
        "TURNS",
        "without permissions and answers",
    ]);
}

#[test]
fn a_handler_that_takes_long_is_measured_less_often() {
    let sandbox = Sandbox::new();
    // about a second of CPU time
    let body = "(local $n i64) (local.set $n (i64.const 1500000000))
        (loop $l (local.set $n (i64.sub (local.get $n) (i64.const 1))) (br_if $l (i64.ne (local.get $n) (i64.const 0))))
        (i32.const 512)";
    let handler = Handler {
        preflight_body: Some(body.to_owned()),
        ..Handler::new("state", "acme.state.slow", "^1")
    };
    let pack = sandbox
        .written_pack("state", "acme.state.slow", "^1", handler.component())
        .display()
        .to_string();
    let report = sandbox.gtc(["pack", "bench", &pack, "--turns", "10000"]).succeeded().result();
    let handler = &report["handlers"][0];
    let turns = |part: &str| handler[part]["turns"].as_u64().expect("a number");
    assert!(turns("preflight") >= 1 && turns("preflight") < 10_000, "{handler}");
    assert_eq!((&report["turns"], turns("slot")), (&10_000.into(), turns("preflight")));
}

#[test]
fn a_failing_handler_is_reported_with_its_call() {
    let sandbox = Sandbox::new();
    let bench = |body: &str| {
        let handler = Handler {
            preflight_body: Some(body.to_owned()),
            ..Handler::new("state", "acme.state.bad", "^1")
        };
        let pack = sandbox
            .written_pack("state", "acme.state.bad", "^1", handler.component())
            .display()
            .to_string();
        sandbox.gtc(["pack", "bench", &pack, "--limit", "handler.preflight-time=200ms"])
    };
    let trapped = bench("unreachable").refused(1, "trapped");
    assert!(trapped.contains("component `handler`: handler trapped in `preflight`"), "{trapped}");
    let late = bench("(loop $l (br $l)) unreachable").refused(1, "out-of-time");
    assert!(late.contains("ran out of time in `preflight`: more than 0.2 s"), "{late}");
}

#[test]
fn a_pack_without_a_working_handler_is_not_measured() {
    let sandbox = Sandbox::new();
    for turns in ["0", "10001"] {
        let message = sandbox
            .gtc(["pack", "bench", "x@1.0.0", "--turns", turns])
            .refused(2, "invalid-argument");
        assert!(message.contains("1 to 10000"), "{message}");
    }
    let file = repository().join("README.md").display().to_string();
    sandbox.gtc(["pack", "bench", &file]).refused(1, "zip-end-record");
    let none = wat::parse_str("(component)").expect("a component");
    let pack =
        sandbox.written_pack("secrets", "acme.secrets.none", "^1", none).display().to_string();
    let message = sandbox.gtc(["pack", "bench", &pack]).exited(1);
    assert!(message.stderr.contains("cannot measure pack"), "{message:?}");
}
