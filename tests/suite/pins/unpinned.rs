//! Bindings without a pin: reported, not followed, and pinned by one command.

use serde_json::{Value, json};

use super::{PACK, handler, sha256, update, version};
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::{Sandbox, assert_contains, gtc, members, packs, run, run_unchecked, text};

/// An environment whose slot `secrets` is bound to a file without a pin.
fn with_unpinned_file() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write(PACK, version("0.4.2"));
    update(&sandbox).pack_ref(pack).no_fetch().succeeded();
    sandbox
}

/// Runs the command that a hint names.
fn follow(sandbox: &Sandbox, hint: &str) {
    let command = hint.split('`').nth(1).expect("a command");
    let command = command.replacen("gtc", gtc(), 1);
    run(sandbox.command("/bin/sh").args(["-c", &command])).succeeded();
}

#[test]
fn the_suggested_command_pins_it() {
    let sandbox = with_unpinned_file();
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["bindings"][1]["state"], "unpinned");
    let listed = sandbox.env_packs().list().succeeded().result()["bindings"][1].clone();
    assert_eq!((&listed["unpinned"], &listed["archive_sha256"]), (&json!(true), &Value::Null));
    sandbox.env_packs().list().human().succeeded().shows(&["vault.gtpack (unpinned)"]);
    sandbox.grants().list().human().succeeded().shows(&["vault.gtpack, unpinned)"]);

    let before = sandbox.document("local");
    let finding = report["findings"].as_array().expect("a list").iter();
    let finding = finding.clone().find(|finding| finding["code"] == "unpinned");
    follow(&sandbox, text(&finding.expect("a finding")["next"]));
    assert_eq!(sandbox.document("local"), before, "generation and previous binding stay");
    let report = sandbox.env().doctor().succeeded().result();
    assert_eq!(report["bindings"][1]["archive_sha256"], sha256(&version("0.4.2")));
    let event = sandbox.audit_events("local").pop().expect("an event");
    assert_eq!(
        (&event["verb"], &event["previous_generation"], &event["new_generation"]),
        (&json!("pin"), &json!(1), &json!(1))
    );
}

#[test]
fn permissions_need_consent() {
    let sandbox = Sandbox::with_local();
    let archive = handler().archive_with(packs::permissions(&[], &["vault.example:1"]));
    let pack = sandbox.write(PACK, archive);
    update(&sandbox).pack_ref(pack).no_fetch().succeeded();
    let grant = sandbox.grants().add("acme.secrets.vault").declared();
    let message = grant.clone().refused(1, "unpinned");
    assert_contains(&message, &["slot `secrets`", "has no pin", "gtc op env-packs pin"]);
    let pin = sandbox.env_packs().pin("secrets");
    pin.clone().refused(1, "unauthorized");
    let report = pin.grant_network("vault.example:1").succeeded().result();
    assert_eq!(report["grants"]["network"], json!(["vault.example:1"]));
    grant.succeeded();
}

#[test]
fn what_may_not_be_bound_may_not_be_pinned() {
    let sandbox = with_unpinned_file();
    sandbox.write(PACK, "no archive");
    sandbox.env_packs().pin("secrets").exited(1);
    sandbox.write(PACK, handler().archive_by("acme", "0.4.2"));
    let other = sha256(&version("0.4.3"));
    let pin = sandbox.env_packs().pin("secrets");
    pin.clone().expect(format!("sha256:{other}")).refused(1, "digest-drift");
    pin.clone().if_generation("0").refused(1, "stale");
    pin.expect(format!("sha256:{}", sha256(&version("0.4.2")))).succeeded();
}

#[test]
fn a_pinned_binding_and_a_built_in_pack_stay_as_they_are() {
    let sandbox = with_unpinned_file();
    sandbox.env_packs().pin("secrets").succeeded();
    let pins = sandbox.pins();
    // a rebuilt file is bound with `update`, not with `pin`
    sandbox.write(PACK, version("0.4.3"));
    for slot in ["secrets", "state"] {
        let report = sandbox.env_packs().pin(slot).succeeded().result();
        assert_eq!(report["unchanged"], true);
    }
    assert_eq!(sandbox.pins(), pins);
    let pin = sandbox.env_packs().pin("secrets");
    pin.clone().if_generation("7").refused(1, "stale");
    let digest = |archive: &[u8]| format!("sha256:{}", sha256(archive));
    pin.clone().expect(digest(&version("0.4.3"))).refused(1, "digest-drift");
    pin.expect(digest(&version("0.4.2"))).succeeded();
    sandbox.env_packs().pin("revocation").refused(1, "not-found");
    let event = sandbox.audit_events("local").pop().expect("an event");
    assert_eq!((&event["verb"], &event["result"]["outcome"]), (&json!("pin"), &json!("error")));
}

