//! Packs without a handler: extensions that have answers and nothing to run.

use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::verbs::Gtc;
use test_support::{Sandbox, assert_contains, gtc, members, packs, run, text};

const ID: &str = "acme.fast2flow.router";
const KIND: &str = "acme.fast2flow.router@0.1.0";
const PACK: &str = "packs/router.gtpack";
const ANSWERS: &str = r#"{"endpoint": "https://router.acme.example/", "big": 1.50}"#;

fn version(version: &str) -> Vec<u8> {
    packs::without_handler("acme", ID, version)
}

fn sha256(archive: &[u8]) -> String {
    Sha256Digest::compute(archive).hex()
}

fn add(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.extensions().add().kind(KIND)
}

fn update(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.extensions().update().kind(KIND)
}

/// An environment with the pack bound to two instances, one of them with answers.
fn bound() -> Sandbox {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.write(PACK, version("0.1.0"));
    sandbox.write(".greentic/environments/local/router.json", ANSWERS);
    add(&sandbox).pack_ref(&pack).succeeded();
    add(&sandbox).pack_ref(&pack).instance_id("eu").answers_ref("router.json").succeeded();
    sandbox
}

/// The state and the archive of the last binding.
fn health(sandbox: &Sandbox) -> (Value, Value) {
    let report = sandbox.env().doctor().run().result();
    let last = report["bindings"].as_array().and_then(|all| all.last()).expect("a binding").clone();
    (last["state"].clone(), last["archive_sha256"].clone())
}

