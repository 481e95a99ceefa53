//! `gtc op env doctor`: each problem is reported with the pack, the reason and the next
//! step.

mod load_failures;

use serde_json::{Value, json};

use test_support::wat::Handler;
use test_support::{Output, Sandbox, repository, text};

/// Binds a pack without checking it.
fn bind_unseen(sandbox: &Sandbox, slot: &str, kind: &str, pack_ref: &str) {
    let verb = ["op", "env-packs", "update", "--env", "local", "--no-fetch"];
    sandbox
        .gtc(verb.iter().chain(&["--slot", slot, "--kind", kind, "--pack-ref", pack_ref]))
        .succeeded();
}

fn doctor(sandbox: &Sandbox) -> Output {
    sandbox.env().doctor().run()
}

/// Asserts that the pack bound to `state` is the only finding, with this reason, and that
/// the other four bindings are healthy.
#[track_caller]
fn state_pack_fails(sandbox: &Sandbox, kind: &str, pack: &str, error: &str, reason: &str) {
    bind_unseen(sandbox, "state", kind, pack);
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
    let states: Vec<_> = report["bindings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|binding| text(&binding["state"]))
        .collect();
    assert_eq!(states, ["healthy", "healthy", "healthy", "healthy", "load-failure"]);
    sandbox.env().doctor().human().exited(1).shows(&[
        pack,
        reason,
        "next: ",
        "✗ load failure",
        "✗ not healthy",
    ]);
}

#[test]
fn a_local_environment_is_healthy() {
    let sandbox = Sandbox::with_local();
    let report = doctor(&sandbox).succeeded().result();
    assert_eq!(
        report["bound_slots"],
        json!(["deployer", "secrets", "telemetry", "sessions", "state"])
    );
    assert_eq!(report["missing_slots"], json!(["revocation"]));
    for list in [
        "unknown_kinds",
        "slot_mismatches",
        "version_skew",
        "load_failures",
        "digest_drift",
        "duplicate_registrations",
    ] {
        assert_eq!(report[list], json!([]), "{list}");
    }
    assert_eq!(report["validate"], json!({"status": "ok"}));
    assert_eq!(
        report["extensions"],
        json!({"count": 0, "unknown_kinds": [], "slot_mismatches": [], "version_skew": []})
    );
    // a finding with `--strict`, information otherwise
    let strict = sandbox.env().doctor().strict().exited(1).result();
    assert_eq!(
        (&strict["findings"][0]["code"], &strict["findings"][0]["severity"]),
        (&json!("missing-slot"), &json!("finding"))
    );
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
    let native =
        std::fs::read_to_string(repository().join("tests/fixtures/native/fresh/doctor.json"))
            .expect("a fixture");
    let native: Value = serde_json::from_str(&native).expect("JSON");
    let ours = doctor(&sandbox).succeeded().result();
    for (field, value) in native["result"].as_object().expect("an object") {
        if field != "checked_at" {
            assert_eq!(ours[field], *value, "{field}");
        }
    }
}

#[test]
fn packs_that_only_a_registry_has_are_reported_as_not_loaded() {
    let sandbox = Sandbox::with_fixture("busy");
    let native =
        std::fs::read_to_string(repository().join("tests/fixtures/native/busy/doctor.json"))
            .expect("a fixture");
    let native: Value = serde_json::from_str(&native).expect("JSON");
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
        assert_eq!(ours[field], native["result"][field], "{field}");
    }
    // the answers files of the sample are not part of it
    assert_eq!(ours["validate"]["status"], "error");
    let refs: Vec<_> = ours["load_failures"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|failure| text(&failure["pack_ref"]))
        .collect();
    let vault = "oci://ghcr.io/acme/greentic-secrets-vault:0.4.2";
    assert_eq!(
        refs,
        [
            vault,
            "oci://ghcr.io/acme/greentic-oauth-auth0:1.1.0",
            "oci://ghcr.io/acme/greentic-oauth-auth0:1.0.0"
        ]
    );
    sandbox
        .env()
        .doctor()
        .offline()
        .human()
        .exited(1)
        .shows(&[vault, "nothing is fetched in offline mode"]);
}

#[test]
fn offline_an_oci_reference_is_bound_only_unchecked() {
    let sandbox = Sandbox::with_local();
    let oci = "oci://ghcr.io/acme/vault:0.4.2";
    let bind = [
        "op",
        "env-packs",
        "update",
        "--env",
        "local",
        "--slot",
        "secrets",
        "--kind",
        "acme.secrets.vault@0.4.2",
        "--pack-ref",
        oci,
    ];
    let message = sandbox.gtc(bind.iter().chain(&["--offline"])).refused(2, "offline");
    assert!(message.contains(oci), "{message}");
    sandbox.gtc(bind.iter().chain(&["--no-fetch"])).succeeded();
    let report = sandbox.env().doctor().offline().exited(1).result();
    assert_eq!(report["load_failures"][0]["error"], "offline");
}