#[test]
fn a_tag_without_a_pin_is_not_followed() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&version("0.4.2"));
    let registry = ScriptedRegistry::with_image(&image);
    update(&sandbox).pack_ref(registry.reference("1")).no_fetch().succeeded();
    // a test of their hints pins it in a copy of the home, which makes requests
    let doctor = run_unchecked(&mut sandbox.env().doctor().command());
    let checks = run_unchecked(&mut sandbox.env().tool_check().command());
    assert_eq!(registry.requests().len(), 0);
    assert_eq!(members(&doctor.result()["findings"], "code"), ["unpinned", "missing-slot"]);
    let checks = checks.result();
    let error = text(&checks["unresolved_bindings"][0]["error"]);
    assert_contains(error, &["no pin", "gtc op env-packs pin --env local --slot secrets"]);

    follow(&sandbox, error);
    sandbox.env().doctor().succeeded();
    // a reference with a digest leads to the same bytes for ever
    let exact = registry.reference(&format!("1@{}", image.digest()));
    update(&sandbox).pack_ref(exact).no_fetch().succeeded();
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["bindings"][1]["archive_sha256"], sha256(&version("0.4.2")));
}

#[test]
fn the_file_of_the_older_schema_is_converted() {
    let (sandbox, _) = super::with_rebuilt_pack();
    let path = sandbox.environment("local").join("packs.lock.json");
    let pins: Value = serde_json::from_str(&sandbox.pins()).expect("JSON");
    let mut pin = pins["bindings"]["secrets"].clone();
    let members = pin.as_object_mut().expect("an object");
    for newer in ["pack_ref", "generation", "pack", "previous"] {
        members.remove(newer);
    }
    let pack_ref = text(&pins["bindings"]["secrets"]["pack_ref"]);
    let v1 = json!({"schema": "greentic.env-pack-lock.v1", "packs": {pack_ref: pin}});
    std::fs::write(&path, v1.to_string()).expect("a file");
    sandbox.env().doctor().succeeded();
    // it does not say which bytes the previous binding had
    let report = sandbox.env_packs().rollback("secrets").succeeded().result();
    assert_eq!(report["archive_sha256"], Value::Null);
    assert_contains(text(&report["warnings"][0]), &["has no pin", "gtc op env-packs pin"]);
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["bindings"][1]["state"], "unpinned");
    assert!(!sandbox.pins().contains("lock.v1"), "{}", sandbox.pins());
}

#[test]
fn extensions_are_pinned_one_by_one() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    let kind = "acme.oauth.auth0@1.0.0";
    let add = sandbox.extensions().add().kind(kind).pack_ref(pack).no_fetch();
    add.clone().succeeded();
    add.instance_id("eu").succeeded();
    // workloads can read their answers, so this is information
    let report = sandbox.env().doctor().succeeded().result();
    assert_eq!(members(&report["bindings"], "state")[5..], ["unpinned", "unpinned"]);
    sandbox.env().doctor().strict().exited(1);
    sandbox.extensions().pin().kind(kind).instance_id("eu").succeeded();
    let report = sandbox.env().doctor().succeeded().result();
    assert_eq!(members(&report["bindings"], "state")[5..], ["unpinned", "healthy"]);
}

#[test]
fn an_extension_that_cannot_be_loaded_is_information_unless_it_is_pinned() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    let add = sandbox.extensions().add().kind("acme.oauth.auth0@1.0.0");
    let none = sandbox.home().join("none.gtpack");
    add.clone().pack_ref(none).instance_id("gone").no_fetch().succeeded();
    sandbox.env().doctor().succeeded();
    sandbox.env().tool_check().succeeded();
    sandbox.env().doctor().strict().exited(1);
    sandbox.env().tool_check().strict().exited(1);

    add.pack_ref(&pack).succeeded();
    std::fs::remove_file(pack).expect("a file");
    std::fs::remove_dir_all(sandbox.cache_folder()).expect("a folder");
    sandbox.env().doctor().exited(1);
    sandbox.env().tool_check().human().exited(1).shows(&["✗ not checked", "✗ not ready"]);
}