#[test]
fn its_answers_are_resolved_by_name() {
    let sandbox = bound();
    let resolve = |reference| sandbox.extensions().resolve(reference);
    let eu = resolve("ext://acme.fast2flow.router/eu").succeeded();
    assert!(eu.stdout.contains(r#""big":1.50"#), "{}", eu.stdout);
    let default = resolve("ext://acme.fast2flow.router").succeeded().result();
    assert_eq!(default["answers"], json!({}));
    sandbox.extensions().remove().kind(KIND).instance_id("eu").succeeded();
    resolve("ext://acme.fast2flow.router/eu").refused(1, "not-found");
}

#[test]
fn every_report_says_that_it_has_no_handler() {
    let sandbox = bound();
    let again = update(&sandbox).pack_ref(sandbox.home().join(PACK)).instance_id("us");
    again.refused(1, "not-found");
    let us = add(&sandbox).pack_ref(sandbox.home().join(PACK)).instance_id("us");
    us.human().succeeded().shows(&[
        "✓ bound extension instance `us`",
        "no handler: workloads read its answers as `ext://acme.fast2flow.router/us`",
    ]);

    let listed = sandbox.extensions().list().succeeded().result();
    assert_eq!(members(&listed["extensions"], "without_handler"), vec![json!(true); 3]);
    sandbox.extensions().list().human().succeeded().shows(&["router.gtpack (no handler)"]);

    let report = sandbox.env().doctor().succeeded().result();
    assert_eq!(members(&report["bindings"], "state")[5..], ["healthy"; 3]);
    assert_eq!(report["extensions"]["unknown_kinds"], json!([]));
    sandbox.env().doctor().human().succeeded().shows(&["router.gtpack (no handler)", "✓ healthy"]);

    // it is complete without a handler, so `--strict` does not count it
    let report = sandbox.env().tool_check().strict().succeeded().result();
    assert_eq!(
        report["extension_bindings"][1],
        json!({"instance_id": "eu", "kind": KIND, "checks": [], "without_handler": true})
    );
    let human = sandbox.env().tool_check().human().succeeded();
    human.shows(&["extension (eu)", "✓ nothing to check: the pack has no handler"]);
    let grants = sandbox.grants().list().succeeded().result();
    assert_eq!(grants["bindings"][0]["grants"], json!({"tools": [], "network": []}));
    sandbox.grants().add(ID).tool("git --version").refused(1, "unauthorized");
}

#[test]
fn its_answers_are_checked_although_nothing_runs() {
    let sandbox = bound();
    sandbox.write(".greentic/environments/local/router.json", "{");
    sandbox.env().doctor().exited(1);
    let report = sandbox.env().tool_check().exited(1).result();
    assert_eq!(report["extension_bindings"][1]["fault"]["kind"], "answers-parse");
}

#[test]
fn updates_and_rollbacks_move_exact_bytes() {
    let sandbox = bound();
    let pack = sandbox.write(PACK, version("0.1.1"));
    let second = update(&sandbox).pack_ref(&pack).instance_id("eu");
    assert_eq!(second.clone().succeeded().result()["archive_sha256"], sha256(&version("0.1.1")));
    assert_eq!(second.succeeded().result()["unchanged"], true);
    // the other instance keeps the archive that it pins, although the file changed
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(members(&report["bindings"], "state")[5..], ["digest-drift", "healthy"]);
    assert_eq!(report["bindings"][5]["archive_sha256"], sha256(&version("0.1.0")));

    let rollback = sandbox.extensions().rollback().kind(KIND).instance_id("eu");
    let report = rollback.succeeded().result();
    assert_eq!(report["archive_sha256"], sha256(&version("0.1.0")));
    assert_eq!(health(&sandbox).1, sha256(&version("0.1.0")));
    let answers = sandbox.extensions().resolve("ext://acme.fast2flow.router/eu").succeeded();
    assert!(answers.stdout.contains("router.acme.example"), "{}", answers.stdout);

    let all = update(&sandbox).pack_ref(&pack).all_instances().succeeded().result();
    assert_eq!(all["moved"][0]["archive_sha256"], sha256(&version("0.1.1")));
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_moved_tag_is_compared_and_accepted() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = ScriptedRegistry::with_image(&Image::pack(&version("0.1.0")));
    add(&sandbox).pack_ref(registry.reference("1")).succeeded();
    assert_eq!(health(&sandbox), (json!("healthy"), json!(sha256(&version("0.1.0")))));
    registry.serve("1", &Image::pack(&version("0.1.1")));
    let refresh = sandbox.extensions().update().kind(ID).refresh();
    let preview = refresh.clone().dry_run().human().succeeded();
    preview.shows(&["was  version 0.1.0, supports ^0.1", "is   version 0.1.1, supports ^0.1"]);
    refresh.clone().succeeded();
    assert_eq!(health(&sandbox), (json!("healthy"), json!(sha256(&version("0.1.1")))));
    refresh.human().succeeded().shows(&["is up to date"]);
}

#[test]
fn an_unchecked_binding_is_pinned_later() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write(PACK, version("0.1.0"));
    add(&sandbox).pack_ref(&pack).no_fetch().succeeded();
    assert_eq!(health(&sandbox).0, "unpinned");
    sandbox.env().tool_check().succeeded();
    let pinned = sandbox.extensions().pin().kind(ID).succeeded().result();
    assert_eq!(pinned["without_handler"], true);
    assert_eq!(health(&sandbox), (json!("healthy"), json!(sha256(&version("0.1.0")))));

    // the bytes of a pin are needed, although nothing in them runs
    std::fs::remove_file(pack).expect("a file");
    sandbox.env().doctor().succeeded();
    let gone = Sandbox::with_local().with_own_cache();
    let pack = gone.write(PACK, version("0.1.0"));
    add(&gone).pack_ref(&pack).succeeded();
    std::fs::write(&pack, "another file").expect("a file");
    std::fs::remove_dir_all(gone.cache_folder()).expect("a folder");
    assert_eq!(health(&gone).0, "load-failure");
    gone.env().doctor().exited(1);
    gone.env().tool_check().human().exited(1).shows(&["✗ not checked", "✗ not ready"]);
}

#[test]
fn a_slot_needs_a_handler() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write(PACK, version("0.1.0"));
    let slot = sandbox.env_packs().update("state").kind(KIND).pack_ref(&pack);
    let human = slot.clone().human().exited(1);
    assert_contains(
        &human.stderr,
        &["router.gtpack` was not bound", "holds no env-pack handler, and slot `state` needs one"],
    );
    let message = slot.clone().refused(1, "no-handler");
    // the suggested command binds it
    let command = message.split('`').find(|part| part.starts_with("gtc op ")).expect("a command");
    let command = command.replacen("gtc", gtc(), 1);
    run(sandbox.command("/bin/sh").args(["-c", &command])).succeeded();
    assert_eq!(health(&sandbox).0, "healthy");

    // bound unchecked, as another tool may bind it
    slot.no_fetch().succeeded();
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["load_failures"][0]["error"], "no-handler");
    assert_eq!(report["unknown_kinds"], json!([KIND]));
    assert_eq!(health(&sandbox).0, "healthy", "the extension is not affected");
    let report = sandbox.env().tool_check().exited(1).result();
    let error = text(&report["unresolved_bindings"][0]["error"]);
    assert_contains(error, &["holds no env-pack handler"]);
    sandbox.env_packs().pin("state").refused(1, "no-handler");
    let tested = sandbox.gtc(["pack", "test", PACK]).refused(2, "no-handler");
    assert_contains(&tested, &["can only be bound as an extension"]);
    sandbox.gtc(["pack", "bench", PACK]).refused(1, "no-handler");
}