#[test]
fn an_unknown_kind_is_reported() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1").display().to_string();
    bind_unseen(&sandbox, "state", "acme.state.memcached@1.0.0", &pack);
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["unknown_kinds"], json!(["acme.state.memcached@1.0.0"]));
    assert_eq!(report["load_failures"], json!([]));
    let human = sandbox.env().doctor().human().exited(1);
    human.shows(&[
        "unknown-kind",
        "its pack provides `acme.state.redis`, not `acme.state.memcached`",
        "gtc op env-packs update",
    ]);
}

#[test]
fn a_slot_mismatch_is_reported() {
    let sandbox = Sandbox::with_local();
    bind_unseen(
        &sandbox,
        "state",
        "greentic.deployer.local-process@0.1.0",
        "greentic.deployer.local-process@0.1.0",
    );
    let report = doctor(&sandbox).exited(1).result();
    let mismatch = json!([{"kind": "greentic.deployer.local-process@0.1.0", "bound_slot": "state", "handler_slot": "deployer"}]);
    assert_eq!(report["slot_mismatches"], mismatch);
    let human = sandbox.env().doctor().human().exited(1);
    human.shows(&[
        "serves slot `deployer`, cannot be bound to `state`",
        "next: bind it to slot `deployer`",
    ]);
}

#[test]
fn version_skew_is_reported() {
    let sandbox = Sandbox::with_local();
    bind_unseen(
        &sandbox,
        "secrets",
        "greentic.secrets.dev-store@9.9.9",
        "greentic.secrets.dev-store@0.1.0",
    );
    let report = doctor(&sandbox).exited(1).result();
    let skew = json!([{"kind": "greentic.secrets.dev-store@9.9.9", "requested": "9.9.9", "supported": "^0.1.0"}]);
    assert_eq!(report["version_skew"], skew);
    let human = sandbox.env().doctor().human().exited(1);
    human.shows(&[
        "supports versions `^0.1.0`, not `9.9.9`",
        "bind a version that matches `^0.1.0`",
    ]);
}

#[test]
fn a_duplicate_path_is_reported_and_shadows_nothing() {
    let sandbox = Sandbox::with_local();
    let impostor =
        sandbox.valid_pack("secrets", "greentic.secrets.dev-store", "*").display().to_string();
    bind_unseen(&sandbox, "secrets", "greentic.secrets.dev-store@0.1.0", &impostor);
    let report = doctor(&sandbox).exited(1).result();
    let [duplicate] = report["duplicate_registrations"].as_array().expect("a list").as_slice()
    else {
        panic!("{report}")
    };
    assert_eq!(duplicate["kept"], "greentic.secrets.dev-store@0.1.0");
    assert_eq!(duplicate["refused"], impostor.as_str());
    sandbox.env().doctor().human().exited(1).shows(&[
        &impostor,
        "already registered by the built-in pack",
        "next: ",
    ]);

    let sandbox = Sandbox::with_local();
    let first = sandbox.valid_pack("secrets", "acme.twin.pack", "^1");
    let second = sandbox.write(
        "packs/second.gtpack",
        std::fs::read(sandbox.written_pack(
            "state",
            "acme.twin.pack",
            "^1",
            Handler::new("state", "acme.twin.pack", "^1").component(),
        ))
        .expect("a pack"),
    );
    let first_again = sandbox.valid_pack("secrets", "acme.twin.pack", "^1");
    assert_eq!(first, first_again);
    bind_unseen(&sandbox, "secrets", "acme.twin.pack@1.0.0", &first.display().to_string());
    bind_unseen(&sandbox, "state", "acme.twin.pack@1.0.0", &second.display().to_string());
    let report = doctor(&sandbox).exited(1).result();
    assert_eq!(report["duplicate_registrations"][0]["refused"], second.display().to_string());
    assert_eq!(report["slot_mismatches"][0]["bound_slot"], "state");
}

