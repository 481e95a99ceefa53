//! A clock that moves by a day, or backwards: the audit log keeps the order of the changes, and an
//! answered request is not forgotten.

use serde_json::json;

use super::{is_made, request};
use test_support::{Sandbox, gtc, run};

#[test]
#[ignore = "needs faketime; `cargo xtask test` runs it"]
fn a_clock_that_moves_orders_nothing() {
    let sandbox = Sandbox::with_local();
    let offsets = ["+0", "+1d", "-1d", "+2h", "-30d", "+400d", "-1d"];
    for (offset, number) in offsets.iter().zip((1..).step_by(2)) {
        let request = request(&sandbox, "", "", number);
        let at = |offset: &str| {
            let mut command = sandbox.command("faketime");
            command.args(["-f", offset]).arg(gtc()).args(request.command().get_args());
            run(&mut command).succeeded().stdout
        };
        let answer = at(offset);
        assert!(is_made(&sandbox, number), "{offset}");
        // repeated by a clock that is a day away, in both directions
        for later in ["+1d", "-1d"] {
            assert_eq!(at(later), answer, "{offset}, then {later}");
        }
    }
    let verdict = sandbox.audit().verify().succeeded().result();
    assert_eq!(verdict["faults"], json!([]));
    let events = sandbox.audit_events("local");
    let keys: Vec<_> =
        events.iter().filter_map(|event| event["idempotency_key"].as_str()).collect();
    let expected: Vec<_> =
        (1..).step_by(2).take(offsets.len()).map(|number| format!("key-{number}")).collect();
    assert_eq!(keys, expected);
    let times: Vec<_> = events.iter().map(|event| event["ts"].to_string()).collect();
    assert!(!times.is_sorted(), "the clock did not move: {times:?}");
}
