//! Refreshes of moved tags: interrupted, concurrent, refused, and after garbage collection.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use snapbox::str;

use super::{archive, bind, publish_signature};
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, manifest_path};
use test_support::snapshots::assert_json;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, gtc, members, packs, run, text};

/// The largest file that an interrupted process may write, in blocks of the shell (512 bytes).
const LARGEST_FILE_BLOCKS: usize = 16 << 10;

/// A later version of the pack, which requests network access.
fn later() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4.1")
        .archive_with(packs::permissions(&[], &["vault.example:1"]))
}

/// An environment with the first of two packs, whose tag names the second one now.
fn with_moved_tag() -> (Sandbox, ScriptedRegistry, [Image; 2]) {
    let sandbox = Sandbox::with_local().with_own_cache();
    let images = [Image::pack(&archive()), Image::pack(&later())];
    let registry = ScriptedRegistry::with_image(&images[0]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    registry.serve("1", &images[1]);
    (sandbox, registry, images)
}

fn refresh(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.env_packs().update("secrets").refresh()
}

#[test]
fn a_failed_refresh_changes_nothing() {
    let (sandbox, _registry, [first, second]) = with_moved_tag();
    let environment = sandbox.environment("local").join("environment.json");
    // larger than the largest file that the process may write
    let document = std::fs::read_to_string(&environment).expect("a file");
    let padding = format!("{{\"padding\": \"{}\",", "x".repeat(LARGEST_FILE_BLOCKS * 1024));
    std::fs::write(&environment, document.replacen('{', &padding, 1)).expect("a file");
    let limited = format!("ulimit -f {LARGEST_FILE_BLOCKS}; trap '' XFSZ; exec \"$0\" \"$@\"");
    let pins = sandbox.pins();
    let mut command = sandbox.command("/bin/sh");
    command.args(["-c", &limited]);
    let refresh_all = refresh(&sandbox).grant_declared();
    command.arg(gtc()).args(refresh_all.command().get_args());
    run(&mut command).exited(2);
    assert_eq!(sandbox.pins(), pins);
    assert!(pins.contains(&first.digest()));
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(members(&report["findings"], "code"), ["digest-drift", "missing-slot"]);

    refresh_all.succeeded();
    assert!(sandbox.pins().contains(&second.digest()));
}

#[test]
fn a_refresh_does_not_overwrite_a_concurrent_change() {
    let (sandbox, registry, [_, second]) = with_moved_tag();
    registry.respond(
        &manifest_path("1"),
        [Reply::ok(second.manifest_bytes()).slow_body(Duration::from_millis(2))],
    );
    let mut waiting = refresh(&sandbox).grant_declared().command();
    let waiting = waiting.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    while registry.request_count(&manifest_path("1")) < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let builtin = "greentic.secrets.dev-store@0.1.0";
    sandbox.env_packs().update("secrets").kind(builtin).pack_ref(builtin).succeeded();
    let ended = waiting.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert_contains(&stderr, &["\"conflict\"", "changed by another process in the meantime"]);
    assert_eq!(text(&sandbox.document("local")["packs"][1]["pack_ref"]), builtin);
}

#[test]
fn a_removed_pack_can_be_bound_at_the_new_digest() {
    let (sandbox, registry, [_, second]) = with_moved_tag();
    sandbox.env_packs().remove("secrets").succeeded();
    let add = sandbox.env_packs().add("secrets").kind(super::KIND);
    add.pack_ref(registry.reference("1")).grant_declared().succeeded();
    assert!(sandbox.pins().contains(&second.digest()));
}

#[test]
fn a_refresh_takes_only_the_expected_digest() {
    let (sandbox, _registry, [first, second]) = with_moved_tag();
    let expect = |digest| refresh(&sandbox).grant_declared().expect(digest);
    let refusal = expect(first.digest()).refused(1, "digest-drift");
    assert!(refusal.contains(&second.digest()), "{refusal}");
    refresh(&sandbox).expect("sha256:0").refused(2, "invalid-argument");
    expect(second.digest()).succeeded();
    // a built-in pack never changes
    let report = sandbox.env_packs().update("deployer").refresh().succeeded();
    report.has(
        &["unchanged", "generation"],
        str![[r#"
unchanged: true
generation: 0
"#]],
    );
}

#[test]
fn a_refused_refresh_is_in_the_audit_log() {
    let (sandbox, _registry, [first, _]) = with_moved_tag();
    let lines = || sandbox.audit_events("local").len();
    let before = lines();
    refresh(&sandbox).dry_run().succeeded();
    assert_eq!(lines(), before);
    refresh(&sandbox).refused(1, "unauthorized");
    refresh(&sandbox).grant_declared().expect(first.digest()).refused(1, "digest-drift");
    sandbox.env_packs().remove("state").succeeded();
    sandbox.env_packs().update("state").refresh().refused(1, "not-found");
    let events = sandbox.audit_events("local").split_off(before);
    let events = events.iter().map(|event| {
        let result = &event["result"];
        json!([event["verb"], event["target"]["slot"], result["outcome"], result["kind"]])
    });
    assert_json(
        &events.collect(),
        str![[r#"
[
  ["update", "secrets", "error", "unauthorized"],
  ["update", "secrets", "error", "digest-drift"],
  ["remove", "state", "ok", null],
  ["update", "state", "error", "not-found"]
]
"#]],
    );
}

#[test]
fn garbage_collection_keeps_the_record_of_a_moved_tag() {
    let (sandbox, registry, _) = with_moved_tag();
    sandbox.pack().inspect(registry.reference("1")).succeeded();
    let drifts = || sandbox.env().doctor().run().result()["digest_drift"].as_array().map(Vec::len);
    assert_eq!(drifts(), Some(1));
    sandbox.cache().gc().succeeded();
    assert_eq!(drifts(), Some(1));
}

#[test]
fn a_refresh_finds_a_later_signature() {
    let (sandbox, registry, [first, _]) = with_moved_tag();
    registry.serve("1", &first);
    let key = sandbox.key("author.pem");
    sandbox.trust(&key);
    sandbox.env().doctor().exited(1);
    let envelope = sandbox.write("pack.gtpack", archive());
    sandbox.pack().sign("pack.gtpack").key("author.pem").succeeded();
    let envelope = std::fs::read(envelope.with_extension("gtpack.sig")).expect("a signature");
    publish_signature(&registry, &first, &envelope);
    let report = refresh(&sandbox).succeeded().result();
    assert!(report["signer"].is_string(), "{report}");
    sandbox.env().doctor().succeeded();
}

#[test]
fn pull_overwrites_a_file_only_with_force() {
    let (sandbox, registry, _) = with_moved_tag();
    let pull = || sandbox.pack().pull(registry.reference("1")).output("vault.gtpack");
    pull().succeeded();
    pull().succeeded();
    let path = sandbox.write("vault.gtpack.sig", "a signature of another archive");
    pull().refused(1, "conflict");
    pull().force().succeeded();
    assert!(!path.exists());
    let path = sandbox.write("vault.gtpack", "mine");
    let refusal = pull().refused(1, "conflict");
    assert!(refusal.contains("vault.gtpack") && refusal.contains("--force"), "{refusal}");
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "mine");
}

#[test]
fn spellings_of_a_registry_are_equal() {
    let (sandbox, registry, _) = with_moved_tag();
    let mirror = format!("reg.example={}", registry.host());
    for reference in ["oci://REG.example/team/vault:1", "oci://reg.example:443/team/vault:1"] {
        sandbox.pack().inspect(reference).args(["--mirror", &mirror]).succeeded();
    }
    for host in ["0x7f.1", "2130706433"] {
        let port = registry.host().rsplit(':').next().expect("a port").to_owned();
        let reference = format!("oci://{host}:{port}/team/vault:1");
        sandbox.pack().inspect(&reference).refused(2, "registry-unreachable");
    }
}

#[test]
fn invalid_references_get_a_suggestion() {
    let sandbox = Sandbox::new();
    let refusal = sandbox.pack().inspect("ghcr.io/acme/vault:0.4").refused(2, "invalid-argument");
    assert!(refusal.contains("oci://ghcr.io/acme/vault:0.4"), "{refusal}");
    let digest = "0".repeat(64);
    let target = format!("oci://ghcr.io/acme/vault:1@sha256:{digest}");
    sandbox.pack().push("x.gtpack").arg(&target).refused(2, "invalid-argument");
    let refusal =
        sandbox.pack().sign("oci://ghcr.io/acme/vault:1").key("k").refused(2, "invalid-argument");
    assert!(refusal.contains("digest"), "{refusal}");
    let mut list = sandbox.env().list().command();
    for variable in
        ["GTC_PLAIN_HTTP", "GTC_MIRRORS", "GTC_TOKEN_REALMS", "GTC_LIMITS", "GTC_CA_FILE"]
    {
        list.env(variable, "");
    }
    run(&mut list).succeeded();
}
