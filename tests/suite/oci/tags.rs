//! Tags that are moved to another pack: never followed silently, told once somebody saw
//! it, and taken when they are asked for.

use serde_json::Value;

use super::{archive, bind};
use crate::support::registry::hostile::{Hostile, manifest_path};
use crate::support::registry::image::Image;
use crate::support::wat::Handler;
use crate::support::{Sandbox, packs, text};

/// A later version of the pack, which wants to run a program.
fn later() -> Vec<u8> {
    let component = Handler::new("secrets", "acme.secrets.vault", "^0.4.1").component();
    packs::archive(
        "secrets",
        "acme.secrets.vault",
        "^0.4.1",
        component,
        packs::permissions(&[], &["vault.example:8200"]),
    )
}

fn drift(sandbox: &Sandbox) -> Value {
    sandbox.gtc(["op", "env", "doctor", "local"]).result()["digest_drift"].clone()
}

#[test]
fn a_tag_is_followed_only_when_it_is_asked_for() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let (first, second) = (Image::pack(&archive()), Image::pack(&later()));
    let registry = Hostile::with(&first);
    let reference = registry.reference("1");
    bind(&sandbox, &reference, &[]).succeeded();
    let lock = || {
        std::fs::read_to_string(sandbox.environment("local").join("packs.lock.json"))
            .expect("a lock")
    };
    let pinned = lock();
    registry.serve("1", &second);

    // nobody looked, so nobody knows
    let asked = registry.requests().len();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
    assert_eq!(registry.requests().len(), asked);
    sandbox.gtc(["pack", "inspect", &reference]).succeeded();
    let told = drift(&sandbox);
    assert_eq!(
        (text(&told[0]["locked"]), text(&told[0]["found"])),
        (&*first.digest(), &*second.digest())
    );
    sandbox.gtc(["op", "env", "tool-check", "local"]).succeeded();

    let update = ["op", "env-packs", "update", "--env", "local", "--slot", "secrets", "--refresh"];
    let shown = sandbox
        .gtc(update.iter().chain(&["--dry-run", "--grant", "declared"]))
        .succeeded()
        .result();
    let moved = &shown["moved_from"];
    assert_eq!(text(&moved["from"]["manifest_digest"]), first.digest(), "{shown}");
    assert_eq!(text(&moved["to"]["manifest_digest"]), second.digest(), "{shown}");
    assert_eq!(moved["permissions_added"]["network"][0], "vault.example:8200", "{shown}");
    let refusal = sandbox.gtc(update).exited(1);
    assert!(refusal.stderr.contains("vault.example:8200"), "{refusal:?}");
    assert_eq!(lock(), pinned);

    sandbox.gtc(update.iter().chain(&["--grant", "declared"])).succeeded();
    assert!(lock().contains(&second.digest()), "{}", lock());
    assert_eq!(drift(&sandbox), Value::Array(Vec::new()));

    // back is where it was, not where the tag is
    sandbox.gtc(["op", "env-packs", "rollback", "--env", "local", "--slot", "secrets"]).succeeded();
    let bound = sandbox.document("local")["packs"][1]["pack_ref"].clone();
    assert_eq!(text(&bound), format!("{reference}@{}", first.digest()));
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
}

#[test]
fn a_digest_is_what_it_was() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let (first, second) = (Image::pack(&archive()), Image::pack(&later()));
    let registry = Hostile::with(&first);
    let reference = registry.reference(&format!("1@{}", first.digest()));
    bind(&sandbox, &reference, &[]).succeeded();
    registry.serve("1", &second);
    std::fs::remove_dir_all(sandbox.cache()).expect("a folder");
    bind(&sandbox, &reference, &[]).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
    assert_eq!(registry.asked(&manifest_path("1")), 0);
}
