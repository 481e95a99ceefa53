//! Each binding runs exactly the archive that it pins, whatever happens to the file or the tag
//! that it came from.

mod sequences;
mod unpinned;

use std::path::PathBuf;

use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, packs, text};

const KIND: &str = "acme.secrets.vault@0.4.2";
const PACK: &str = "packs/vault.gtpack";

fn handler() -> Handler {
    Handler::new("secrets", "acme.secrets.vault", "^0.4")
}

/// The bytes of a version of the pack.
fn version(version: &str) -> Vec<u8> {
    handler().archive_by("acme", version)
}

fn sha256(archive: &[u8]) -> String {
    Sha256Digest::compute(archive).hex()
}

/// An environment that bound one version of a file, and updated to another of the same name.
fn with_rebuilt_pack() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::with_local().with_own_cache();
    let pack = sandbox.write(PACK, version("0.4.2"));
    update(&sandbox).pack_ref(&pack).succeeded();
    sandbox.write(PACK, version("0.4.3"));
    update(&sandbox).pack_ref(&pack).succeeded();
    (sandbox, pack)
}

fn update(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.env_packs().update("secrets").kind(KIND)
}

fn rollback(sandbox: &Sandbox) -> Gtc<'_> {
    sandbox.env_packs().rollback("secrets")
}

/// The archive of the slot `secrets` that `doctor` runs.
fn doctored(sandbox: &Sandbox) -> Value {
    sandbox.env().doctor().run().result()["bindings"][1]["archive_sha256"].clone()
}

fn blob(sandbox: &Sandbox, archive: &[u8]) -> PathBuf {
    sandbox.cache_folder().join("blobs/sha256").join(sha256(archive))
}

#[test]
fn a_rollback_restores_the_bytes_of_a_rebuilt_file() {
    let (sandbox, _) = with_rebuilt_pack();
    assert_eq!(doctored(&sandbox), sha256(&version("0.4.3")));
    sandbox.cache().gc().succeeded();
    let old = sha256(&version("0.4.2"));
    let human = rollback(&sandbox).human().succeeded();
    human.shows(&["rolled back slot `secrets`", &format!("  archive {old}\n")]);
    assert_eq!(doctored(&sandbox), old);
    let list = sandbox.env_packs().list().succeeded().result();
    assert_eq!(list["bindings"][1]["archive_sha256"], old);
    // the file differs from what is bound
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["bindings"][1]["state"], "digest-drift");
    sandbox.cache().gc().limit("cache.generations=1").succeeded();
    assert!(!blob(&sandbox, &version("0.4.3")).exists(), "nothing restores it any more");
    assert!(blob(&sandbox, &version("0.4.2")).exists());
}

#[test]
fn a_rollback_without_its_bytes_is_refused() {
    let (sandbox, _) = with_rebuilt_pack();
    std::fs::remove_file(blob(&sandbox, &version("0.4.2"))).expect("a cached archive");
    let before = sandbox.document("local");
    let message = rollback(&sandbox).refused(1, "archive-replaced");
    let old = sha256(&version("0.4.2"));
    assert_contains(&message, &["slot `secrets` was not rolled back to `acme.secrets.vault", &old]);
    assert_eq!(sandbox.document("local"), before);
    assert_eq!(doctored(&sandbox), sha256(&version("0.4.3")));
    // once the file is back, so is the rollback
    sandbox.write(PACK, version("0.4.2"));
    assert_eq!(rollback(&sandbox).succeeded().result()["archive_sha256"], old);
}

#[test]
fn a_rollback_restores_permissions() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let archive = |network: &[&str]| handler().archive_with(packs::permissions(&[], network));
    let pack = sandbox.write(PACK, archive(&["vault.example:1"]));
    update(&sandbox).pack_ref(&pack).grant_declared().succeeded();
    sandbox.write(PACK, archive(&["vault.example:1", "other.example:2"]));
    update(&sandbox).pack_ref(&pack).grant_declared().succeeded();
    let report = rollback(&sandbox).succeeded().result();
    assert_eq!(report["grants"]["network"], json!(["vault.example:1"]));
    let listed = sandbox.grants().list().succeeded().result();
    assert_eq!(listed["bindings"][0]["grants"]["network"], json!(["vault.example:1"]));
}

#[test]
fn a_rollback_needs_a_trusted_signature() {
    let (sandbox, _) = with_rebuilt_pack();
    let key = sandbox.key("author.pem");
    sandbox.trust(&key);
    let before = sandbox.document("local");
    let message = rollback(&sandbox).refused(1, "unsigned");
    assert_contains(&message, &["was not rolled back", "unsigned"]);
    assert_eq!(sandbox.document("local"), before);
}

#[test]
fn a_rollback_takes_no_path_of_a_pack_that_was_bound_since() {
    let sandbox = Sandbox::with_local();
    let vault = sandbox.write(PACK, version("0.4.2"));
    let other = sandbox.valid_pack("secrets", "acme.secrets.other", "^1");
    update(&sandbox).pack_ref(vault).succeeded();
    let other_kind = sandbox.env_packs().update("secrets").kind("acme.secrets.other@1.0.0");
    other_kind.pack_ref(other).succeeded();
    let twin = Handler::new("state", "acme.secrets.vault", "^0.4").archive_by("another", "1.0.0");
    let twin = sandbox.write("packs/twin.gtpack", twin);
    sandbox.env_packs().update("state").kind(KIND).pack_ref(twin).succeeded();
    let message = rollback(&sandbox).refused(1, "conflict");
    assert_contains(&message, &["`acme.secrets.vault` is already provided by pack", "`state`"]);
}

#[test]
fn a_repeated_update_keeps_the_rollback() {
    let (sandbox, pack) = with_rebuilt_pack();
    let before = (sandbox.document("local"), sandbox.pins());
    let events = sandbox.audit_events("local").len();
    for _ in 0..2 {
        let report = update(&sandbox).pack_ref(&pack).succeeded().result();
        assert_eq!((&report["unchanged"], &report["generation"]), (&json!(true), &json!(2)));
    }
    assert_eq!((sandbox.document("local"), sandbox.pins()), before);
    assert_eq!(sandbox.audit_events("local").len(), events);
    let old = sha256(&version("0.4.2"));
    assert_eq!(rollback(&sandbox).succeeded().result()["archive_sha256"], old);
}

#[test]
fn two_instances_with_one_tag_have_their_own_pins() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let kind = "acme.oauth.auth0@0.4.2";
    let image = |version: &str| {
        let handler = Handler::new("extension", "acme.oauth.auth0", "^0.4");
        Image::pack(&handler.archive_by("acme", version))
    };
    let registry = ScriptedRegistry::with_image(&image("0.4.2"));
    let reference = registry.reference("1");
    let add = sandbox.extensions().add().kind(kind).pack_ref(&reference);
    add.clone().succeeded();
    registry.serve("1", &image("0.4.3"));
    // a new instance follows the tag; the bound one stays where it is
    add.instance_id("new").succeeded();
    let list = sandbox.extensions().list().succeeded().result();
    let archive = |at: usize| text(&list["extensions"][at]["archive_sha256"]).to_owned();
    assert_ne!(archive(0), archive(1));
    let bound = sandbox.extensions().update().kind(kind).pack_ref(&reference);
    bound.refused(1, "digest-drift");
    let refreshed = sandbox.extensions().update().kind(kind).refresh().succeeded().result();
    assert_eq!(text(&refreshed["archive_sha256"]), archive(1));
    let rollback = sandbox.extensions().rollback().kind(kind).succeeded().result();
    assert_eq!(text(&rollback["archive_sha256"]), archive(0));
}
