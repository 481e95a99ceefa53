//! Pushes, pulls and logins with `docker-registry`, the registry that Debian packages.
//!
//! `cargo xtask test` runs these tests if the program is installed or can be installed, and
//! reports it otherwise.

use super::{archive, bind, cached};
use test_support::registry::docker::{DockerRegistry, PASSWORD, USER};
use test_support::registry::tokens::TokenServer;
use test_support::wat::Handler;
use test_support::{Sandbox, run, text};

/// A sandbox with its own cache and a pack in a file.
fn with_pack() -> (Sandbox, String) {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.write("vault.gtpack", archive()).display().to_string();
    (sandbox, pack)
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn a_pushed_pack_can_be_pulled_and_bound() {
    let (sandbox, pack) = with_pack();
    let registry = DockerRegistry::open();
    let reference = registry.reference("team/vault:0.4.2");
    let push = || sandbox.pack().push(&pack).arg(&reference).succeeded().result();
    let pushed = push();
    let digest = text(&pushed["manifest_digest"]).to_owned();
    assert_eq!(push(), pushed);
    assert_eq!(text(&pushed["pack_ref"]), format!("{reference}@{digest}"));

    sandbox.pack().pull(&reference).output("pulled.gtpack").succeeded();
    assert_eq!(sandbox.read("pulled.gtpack"), archive());

    bind(&sandbox, &reference, &[]).succeeded();
    sandbox.env().doctor().succeeded();
    let pins = sandbox.pins();
    assert!(pins.contains(&digest) && pins.contains(text(&pushed["sha256"])), "{pins}");
    assert_eq!(cached(&sandbox).len(), 1);

    drop(registry);
    sandbox.env().doctor().offline().succeeded();
    sandbox.env().doctor().succeeded();
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn a_moved_tag_is_not_followed() {
    let (sandbox, pack) = with_pack();
    let registry = DockerRegistry::open();
    let reference = registry.reference("team/vault:1");
    let pushed = sandbox.pack().push(&pack).arg(&reference).succeeded().result();
    let digest = text(&pushed["manifest_digest"]);
    bind(&sandbox, &reference, &[]).succeeded();
    let before = cached(&sandbox);

    let other = Handler::new("secrets", "acme.secrets.vault", "^9").archive();
    let other = sandbox.write("other.gtpack", other);
    let moved = sandbox.pack().push(&other).arg(&reference).succeeded().result();
    assert_ne!(text(&moved["manifest_digest"]), digest);

    // the pinned pack is fetched again, not the one that the tag names now
    std::fs::remove_dir_all(sandbox.cache_folder()).expect("a folder");
    let report = sandbox.env().doctor().run();
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(cached(&sandbox), before);

    // a digest reference does not move
    let pinned = format!("{reference}@{digest}");
    bind(&sandbox, &pinned, &[]).succeeded();
    let refusal = bind(&Sandbox::with_local().with_own_cache(), &reference, &[]).exited(1);
    assert!(refusal.stderr.contains("^9"), "{refusal:?}");
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn the_password_of_docker_login_is_used() {
    let (sandbox, pack) = with_pack();
    let registry = DockerRegistry::with_passwords();
    let reference = registry.reference("team/vault:1");
    let push = || sandbox.pack().push(&pack).arg(&reference).run();
    let refusal = push().refused(1, "registry-unauthorized");
    for text in [reference.as_str(), "401", "docker login"] {
        assert!(refusal.contains(text), "{text}: {refusal}");
    }
    sandbox.log_in(registry.host(), USER, "battery staple");
    let refusal = push().refused(1, "registry-unauthorized");
    assert!(!refusal.contains("battery staple"), "{refusal}");
    sandbox.log_in(registry.host(), USER, PASSWORD);
    push().succeeded();
    bind(&sandbox, &reference, &[]).succeeded();

    let other = Sandbox::with_local().with_own_cache();
    bind(&other, &reference, &[]).refused(1, "registry-unauthorized");
    let mut pull = other.pack().pull(&reference).output("pulled.gtpack").command();
    run(pull.env("GTC_REGISTRY_USERNAME", USER).env("GTC_REGISTRY_PASSWORD", PASSWORD)).succeeded();
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn a_token_service_must_be_allowed() {
    let (sandbox, pack) = with_pack();
    let tokens = TokenServer::start();
    let registry = DockerRegistry::with_tokens(&tokens);
    sandbox.log_in(registry.host(), USER, PASSWORD);
    let reference = registry.reference("team/vault:1");
    let refusal = sandbox.pack().push(&pack).arg(&reference).refused(1, "registry-login-refused");
    assert!(refusal.contains(&tokens.realm()) && refusal.contains("--token-realm"), "{refusal}");
    assert!(tokens.requests().is_empty(), "{:#?}", tokens.requests());

    let realm = format!("{}={}", registry.host(), tokens.host());
    let flags = ["--token-realm", &realm];
    sandbox.pack().push(&pack).arg(&reference).args(flags).succeeded();
    bind(&sandbox, &reference, &flags).succeeded();
    let mut scopes: Vec<_> =
        tokens.requests().iter().map(|request| request.query["scope"].clone()).collect();
    scopes.dedup();
    assert_eq!(scopes, ["repository:team/vault:pull,push", "repository:team/vault:pull"]);

    sandbox.log_in(registry.host(), USER, "battery staple");
    let refusal = bind(&sandbox, &reference, &flags).refused(1, "registry-unauthorized");
    assert!(!refusal.contains("battery staple"), "{refusal}");
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn a_public_repository_needs_no_password() {
    let (sandbox, pack) = with_pack();
    let tokens = TokenServer::start();
    let registry = DockerRegistry::with_tokens(&tokens);
    let realm = format!("{}={}", registry.host(), tokens.host());
    let flags = ["--token-realm", &realm];
    let reference = registry.reference("public/vault:1");
    sandbox.pack().push(&pack).arg(&reference).args(flags).refused(1, "registry-unauthorized");
    sandbox.log_in(registry.host(), USER, PASSWORD);
    sandbox.pack().push(&pack).arg(&reference).args(flags).succeeded();
    bind(&Sandbox::with_local().with_own_cache(), &reference, &flags).succeeded();
    let refusal =
        bind(&Sandbox::with_local().with_own_cache(), &registry.reference("team/vault:1"), &flags);
    refusal.refused(1, "registry-unauthorized");
}
