//! A handler whose descriptor path is taken is not compiled to find that out: no worker runs.

use env_pack_domain::Permissions;
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};

use super::compile_bombs::shapes::{component, locals_and_loops};
use test_support::packs::archive;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, text};

const PATH: &str = "acme.state.vault";
const KIND: &str = "acme.state.vault@1.0.0";
const BUILTIN: &str = "greentic.state.in-memory";

/// A component that uses up the time of the compiler.
fn bomb() -> Vec<u8> {
    component(&locals_and_loops(10_000, 30_000))
}

/// A pack around the bomb that declares this path.
fn bomb_of(path: &str) -> Vec<u8> {
    archive("state", path, "^1", bomb(), Permissions::default())
}

/// A pack of a harmless handler and of the bomb, which both declare the same path.
fn twice() -> Vec<u8> {
    let handler = Handler::new("state", PATH, "^1");
    let components = [("first", handler.component()), ("second", bomb())];
    let handlers = components.map(|(component, bytes)| NewHandler {
        component: component.to_owned(),
        bytes,
        declared: HandlerDeclaration {
            slot: "state".parse().expect("a slot"),
            descriptor_path: PATH.parse().expect("a path"),
            supported_versions: "^1".parse().expect("a requirement"),
            permissions: Permissions::default(),
        },
    });
    let pack = NewPack {
        id: "acme.state".to_owned(),
        version: "1.0.0".parse().expect("a version"),
        publisher: "test".to_owned(),
        answers_schema: None,
        handlers: handlers.into(),
    };
    gtc_archive::write(&pack).expect("a pack")
}

/// The number of components that were compiled.
fn compiled(sandbox: &Sandbox) -> usize {
    if sandbox.cache_folder().join("compiled").exists() { sandbox.compiled().len() } else { 0 }
}

#[test]
fn a_second_handler_for_one_path_is_not_compiled() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.write("packs/twice.gtpack", twice());
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(&pack);
    let message = update.clone().refused(1, "path-answered-twice");
    assert_contains(&message, &["two of its handlers", PATH]);
    sandbox.write("packs/tests/only.yaml", "expect: {}");
    sandbox.pack().test(&pack).refused(2, "path-answered-twice");
    assert_eq!(compiled(&sandbox), 0);
    update.no_fetch().succeeded();
    let doctor = sandbox.env().doctor().exited(1).result();
    assert_eq!(doctor["load_failures"][0]["error"], "path-answered-twice");
    let validated = sandbox.pack().validate(&pack).exited(1).result();
    let findings = validated["packs"][0]["findings"].as_array().expect("a list");
    let codes: Vec<_> = findings.iter().map(|finding| text(&finding["code"])).collect();
    assert_eq!(codes, ["path-answered-twice"]);
    // the five built-in packs, and the first handler by `validate`
    assert_eq!(compiled(&sandbox), 6);
}

#[test]
fn a_pack_that_takes_the_path_of_another_is_not_compiled() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let builtin = sandbox.write("packs/builtin.gtpack", bomb_of(BUILTIN));
    let kind = format!("{BUILTIN}@1.0.0");
    let update = sandbox.env_packs().update("state").kind(kind).pack_ref(builtin);
    update.refused(1, "conflict");
    assert_eq!(compiled(&sandbox), 0);
    let vault = Handler::new("secrets", PATH, "^1").archive_by("acme", "1.0.0");
    let vault = sandbox.write("packs/vault.gtpack", vault);
    sandbox.env_packs().update("secrets").kind(KIND).pack_ref(vault).succeeded();
    let other = sandbox.write("packs/other.gtpack", bomb_of(PATH));
    let update = sandbox.env_packs().update("state").kind(KIND).pack_ref(other);
    update.clone().refused(1, "conflict");
    update.no_fetch().succeeded();
    for _ in 0..2 {
        let doctor = sandbox.env().doctor().exited(1).result();
        let duplicate = &doctor["duplicate_registrations"][0];
        assert_eq!(duplicate["descriptor_path"], PATH);
        assert_eq!(doctor["load_failures"], serde_json::json!([]));
        // the other pack is left out, and this one works
        let bindings = doctor["bindings"].as_array().expect("a list");
        let state = |slot: &str| {
            let binding = bindings.iter().find(|binding| binding["slot"] == slot);
            text(&binding.expect("it is bound")["state"]).to_owned()
        };
        assert_eq!([state("secrets"), state("state")], ["healthy", "duplicate-registration"]);
    }
    let checked = sandbox.env().tool_check().exited(1).result();
    let error = text(&checked["unresolved_bindings"][0]["error"]);
    assert!(error.contains("is already registered by pack"), "{error}");
    // the five built-in packs, and the first one with the path
    assert_eq!(compiled(&sandbox), 6);
}