#[test]
fn it_is_bound_under_its_own_id_and_version() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write(PACK, version("0.1.3"));
    let bind = |kind: &str| sandbox.extensions().add().kind(kind).pack_ref(&pack);
    let message = bind("acme.fast2flow.other@0.1.0").refused(1, "unknown-kind");
    assert_contains(
        &message,
        &["it provides `acme.fast2flow.router`, not", "--kind acme.fast2flow.router@<version>"],
    );
    let message = bind("acme.fast2flow.router@1.0.0").refused(1, "version-skew");
    assert_contains(&message, &["supports versions `^0.1`, not `1.0.0`"]);
    bind("acme.fast2flow.router@0.1.0").succeeded();

    for id in ["router", "Acme.Router"] {
        let pack = sandbox.write("other.gtpack", packs::without_handler("acme", id, "1.0.0"));
        let message = add(&sandbox).instance_id("x").pack_ref(pack).refused(1, "no-handler");
        assert_contains(&message, &["its id is not a descriptor path", id]);
    }
}

#[test]
fn it_takes_no_path_of_an_unrelated_pack() {
    let sandbox = bound();
    let handler = sandbox.valid_pack("extension", ID, "^0.1");
    let taken = add(&sandbox).pack_ref(handler).instance_id("us").refused(1, "conflict");
    assert_contains(&taken, &["already provided by pack", "router.gtpack"]);
    let other = sandbox.write("evil.gtpack", packs::without_handler("evil", ID, "0.1.9"));
    add(&sandbox).pack_ref(&other).instance_id("us").refused(1, "conflict");
    // another version of the pack is not unrelated
    let next = sandbox.write("next.gtpack", version("0.1.9"));
    add(&sandbox).pack_ref(next).instance_id("us").succeeded();
    let builtin = packs::without_handler("acme", "greentic.state.in-memory", "0.1.0");
    let builtin = sandbox.write("builtin.gtpack", builtin);
    let kind = "greentic.state.in-memory@0.1.0";
    let add = sandbox.extensions().add().kind(kind).pack_ref(&builtin);
    add.clone().refused(1, "conflict");
    let report = sandbox.pack().validate(&builtin).exited(1).result();
    let codes = members(&report["packs"][0]["findings"], "code");
    assert_eq!(codes, ["path-of-builtin", "pack-without-handler"]);

    // bound by another tool, the first one keeps the path
    add.no_fetch().succeeded();
    let unchecked = sandbox.extensions().add().kind(KIND).pack_ref(other).instance_id("zz");
    unchecked.no_fetch().succeeded();
    let report = sandbox.env().doctor().exited(1).result();
    let paths = members(&report["duplicate_registrations"], "descriptor_path");
    assert_eq!(paths, [json!("greentic.state.in-memory"), json!(ID)]);
    assert_eq!(members(&report["bindings"], "state")[5..8], ["healthy"; 3]);
}

#[test]
fn signatures_are_required_of_it_too() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.write(PACK, version("0.1.0"));
    let key = sandbox.key("acme.key");
    sandbox.trust(&key);
    add(&sandbox).pack_ref(&pack).refused(1, "unsigned");
    sandbox.sign(&pack, &key);
    let bound = add(&sandbox).pack_ref(&pack).succeeded().result();
    assert_eq!(bound["signer"], key.id);
    // the signature is verified whenever the pack is loaded
    sandbox.env().doctor().human().succeeded().shows(&["router.gtpack`: signed by", &key.id]);
}

#[test]
fn a_pack_can_lose_its_handler() {
    let sandbox = Sandbox::with_local();
    let handler = test_support::wat::Handler::new("extension", ID, "^0.1");
    let with = sandbox.write("with.gtpack", handler.archive_by("acme", "0.1.0"));
    let without = sandbox.write("without.gtpack", version("0.1.1"));
    add(&sandbox).pack_ref(with).succeeded();
    let report = update(&sandbox).pack_ref(without).succeeded().result();
    assert_eq!(report["without_handler"], true);
    sandbox.env().doctor().succeeded();
    let report = sandbox.extensions().rollback().kind(KIND).succeeded().result();
    assert_eq!(report.get("without_handler"), None);
    let report = sandbox.env().tool_check().succeeded().result();
    assert_eq!(report["extension_bindings"][0].get("without_handler"), None);
}
