//! `gtc pack bench`: figures of a pack, and of none that does not answer.

use crate::support::{Sandbox, repository};

#[test]
fn every_part_of_a_handler_is_measured() {
    let sandbox = Sandbox::new();
    let report =
        sandbox.gtc(["pack", "bench", "greentic.secrets.dev-store@0.1.0", "--turns", "3"]).succeeded().result();
    let handler = &report["handlers"][0];
    let parts = ["cold_load", "warm_load", "instantiate", "slot", "descriptor_path", "supported_versions", "preflight"];
    for part in parts {
        let (min, median) = (handler[part]["min_us"].as_f64(), handler[part]["median_us"].as_f64());
        assert!(min > Some(0.0) && median >= min, "{part}: {handler}");
    }
    assert!(handler["cold_load"]["min_us"].as_f64() > handler["warm_load"]["min_us"].as_f64(), "{handler}");
    assert!(handler["memory_bytes"].as_u64() >= Some(64 << 10), "{handler}");
    let human = sandbox.human(["pack", "bench", "greentic.secrets.dev-store@0.1.0", "--turns", "1"]).succeeded();
    human.shows(&["load cold", "supported-versions", "KiB of memory"]);
}

#[test]
fn what_does_not_answer_is_not_measured() {
    let sandbox = Sandbox::new();
    for turns in ["0", "10001"] {
        let message = sandbox.gtc(["pack", "bench", "x@1.0.0", "--turns", turns]).refused(2, "invalid-argument");
        assert!(message.contains("1 to 10000"), "{message}");
    }
    let file = repository().join("README.md").display().to_string();
    sandbox.gtc(["pack", "bench", &file]).refused(1, "zip-end-record");
    let none = wat::parse_str("(component)").expect("a component");
    let pack = sandbox.pack("secrets", "acme.secrets.none", "^1", none).display().to_string();
    let message = sandbox.gtc(["pack", "bench", &pack]).exited(1);
    assert!(message.stderr.contains("cannot be measured"), "{message:?}");
}
