//! Moved tags: reported once they were seen, and followed only by a refresh.

use serde_json::Value;

use super::{archive, bind};
use test_support::registry::image::Image;
use test_support::registry::scripted::{ScriptedRegistry, manifest_path};
use test_support::wat::Handler;
use test_support::{Sandbox, packs, text};

/// A later version of the pack, which requests network access.
fn later() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4.1")
        .archive_with(packs::permissions(&[], &["vault.example:8200"]))
}

fn drift(sandbox: &Sandbox) -> Value {
    sandbox.env().doctor().run().result()["digest_drift"].clone()
}

#[test]
fn a_moved_tag_is_followed_only_by_refresh() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let first = Image::pack(&archive());
    let second = Image::pack(&later());
    let registry = ScriptedRegistry::with_image(&first);
    let reference = registry.reference("1");
    bind(&sandbox, &reference, &[]).succeeded();
    let read_pins = || sandbox.pins();
    let pinned = read_pins();
    registry.serve("1", &second);

    // `doctor` sends no request, so the move is not known yet
    let before = registry.requests().len();
    sandbox.env().doctor().succeeded();
    assert_eq!(registry.requests().len(), before);
    sandbox.pack().inspect(&reference).succeeded();
    let reported = drift(&sandbox);
    assert_eq!(
        (text(&reported[0]["locked"]), text(&reported[0]["found"])),
        (&*first.digest(), &*second.digest())
    );
    sandbox.env().tool_check().succeeded();

    let update = sandbox.env_packs().update("secrets").refresh();
    let plan = update.clone().dry_run().grant_declared().succeeded().result();
    let moved = &plan["moved_from"];
    assert_eq!(text(&moved["from"]["manifest_digest"]), first.digest(), "{plan}");
    assert_eq!(text(&moved["to"]["manifest_digest"]), second.digest(), "{plan}");
    assert_eq!(moved["permissions_added"]["network"][0], "vault.example:8200", "{plan}");
    let refusal = update.clone().exited(1);
    assert!(refusal.stderr.contains("vault.example:8200"), "{refusal:?}");
    assert_eq!(read_pins(), pinned);

    update.grant_declared().succeeded();
    assert!(read_pins().contains(&second.digest()), "{}", read_pins());
    assert_eq!(drift(&sandbox), Value::Array(Vec::new()));

    // a rollback returns to the old digest, not to the tag
    sandbox.env_packs().rollback("secrets").succeeded();
    let bound = sandbox.document("local")["packs"][1]["pack_ref"].clone();
    assert_eq!(text(&bound), format!("{reference}@{}", first.digest()));
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_digest_reference_never_moves() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let first = Image::pack(&archive());
    let second = Image::pack(&later());
    let registry = ScriptedRegistry::with_image(&first);
    let reference = registry.reference(&format!("1@{}", first.digest()));
    bind(&sandbox, &reference, &[]).succeeded();
    registry.serve("1", &second);
    std::fs::remove_dir_all(sandbox.cache_folder()).expect("a folder");
    bind(&sandbox, &reference, &[]).succeeded();
    sandbox.env().doctor().succeeded();
    assert_eq!(registry.request_count(&manifest_path("1")), 0);
}
