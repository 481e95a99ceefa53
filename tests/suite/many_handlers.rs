//! Packs with many handlers: no verb loads one with more than the limit.

use std::path::PathBuf;

use env_pack_domain::Sha256Digest;

use test_support::packs::archive_of;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains};

const KIND: &str = "acme.state.n0@1.0.0";
const EXTENSION: &str = "acme.fast2flow.n1@1.0.0";

/// A verb that reads or loads the pack of 33 handlers.
type Verb = (&'static str, fn(&Sandbox) -> Gtc<'_>);

/// Verbs that name the pack.
const NAMING: &[Verb] = &[
    ("add", |home| home.env_packs().add("revocation").kind(KIND).pack_ref(pack(home))),
    ("update", |home| home.env_packs().update("state").kind(KIND).pack_ref(pack(home))),
    ("add", |home| home.extensions().add().kind(EXTENSION).pack_ref(pack(home))),
    ("inspect", |home| home.pack().inspect(pack(home))),
    ("inspect --wit", |home| home.pack().inspect(pack(home)).arg("--wit")),
    ("repack", |home| home.pack().repack(pack(home)).output(home.home().join("new.gtpack"))),
    ("bench", |home| home.verb("pack bench").arg(pack(home))),
    ("save", |home| home.pack().save(pack(home)).output(home.home().join("new.tar"))),
    ("load", |home| home.pack().load(home.home().join("many.tar"))),
    ("sign", |home| home.pack().sign(pack(home)).key(home.key("acme").private)),
    ("push", |home| home.pack().push(pack(home)).arg("oci://localhost:1/many:1")),
];

/// Verbs about a binding of the pack.
const BOUND: &[Verb] = &[
    ("update --refresh", |home| home.env_packs().update("state").refresh()),
    ("update --refresh", |home| home.extensions().update().kind(EXTENSION).refresh()),
    ("grants add", |home| home.grants().add("acme.state.n0").grant_declared()),
    ("answers put", |home| {
        home.answers().put().kind("acme.state.n0").file(home.write("new.json", "{}"))
    }),
];

fn pack(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join("packs/many.gtpack")
}

/// As many handlers, every second one of an extension.
fn handlers(count: usize) -> Vec<Handler> {
    let handler = |number: usize| match number % 2 {
        0 => Handler::new("state", &format!("acme.state.n{number}"), "^1"),
        _ => Handler::new("extension", &format!("acme.fast2flow.n{number}"), "^1"),
    };
    (0..count).map(handler).collect()
}

/// A sandbox with a cache of its own, and a pack of as many handlers.
fn with_pack(count: usize) -> Sandbox {
    let sandbox = Sandbox::with_local().with_own_cache();
    sandbox.write("packs/many.gtpack", archive_of(&handlers(count)));
    sandbox
}

/// The number of these handlers whose code is in the cache.
fn compiled(sandbox: &Sandbox, handlers: &[Handler]) -> usize {
    if !sandbox.cache_folder().join("compiled").exists() {
        return 0;
    }
    let code = sandbox.compiled();
    let is_compiled = |handler: &&Handler| {
        let digest = Sha256Digest::compute(&handler.component()).hex();
        code.iter().any(|path| path.to_string_lossy().contains(&digest))
    };
    handlers.iter().filter(is_compiled).count()
}

#[track_caller]
fn refuses(sandbox: &Sandbox, (name, verb): &Verb, code: i32) {
    let message = verb(sandbox).refused(code, "too-many-handlers");
    assert!(
        message.contains("the pack has 33 handlers, more than the 32 allowed"),
        "{name}: {message}"
    );
    assert_contains(&message, &["pack `", "`--limit archive.handlers=<number>`"]);
}

#[test]
fn no_verb_loads_a_pack_with_too_many_handlers() {
    let sandbox = with_pack(33);
    let save = sandbox.pack().save(pack(&sandbox)).output(sandbox.home().join("many.tar"));
    save.limit("archive.handlers=33").succeeded();
    for verb in NAMING {
        refuses(&sandbox, verb, 1);
    }
    let validated = sandbox.pack().validate(pack(&sandbox)).exited(1).result();
    assert_eq!(validated["packs"][0]["findings"][0]["code"], "too-many-handlers");
    sandbox.write("packs/tests/only.yaml", "handler: acme.state.n0\nexpect: {}");
    refuses(&sandbox, &("test", |home| home.pack().test(pack(home))), 2);
    assert_eq!(compiled(&sandbox, &handlers(33)), 0);
}

#[test]
fn no_verb_loads_a_bound_pack_with_too_many_handlers() {
    let sandbox = with_pack(33);
    let limit = "archive.handlers=33";
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(pack(&sandbox));
    sandbox.write(".greentic/environments/local/state.json", "{}");
    update.answers_ref("state.json").limit(limit).succeeded();
    let add = sandbox.extensions().add().kind(EXTENSION).pack_ref(pack(&sandbox));
    add.limit(limit).succeeded();
    assert_eq!(compiled(&sandbox, &handlers(33)), 33);
    std::fs::remove_dir_all(sandbox.cache_folder().join("compiled")).expect("removed");
    for verb in BOUND {
        refuses(&sandbox, verb, 1);
    }
    let doctor = sandbox.env().doctor().exited(1).result();
    assert_eq!(doctor["load_failures"][0]["error"], "too-many-handlers");
    let checked = sandbox.env().tool_check().exited(1).result();
    let error = checked["unresolved_bindings"][0]["error"].as_str().expect("a text");
    assert!(error.contains("33 handlers"), "{error}");
    assert_eq!(compiled(&sandbox, &handlers(33)), 0);
    // what the operator allows still works
    sandbox.env().doctor().limit(limit).succeeded();
}

#[test]
fn a_pack_bound_unchecked_is_not_pinned_with_too_many_handlers() {
    let sandbox = with_pack(33);
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(pack(&sandbox));
    update.no_fetch().succeeded();
    refuses(&sandbox, &("pin", |home| home.env_packs().pin("state")), 1);
    assert_eq!(compiled(&sandbox, &handlers(33)), 0);
}

#[test]
fn a_pack_with_as_many_handlers_as_allowed_is_loaded() {
    let sandbox = with_pack(32);
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(pack(&sandbox));
    update.succeeded();
    sandbox.env().doctor().succeeded();
    assert_eq!(compiled(&sandbox, &handlers(32)), 32);
}