#[test]
fn a_binding_has_the_state_of_its_worst_finding() {
    #[track_caller]
    fn check(sandbox: &Sandbox, at: usize, code: &str) {
        let report = doctor(sandbox).exited(1).result();
        let found: Vec<_> = report["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|finding| text(&finding["code"]))
            .collect();
        assert!(found.contains(&code), "{found:?}");
        assert_eq!(report["bindings"][at]["state"], code, "{report}");
        let human = sandbox.env().doctor().human().exited(1);
        human.shows(&[&format!("✗ {}", code.replace('-', " "))]);
    }
    let sandbox = Sandbox::with_local();
    let impostor =
        sandbox.valid_pack("secrets", "greentic.secrets.dev-store", "*").display().to_string();
    bind_unseen(&sandbox, "secrets", "greentic.secrets.dev-store@0.1.0", &impostor);
    check(&sandbox, 1, "duplicate-registration");

    let sandbox = Sandbox::with_local();
    let pack =
        sandbox.built_pack(test_artifacts::prober(), "1.0.0", &["--allow-tool", "vault version"]);
    let pack = pack.display().to_string();
    let bind = [
        "--env",
        "local",
        "--slot",
        "deployer",
        "--kind",
        "test.deployer.prober@1.0.0",
        "--pack-ref",
        &pack,
    ];
    sandbox.gtc(["op", "env-packs", "update"].iter().chain(&bind)).succeeded();
    let revoke = ["--env", "local", "--kind", "test.deployer.prober", "--declared"];
    sandbox.gtc(["op", "grants", "revoke"].iter().chain(&revoke)).succeeded();
    check(&sandbox, 0, "permission-mismatch");

    let sandbox = Sandbox::with_local();
    let flags = ["--allow-tool", "vault version", "--allow-network", "127.0.0.1:1"];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags).display().to_string();
    let bind = [
        "--env",
        "local",
        "--slot",
        "deployer",
        "--kind",
        "test.deployer.prober@1.0.0",
        "--pack-ref",
        &pack,
    ];
    sandbox
        .gtc(["op", "env-packs", "update", "--grant", "declared"].iter().chain(&bind))
        .succeeded();
    sandbox.gtc(["op", "grants", "revoke"].iter().chain(&revoke)).succeeded();
    check(&sandbox, 0, "permission-not-granted");

    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1").display().to_string();
    let bind = [
        "--env",
        "local",
        "--slot",
        "state",
        "--kind",
        "acme.state.redis@1.1.0",
        "--pack-ref",
        &pack,
    ];
    sandbox.gtc(["op", "env-packs", "update"].iter().chain(&bind)).succeeded();
    sandbox.valid_pack("state", "acme.state.redis", "^1.1");
    check(&sandbox, 4, "digest-drift");
}

#[test]
fn an_unresolved_extension_is_information() {
    let sandbox = Sandbox::with_local();
    let flags = [
        "--kind",
        "greentic.state.other@1.0.0",
        "--pack-ref",
        "greentic.state.in-memory@0.1.0",
        "--no-fetch",
    ];
    sandbox.gtc(["op", "extensions", "add", "--env", "local"].iter().chain(&flags)).succeeded();
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
    let bind = [
        "--env",
        "local",
        "--slot",
        "state",
        "--kind",
        "acme.state.redis@1.1.0",
        "--pack-ref",
        &shown,
    ];
    let answers = ["--answers-ref", "my answers.json"];
    sandbox.write(".greentic/environments/local/my answers.json", "{}");
    sandbox.gtc(["op", "env-packs", "update"].iter().chain(&bind).chain(&answers)).succeeded();
    std::fs::copy(sandbox.valid_pack("state", "acme.state.redis", "^1.1"), &odd).expect("a copy");
    let report = doctor(&sandbox).exited(1).result();
    let next = text(&report["digest_drift"][0]["next"]);
    assert!(next.contains(&format!("gtc pack inspect '{shown}'")), "{next}");
    assert!(
        next.contains(&format!("--pack-ref '{shown}' --answers-ref 'my answers.json'")),
        "{next}"
    );
    let build = ["pack", "build", "--component"].map(str::to_owned).into_iter();
    let component = test_artifacts::prober().display().to_string();
    let build = build.chain([
        component,
        "--version".to_owned(),
        "1.0.0".to_owned(),
        "-o".to_owned(),
        shown.clone(),
    ]);
    sandbox.human(build).succeeded().shows(&[&format!("--pack-ref '{shown}'")]);
}

#[test]
fn a_file_that_changed_after_it_was_bound_is_drift() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1");
    let shown = pack.display().to_string();
    let bind = [
        "op",
        "env-packs",
        "update",
        "--env",
        "local",
        "--slot",
        "state",
        "--kind",
        "acme.state.redis@1.0.0",
        "--pack-ref",
    ];
    sandbox.gtc(bind.iter().chain(&[shown.as_str()])).succeeded();
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
    sandbox.env().doctor().human().exited(1).shows(&[
        "digest-drift",
        &shown,
        "gtc op env-packs update --env local --slot state",
    ]);

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
    let bind = [
        "op",
        "env-packs",
        "update",
        "--env",
        "local",
        "--slot",
        "secrets",
        "--kind",
        "greentic.secrets.dev-store@0.1.0",
    ];
    let more = [
        "--pack-ref",
        "greentic.secrets.dev-store@0.1.0",
        "--answers-ref",
        "env-packs/secrets/answers.json",
    ];
    sandbox.gtc(bind.iter().chain(&more)).succeeded();
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
