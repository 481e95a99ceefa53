//! `rollback` of many environments.

use serde_json::{Value, json};

use super::{damage, three_environments};
use test_support::verbs::Gtc;
use test_support::{Sandbox, assert_contains, members};

const SECRETS: &str = "greentic.secrets.dev-store@0.1.0";

fn rollback(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.env_packs().rollback("secrets").env("prod-*")
}

fn states(report: &Value) -> Vec<Value> {
    members(&report["environments"], "state")
}

/// The kind that each environment binds to `secrets`.
fn bound(sandbox: &Sandbox) -> Vec<Value> {
    let list = sandbox.env_packs().list().all().kind("*.secrets.*").run().result();
    members(&list["bindings"], "kind")
}

#[test]
fn matching_environments_are_rolled_back() {
    let (sandbox, _) = three_environments();
    let report = rollback(&sandbox).succeeded().result();
    assert_eq!(members(&report["environments"], "environment_id"), ["prod-eu", "prod-us"]);
    assert_eq!(states(&report), ["changed", "changed"]);
    let change = &report["environments"][1];
    assert_eq!(change["before"]["kind"], "acme.secrets.vault@1.0.0");
    assert_eq!(change["before"]["archive_sha256"].as_str().map(str::len), Some(64));
    assert_eq!(change["after"]["kind"], SECRETS);
    assert_eq!(bound(&sandbox), ["acme.secrets.vault@1.0.0", SECRETS, SECRETS]);
    // each environment has a line of its own in its audit log
    for id in ["prod-eu", "prod-us"] {
        let events = sandbox.audit_events(id);
        assert_eq!(events.last().expect("an event")["verb"], "rollback");
    }
    // the command can be repeated: there is nothing left to do
    let again = rollback(&sandbox).succeeded().result();
    assert_eq!(states(&again), ["unchanged", "unchanged"]);
}

#[test]
fn a_dry_run_shows_the_plan() {
    let (sandbox, _) = three_environments();
    let report = rollback(&sandbox).dry_run().succeeded().result();
    assert_eq!(states(&report), ["planned", "planned"]);
    assert_eq!(report["dry_run"], json!(true));
    let human = rollback(&sandbox).dry_run().human().succeeded();
    human.shows(&[
        "ENVIRONMENT",
        "prod-eu",
        "acme.secrets.vault@1.0.0",
        SECRETS,
        "! would change",
        "✓ 2 environments, 2 to change; nothing changed yet",
    ]);
    assert_eq!(bound(&sandbox), ["acme.secrets.vault@1.0.0"; 3]);
}

#[test]
fn an_environment_that_cannot_be_changed_stops_the_others() {
    let (sandbox, _) = three_environments();
    damage(&sandbox, "prod-eu");
    let report = rollback(&sandbox).exited(2).result();
    assert_eq!(states(&report), ["failed", "not-tried"]);
    let error = &report["environments"][0]["error"];
    assert_contains(error["message"].as_str().expect("a text"), &["prod-eu/environment.json"]);
    assert_eq!(bound(&sandbox), ["acme.secrets.vault@1.0.0"; 2]);
    let human = rollback(&sandbox).keep_going().human().exited(2);
    human.shows(&["✗ ", "✓ changed", "✗ 2 environments, 1 changed, 1 failed"]);
    assert_eq!(bound(&sandbox), ["acme.secrets.vault@1.0.0", SECRETS]);
}

#[test]
fn a_refused_environment_is_audited_when_it_is_tried() {
    let (sandbox, _) = three_environments();
    sandbox.env_packs().remove("secrets").env("prod-eu").yes().succeeded();
    let report = rollback(&sandbox).exited(1).result();
    assert_eq!(states(&report), ["failed", "not-tried"]);
    assert_eq!(report["environments"][0]["error"]["kind"], "not-found");
    let report = rollback(&sandbox).keep_going().exited(1).result();
    assert_eq!(states(&report), ["failed", "changed"]);
}

#[test]
fn a_key_is_of_one_request_in_each_environment() {
    let (sandbox, first) = three_environments();
    let keyed = rollback(&sandbox).idempotency_key("incident-7");
    assert_eq!(states(&keyed.clone().succeeded().result()), ["changed", "changed"]);
    // another update does not make the repeated request roll back again
    let update = sandbox.env_packs().update("secrets").env("prod-eu");
    update.kind("acme.secrets.vault@1.0.0").pack_ref(&first).succeeded();
    let again = keyed.succeeded().result();
    assert_eq!(states(&again), ["unchanged", "unchanged"]);
    assert_eq!(bound(&sandbox)[1], "acme.secrets.vault@1.0.0");
    // the key of another request is refused
    let other = sandbox.env_packs().rollback("state").env("prod-*").idempotency_key("incident-7");
    assert_eq!(states(&other.exited(1).result()), ["failed", "failed"]);
}

#[test]
fn extensions_of_many_environments_are_rolled_back() {
    let (sandbox, _) = three_environments();
    let handler = test_support::wat::Handler::new("extension", "acme.oauth.auth0", "^1");
    for (id, version) in [("prod-eu", "1.0.0"), ("prod-us", "1.0.0"), ("prod-us", "1.1.0")] {
        let archive = handler.archive_by("acme", version);
        let pack = sandbox.write(format!("{version}.gtpack"), archive);
        let verb = if version == "1.0.0" {
            sandbox.extensions().add()
        } else {
            sandbox.extensions().update()
        };
        verb.env(id).kind("acme.oauth.auth0@1.0.0").pack_ref(pack).succeeded();
    }
    let rollback = sandbox.extensions().rollback().env("prod-*").kind("acme.oauth.auth0");
    assert_eq!(states(&rollback.succeeded().result()), ["unchanged", "changed"]);
}

#[test]
fn arguments_of_one_environment_and_of_many_are_not_mixed() {
    let (sandbox, _) = three_environments();
    for (command, reason) in [
        (rollback(&sandbox).if_generation("1"), "cannot be combined with a pattern"),
        (rollback(&sandbox).arg("--to").arg("0"), "cannot be combined with a pattern"),
        (rollback(&sandbox).if_revision("1"), "cannot be combined with a pattern"),
        (rollback(&sandbox).env("dev").keep_going(), "needs a pattern"),
        (rollback(&sandbox).env("dev").yes(), "needs a pattern"),
        (rollback(&sandbox).env("prod-["), "not a valid pattern"),
    ] {
        assert_contains(&command.refused(2, "invalid-argument"), &[reason]);
    }
    let message = rollback(&sandbox).env("test-*").refused(1, "not-found");
    assert_contains(&message, &["matches `test-*`"]);
    assert_eq!(bound(&sandbox), ["acme.secrets.vault@1.0.0"; 3]);
}
