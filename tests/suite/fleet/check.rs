//! `doctor` and `tool-check` of many environments.

use serde_json::{Value, json};

use super::{KIND, damage, three_environments};
use test_support::{Sandbox, assert_contains, members};

/// The environments of a report, in its order.
fn environments(report: &Value) -> Vec<Value> {
    members(&report["environments"], "environment_id")
}

fn totals(passed: u32, failed: u32, unreadable: u32, not_checked: u32) -> Value {
    json!({
        "environments": passed + failed + unreadable + not_checked,
        "passed": passed,
        "failed": failed,
        "unreadable": unreadable,
        "not_checked": not_checked,
    })
}

#[test]
fn all_environments_are_diagnosed() {
    let (sandbox, _) = three_environments();
    let report = sandbox.env().doctor().all().succeeded().result();
    assert_eq!(environments(&report), ["dev", "prod-eu", "prod-us"]);
    assert_eq!(report["totals"], totals(3, 0, 0, 0));
    // each has the report of one environment
    let one = sandbox.env().doctor().env("prod-eu").succeeded().result();
    let mut of_fleet = report["environments"][1].clone();
    of_fleet["checked_at"] = one["checked_at"].clone();
    assert_eq!(of_fleet, one);
}

#[test]
fn each_pack_is_loaded_once() {
    let (sandbox, _) = three_environments();
    for verb in [sandbox.env().doctor(), sandbox.env().tool_check()] {
        let output = verb.all().arg("-vv").succeeded();
        let loads = output.stderr.matches("is in the cache").count();
        // five built-in packs, and two versions of one pack
        assert_eq!(loads, 7, "{}", output.stderr);
    }
}

#[test]
fn findings_of_each_environment_are_its_own() {
    let (sandbox, first) = three_environments();
    let update = sandbox.env_packs().update("secrets").env("dev").kind(KIND);
    update.pack_ref("/none.gtpack").no_fetch().succeeded();
    damage(&sandbox, "prod-us");
    let report = sandbox.env().doctor().all().exited(1).result();
    assert_eq!(environments(&report), ["dev", "prod-eu", "prod-us"]);
    assert_eq!(report["totals"], totals(1, 1, 1, 0));
    let healthy = members(&report["environments"], "healthy");
    assert_eq!(healthy, [json!(false), json!(true), json!(null)]);
    let unreadable = &report["environments"][2];
    assert_eq!(unreadable["code"], "unreadable");
    assert_contains(unreadable["reason"].as_str().expect("a text"), &["prod-us/environment.json"]);
    sandbox.env().doctor().all().human().exited(1).shows(&[
        "dev      ✗ not healthy: 5 bound, 2 findings, 1 notice",
        "    ✗ load-failure: pack `/none.gtpack`",
        "prod-eu  ✓ healthy: 5 bound, 0 findings, 1 notice",
        "prod-us  ✗ unreadable: ",
        "    next: nothing was changed; correct the file",
        "✗ 3 environments, 1 passed, 1 failed, 1 unreadable",
    ]);
    // a pack whose file is gone, and its copy in the cache too
    std::fs::remove_file(&first).expect("a file");
    let chosen = sandbox.env().doctor().all().kind("acme.*").env("prod-*");
    let report = chosen.exited(1).result();
    assert_eq!(environments(&report), ["prod-eu", "prod-us"]);
}

#[test]
fn selectors_choose_the_environments() {
    let (sandbox, _) = three_environments();
    sandbox.env().create("test").succeeded();
    let by_kind = sandbox.env().doctor().all().kind(KIND).succeeded().result();
    assert_eq!(environments(&by_kind), ["dev", "prod-eu", "prod-us"]);
    let by_pack = sandbox.env().tool_check().all().pack_ref("*/later.gtpack").succeeded();
    assert_eq!(environments(&by_pack.result()), ["prod-us"]);
    let by_name = sandbox.env().doctor().env("[pt]*").succeeded().result();
    assert_eq!(environments(&by_name), ["prod-eu", "prod-us", "test"]);
    let message = sandbox.env().doctor().env("x*").refused(1, "not-found");
    assert_contains(&message, &["matches `x*`"]);
    sandbox.env().doctor().kind(KIND).refused(2, "invalid-argument");
    let none = Sandbox::new().env().doctor().all().succeeded().result();
    assert_eq!(none, json!({"environments": [], "totals": totals(0, 0, 0, 0)}));
}

#[test]
fn trusted_keys_of_each_environment_decide() {
    let (sandbox, _) = three_environments();
    sandbox.gtc(["pack", "keygen", "--output", "acme.key"]).succeeded();
    sandbox.trust_root().add("acme.key.pub").env("prod-eu").succeeded();
    let report = sandbox.env().doctor().all().exited(1).result();
    assert_eq!(report["totals"], totals(2, 1, 0, 0));
    let finding = &report["environments"][1]["findings"][0];
    assert_eq!(finding["code"], "load-failure", "{finding}");
}

#[test]
fn preflights_of_all_environments_run() {
    let (sandbox, _) = three_environments();
    let report = sandbox.env().tool_check().all().succeeded().result();
    assert_eq!(environments(&report), ["dev", "prod-eu", "prod-us"]);
    assert_eq!(report["totals"], totals(3, 0, 0, 0));
    let human = sandbox.env().tool_check().all().human().succeeded();
    human.shows(&["dev      ✓ ready: ", "✓ 3 environments, 3 passed"]);
}

#[test]
fn what_was_not_checked_in_time_is_named() {
    let (sandbox, _) = three_environments();
    for verb in [sandbox.env().doctor(), sandbox.env().tool_check()] {
        let late = verb.all().limit("command.time=1ms").limit("command.time-per-pack=1ms");
        let late = late.exited(2).result();
        assert_eq!(environments(&late), ["dev", "prod-eu", "prod-us"]);
        let last = late["environments"][2].to_string();
        assert_contains(&last, &["command-out-of-time", "--limit command.time=<time>"]);
    }
}
