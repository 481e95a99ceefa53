//! Tests of `packs.lock.json` with schema v1, which has one pin for each pack reference.

use env_pack_domain::CapabilitySlot;

use super::pins::{bound, lock, pin, previous_pin, update, write_lock};
use super::*;

/// Returns a file with a pin for each of these references and archives.
fn file(pins: &[(&str, &[u8])]) -> String {
    let entry = |(pack_ref, archive): &(&str, &[u8])| {
        let digest = pin(archive).archive.hex();
        format!(
            r#""{pack_ref}": {{"archive_sha256": "{digest}", "size": 1, "handlers": [],
            "locked_at": "2026-11-23T09:37:16Z"}}"#
        )
    };
    let entries: Vec<_> = pins.iter().map(entry).collect();
    format!(r#"{{"schema": "greentic.env-pack-lock.v1", "packs": {{{}}}}}"#, entries.join(", "))
}

/// Binds packs with these references one after the other, without pins.
fn bind(store: &Store, requests: &[(&str, &str)]) {
    for (kind, pack_ref) in requests {
        let request = BindingRequest {
            kind: kind.parse().expect("a descriptor"),
            pack_ref: pack_ref.parse().expect("a reference"),
            ..vault()
        };
        save_environment(store, |environment| {
            change::update(environment.clone(), request.clone(), None).expect("bound").environment
        });
    }
}

/// Checks the pinned archives of the binding of slot `secrets` and of its previous one, before
/// and after another binding is changed, which converts the file.
#[track_caller]
fn assert_pinned(store: &Store, archive: &[u8], previous_archive: Option<&[u8]>) {
    let check = || {
        let found = bound(store).pin.expect("pinned").archive;
        assert_eq!(found, pin(archive).archive);
        let previous = previous_pin(&bound(store)).map(|pin| pin.archive);
        assert_eq!(previous, previous_archive.map(|archive| pin(archive).archive));
    };
    check();
    let state = BindingKey::Slot(CapabilitySlot::State.try_into().expect("a core slot"));
    save_environment(store, |environment| {
        change::remove(environment.clone(), &state).expect("bound").environment
    });
    assert!(lock(store).contains("env-pack-lock.v2"), "{}", lock(store));
    check();
}

#[test]
fn a_binding_and_its_previous_one_have_the_pins_of_their_references() {
    let (_root, store) = store(FIXTURES[0]);
    let kind = "acme.secrets.vault@0.4.2";
    bind(&store, &[(kind, "/packs/old.gtpack"), (kind, "/packs/new.gtpack")]);
    write_lock(&store, &file(&[("/packs/new.gtpack", b"new"), ("/packs/old.gtpack", b"old")]));
    assert_pinned(&store, b"new", Some(b"old"));
}

#[test]
fn a_digest_in_a_reference_says_which_archive_it_was() {
    let (_root, store) = store(FIXTURES[0]);
    let exact = format!("oci://ghcr.io/acme/vault@sha256:{}", "0".repeat(64));
    bind(&store, &[("acme.secrets.vault@0.4.2", &exact), ("acme.secrets.vault@0.4.3", &exact)]);
    write_lock(&store, &file(&[(&exact, b"archive")]));
    assert_pinned(&store, b"archive", Some(b"archive"));
}

#[test]
fn a_path_or_a_tag_does_not_say_which_archive_it_was() {
    for pack_ref in ["/packs/vault.gtpack", "oci://ghcr.io/acme/vault:0.4"] {
        let (_root, store) = store(FIXTURES[0]);
        bind(
            &store,
            &[("acme.secrets.vault@0.4.2", pack_ref), ("acme.secrets.vault@0.4.3", pack_ref)],
        );
        write_lock(&store, &file(&[(pack_ref, b"archive")]));
        assert_pinned(&store, b"archive", None);
    }
}

#[test]
fn members_of_others_survive_the_conversion() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let v1 = r#"{
  "schema": "greentic.env-pack-lock.v1",
  "x_note": 1.00,
  "packs": {
    "/packs/vault.gtpack": {
      "archive_sha256": "ARCHIVE",
      "big": 1e400,
      "size": 5,
      "handlers": [],
      "grants": {"tools": [], "network": ["localhost:80"]},
      "locked_at": "2026-11-23T09:37:16Z"
    }
  }
}
"#;
    write_lock(&store, &v1.replace("ARCHIVE", &pin(b"first").archive.hex()));
    let converted = bound(&store).pin.expect("pinned");
    assert_eq!(converted.archive, pin(b"first").archive);
    assert_eq!((converted.pack, converted.handlers.len()), (None, 0));
    save_environment(&store, |environment| {
        let state = BindingKey::Slot(CapabilitySlot::State.try_into().expect("a core slot"));
        change::remove(environment.clone(), &state).expect("bound").environment
    });
    let text = lock(&store);
    for part in ["env-pack-lock.v2", "\"x_note\": 1.00", "\"big\": 1e400", "\"secrets\": {"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(!text.contains("\"packs\""), "{text}");
    assert_eq!(bound(&store).pin.expect("pinned").archive, pin(b"first").archive);
}
