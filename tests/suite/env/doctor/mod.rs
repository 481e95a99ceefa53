//! `gtc op env doctor`: each problem is reported with the pack, the reason and the next
//! step.

mod load_failures;

use serde_json::{Value, json};
use snapbox::str;

use test_support::wat::Handler;
use test_support::{Output, Sandbox, assert_contains, members, repository, text};

const BUILTIN: &str = "greentic.secrets.dev-store@0.1.0";

/// Binds a pack without checking it.
fn bind_unchecked(sandbox: &Sandbox, slot: &str, kind: &str, pack_ref: &str) {
    sandbox.env_packs().update(slot).kind(kind).pack_ref(pack_ref).no_fetch().succeeded();
}

/// Binds a pack to `state`.
fn bind_state(sandbox: &Sandbox, kind: &str, pack_ref: &str) {
    sandbox.env_packs().update("state").kind(kind).pack_ref(pack_ref).succeeded();
}

fn doctor(sandbox: &Sandbox) -> Output {
    sandbox.env().doctor().run()
}

/// Requires that the human report shows these texts.
#[track_caller]
fn shows(sandbox: &Sandbox, texts: &[&str]) {
    sandbox.env().doctor().human().exited(1).shows(texts);
}

/// Asserts that the pack bound to `state` is the only finding, with this reason, and that
/// the other four bindings are healthy.
#[track_caller]
fn state_pack_fails(sandbox: &Sandbox, kind: &str, pack: &str, error: &str, reason: &str) {
    bind_unchecked(sandbox, "state", kind, pack);
    let report = doctor(sandbox).exited(1).result();
    let [failure] = report["load_failures"].as_array().expect("a list").as_slice() else {
        panic!("{report}")
    };
    assert_eq!(
        (&failure["pack_ref"], &failure["error"], &failure["kinds"]),
        (&json!(pack), &json!(error), &json!([kind])),
        "{failure}"
    );
    assert!(text(&failure["reason"]).contains(reason), "{failure}");
    assert!(!text(&failure["next"]).is_empty());
    assert_eq!(report["unknown_kinds"], json!([kind]));
    assert_eq!(
        members(&report["bindings"], "state"),
        ["healthy", "healthy", "healthy", "healthy", "load-failure"]
    );
    shows(sandbox, &[pack, reason, "next: ", "✗ load failure", "✗ not healthy"]);
}

/// The report of the native tools on a fixture.
fn native(fixture: &str) -> Value {
    let path = repository().join("tests/fixtures/native").join(fixture).join("doctor.json");
    let text = std::fs::read_to_string(path).expect("a fixture");
    serde_json::from_str::<Value>(&text).expect("JSON")["result"].clone()
}

#[test]
fn a_local_environment_is_healthy() {
    let sandbox = Sandbox::with_local();
    doctor(&sandbox).succeeded().has(
        &[
            "validate",
            "bound_slots",
            "missing_slots",
            "unknown_kinds",
            "slot_mismatches",
            "version_skew",
            "extensions",
            "load_failures",
            "digest_drift",
            "duplicate_registrations",
        ],
        str![[r#"
validate: {"status": "ok"}
bound_slots: ["deployer", "secrets", "telemetry", "sessions", "state"]
missing_slots: ["revocation"]
unknown_kinds: []
slot_mismatches: []
version_skew: []
extensions: {"count": 0, "unknown_kinds": [], "slot_mismatches": [], "version_skew": []}
load_failures: []
digest_drift: []
duplicate_registrations: []
"#]],
    );
    // a finding with `--strict`, information otherwise
    sandbox.env().doctor().strict().exited(1).has(&["findings"], str![[r#"
findings: [{
  "code": "missing-slot",
  "severity": "finding",
  "subject": "slot `revocation`",
  "reason": "nothing is bound to it",
  "next": "bind a pack with `gtc op env-packs add --env local --slot revocation --kind <path>@<version> --pack-ref <file>`"
}]
"#]]);
    let human = sandbox.env().doctor().strict().human().exited(1);
    human.shows(&[
        "✗ not bound",
        "✗ missing-slot: slot `revocation`",
        "✗ not healthy: 5 bound, 1 finding, 0 notices",
    ]);
}

#[test]
fn the_report_matches_the_native_doctor() {
    let sandbox = Sandbox::with_fixture("fresh");
    let ours = doctor(&sandbox).succeeded().result();
    for (field, value) in native("fresh").as_object().expect("an object") {
        if field != "checked_at" {
            assert_eq!(ours[field], *value, "{field}");
        }
    }
}

#[test]
fn packs_that_only_a_registry_has_are_reported_as_not_loaded() {
    let sandbox = Sandbox::with_fixture("busy");
    let native = native("busy");
    let ours = sandbox.env().doctor().offline().exited(1).result();
    for field in [
        "bound_slots",
        "missing_slots",
        "unknown_kinds",
        "slot_mismatches",
        "version_skew",
        "extensions",
        "has_runtime",
    ] {
        assert_eq!(ours[field], native[field], "{field}");
    }
    // the answers files of the sample are not part of it
    assert_eq!(ours["validate"]["status"], "error");
    let vault = "oci://ghcr.io/acme/greentic-secrets-vault:0.4.2";
    // another tool bound them, so they have no pins, and no tag is followed
    assert_eq!(ours["load_failures"], json!([]));
    let states = members(&ours["bindings"], "state");
    let unpinned: Vec<_> = states.iter().filter(|state| **state == "unpinned").collect();
    assert_eq!(unpinned.len(), 3, "{states:?}");
    let human = sandbox.env().doctor().offline().human().exited(1);
    human.shows(&[vault, "unpinned", "gtc op env-packs pin --env local --slot secrets"]);
}

#[test]
fn offline_an_oci_reference_is_bound_only_unchecked() {
    let sandbox = Sandbox::with_local();
    let oci = "oci://ghcr.io/acme/vault:0.4.2";
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.2");
    let update = update.pack_ref(oci);
    let message = update.clone().offline().refused(2, "offline");
    assert!(message.contains(oci), "{message}");
    update.no_fetch().succeeded();
    let report = sandbox.env().doctor().offline().exited(1).result();
    assert_eq!(report["bindings"][1]["state"], "unpinned");
    sandbox.env_packs().pin("secrets").offline().refused(2, "offline");
}

#[test]
fn an_unknown_kind_is_reported() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1").display().to_string();
    bind_unchecked(&sandbox, "state", "acme.state.memcached@1.0.0", &pack);
    doctor(&sandbox).exited(1).has(
        &["unknown_kinds", "load_failures"],
        str![[r#"
unknown_kinds: ["acme.state.memcached@1.0.0"]
load_failures: []
"#]],
    );
    shows(
        &sandbox,
        &[
            "unknown-kind",
            "its pack provides `acme.state.redis`, not `acme.state.memcached`",
            "gtc op env-packs update",
        ],
    );
}

#[test]
fn a_slot_mismatch_is_reported() {
    let sandbox = Sandbox::with_local();
    let deployer = "greentic.deployer.local-process@0.1.0";
    bind_unchecked(&sandbox, "state", deployer, deployer);
    doctor(&sandbox).exited(1).has(
        &["slot_mismatches"],
        str![[r#"
slot_mismatches: [{
  "kind": "greentic.deployer.local-process@0.1.0",
  "bound_slot": "state",
  "handler_slot": "deployer"
}]
"#]],
    );
    let reason = "serves slot `deployer`, cannot be bound to `state`";
    shows(&sandbox, &[reason, "next: bind it to slot `deployer`"]);
}

#[test]
fn version_skew_is_reported() {
    let sandbox = Sandbox::with_local();
    bind_unchecked(&sandbox, "secrets", "greentic.secrets.dev-store@9.9.9", BUILTIN);
    doctor(&sandbox).exited(1).has(
        &["version_skew"],
        str![[r#"
version_skew: [{
  "kind": "greentic.secrets.dev-store@9.9.9",
  "requested": "9.9.9",
  "supported": "^0.1.0"
}]
"#]],
    );
    let reason = "supports versions `^0.1.0`, not `9.9.9`";
    shows(&sandbox, &[reason, "bind a version that matches `^0.1.0`"]);
}

#[test]
fn a_duplicate_path_is_reported_and_shadows_nothing() {
    let sandbox = Sandbox::with_local();
    let impostor =
        sandbox.valid_pack("secrets", "greentic.secrets.dev-store", "*").display().to_string();
    bind_unchecked(&sandbox, "secrets", BUILTIN, &impostor);
    doctor(&sandbox).exited(1).has(&["duplicate_registrations"], str![[r#"
duplicate_registrations: [{
  "descriptor_path": "greentic.secrets.dev-store",
  "kept": "greentic.secrets.dev-store@0.1.0",
  "refused": "[HOME]/packs/greentic.secrets.dev-store.gtpack",
  "reason": "descriptor path `greentic.secrets.dev-store` is already registered by the built-in pack `greentic.secrets.dev-store@0.1.0`; pack `[HOME]/packs/greentic.secrets.dev-store.gtpack` was left out",
  "next": "bind a pack with another descriptor path, or remove one of the two bindings"
}]
"#]]);
    shows(&sandbox, &[&impostor, "already registered by the built-in pack", "next: "]);

    let sandbox = Sandbox::with_local();
    let first = sandbox.valid_pack("secrets", "acme.twin.pack", "^1");
    let twin = Handler::new("state", "acme.twin.pack", "^1").archive_by("another", "1.0.0");
    let second = sandbox.write("packs/second.gtpack", twin);
    bind_unchecked(&sandbox, "secrets", "acme.twin.pack@1.0.0", &first.display().to_string());
    bind_unchecked(&sandbox, "state", "acme.twin.pack@1.0.0", &second.display().to_string());
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["duplicate_registrations"][0]["refused"], second.display().to_string());
    // the handler of the other pack does not count for the binding
    assert_eq!(report["slot_mismatches"], json!([]));
    assert_eq!(report["bindings"][4]["state"], "duplicate-registration");
}

#[test]
fn a_binding_has_the_state_of_its_worst_finding() {
    #[track_caller]
    fn check(sandbox: &Sandbox, at: usize, code: &str) {
        let report = doctor(sandbox).exited(1).result();
        let found = members(&report["findings"], "code");
        assert!(found.contains(&json!(code)), "{found:?}");
        assert_eq!(report["bindings"][at]["state"], code, "{report}");
        shows(sandbox, &[&format!("✗ {}", code.replace('-', " "))]);
    }
    let sandbox = Sandbox::with_local();
    let impostor =
        sandbox.valid_pack("secrets", "greentic.secrets.dev-store", "*").display().to_string();
    bind_unchecked(&sandbox, "secrets", BUILTIN, &impostor);
    check(&sandbox, 1, "duplicate-registration");

    let sandbox = Sandbox::with_local();
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &["--tool", "vault version"]);
    let kind = "test.deployer.prober@1.0.0";
    sandbox.env_packs().update("deployer").kind(kind).pack_ref(pack).succeeded();
    sandbox.grants().revoke("test.deployer.prober").declared().succeeded();
    // it also imports what it does not declare, which is only information
    check(&sandbox, 0, "permission-not-granted");

    let sandbox = Sandbox::with_local();
    let flags = ["--tool", "vault version", "--network", "127.0.0.1:1"];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags);
    let update = sandbox.env_packs().update("deployer").kind(kind).pack_ref(pack);
    update.grant_declared().succeeded();
    sandbox.grants().revoke("test.deployer.prober").declared().succeeded();
    check(&sandbox, 0, "permission-not-granted");

    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1").display().to_string();
    bind_state(&sandbox, "acme.state.redis@1.1.0", &pack);
    sandbox.valid_pack("state", "acme.state.redis", "^1.1");
    check(&sandbox, 4, "digest-drift");
}

#[test]
fn an_unresolved_extension_is_information() {
    let sandbox = Sandbox::with_local();
    let add = sandbox.extensions().add().kind("greentic.state.other@1.0.0");
    add.pack_ref("greentic.state.in-memory@0.1.0").no_fetch().succeeded();
    let report = doctor(&sandbox).succeeded().result();
    assert_eq!(report["bindings"][5]["state"], "unknown-kind");
    sandbox.env().doctor().human().succeeded().shows(&["! unknown kind", "✓ healthy: 6 bound"]);
}

#[test]
fn suggested_commands_are_quoted_for_a_shell() {
    let sandbox = Sandbox::with_local();
    let valid = sandbox.valid_pack("state", "acme.state.redis", "^1");
    let odd = sandbox.home().join("packs/wi t;touch x.gtpack");
    std::fs::copy(&valid, &odd).expect("a copy");
    let shown = odd.display().to_string();
    let update = sandbox.env_packs().update("state").kind("acme.state.redis@1.1.0");
    update.pack_ref(&shown).succeeded();
    std::fs::copy(sandbox.valid_pack("state", "acme.state.redis", "^1.1"), &odd).expect("a copy");
    let report = doctor(&sandbox).exited(1).result();
    let next = text(&report["digest_drift"][0]["next"]);
    assert!(next.contains(&format!("gtc pack inspect '{shown}'")), "{next}");
    assert_contains(next, &[&format!("--pack-ref '{shown}'")]);
    let build = sandbox.pack().build(test_artifacts::prober()).version("1.0.0").output(&shown);
    build.human().succeeded().shows(&[&format!("--pack-ref '{shown}'")]);
}

#[test]
fn a_file_that_changed_after_it_was_bound_is_drift() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1");
    let shown = pack.display().to_string();
    bind_state(&sandbox, "acme.state.redis@1.0.0", &shown);
    doctor(&sandbox).succeeded();

    // missing: the cached archive is used
    let bytes = std::fs::read(&pack).expect("a pack");
    std::fs::remove_file(&pack).expect("removed");
    doctor(&sandbox).succeeded();

    // changed: the cached archive is used, and the change is reported
    sandbox.valid_pack("state", "acme.state.redis", "^1.1");
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["digest_drift"][0]["pack_ref"], shown.as_str());
    assert_eq!(report["unknown_kinds"], json!([]));
    let next = "gtc op env-packs update --env local --slot state";
    shows(&sandbox, &["digest-drift", &shown, next]);

    // changed, and not cached: no other archive is run in its place
    std::fs::remove_dir_all(sandbox.cache_folder().join("blobs")).expect("removed");
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["load_failures"][0]["error"], "archive-replaced");

    // the original archive is back
    std::fs::write(&pack, bytes).expect("a file");
    doctor(&sandbox).succeeded();
}

#[test]
fn unreadable_answers_are_reported() {
    let sandbox = Sandbox::with_local();
    let update = sandbox.env_packs().update("secrets").kind(BUILTIN).pack_ref(BUILTIN);
    update.answers_ref("env-packs/secrets/answers.json").succeeded();
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["validate"]["status"], "error");
    assert!(
        text(&report["validate"]["message"]).contains("env-packs/secrets/answers.json"),
        "{report}"
    );
    assert_eq!(report["bindings"][1]["state"], "unreadable-answers");
    sandbox.write(".greentic/environments/local/env-packs/secrets/answers.json", "{}");
    doctor(&sandbox).succeeded();
}
