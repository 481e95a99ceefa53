//! Tests of `packs.lock.json`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use env_pack_domain::{
    Binding, CapabilitySlot, ForeignText, PackIdentity, Permissions, Pin, PinnedHandler,
    Sha256Digest, ToolPermission,
};

use super::*;

/// Returns the pin of an archive with these bytes.
pub(super) fn pin(archive: &[u8]) -> Pin {
    Pin {
        manifest: None,
        archive: Sha256Digest::compute(archive),
        size: archive.len() as u64,
        pack: Some(PackIdentity {
            id: ForeignText::new("acme.vault"),
            version: "0.4.2".to_owned(),
            publisher: ForeignText::new("acme"),
        }),
        handlers: vec![PinnedHandler {
            component: ForeignText::new("handler"),
            digest: Sha256Digest::compute(b"component"),
            slot: CapabilitySlot::Secrets,
            descriptor_path: "acme.secrets.vault".parse().expect("a path"),
            supported_versions: "^0.4".parse().expect("a requirement"),
        }],
        grants: Permissions {
            tools: vec![ToolPermission::new("vault", vec!["a b".to_owned()]).expect("valid")],
            network: vec!["localhost:80".parse().expect("an address")],
        },
        signer: None,
        locked_at: "2026-11-23T09:37:16Z".to_owned(),
    }
}

/// Returns the pin of a signed archive from a registry.
fn signed(archive: &[u8]) -> Pin {
    Pin {
        manifest: Some(Sha256Digest::compute(b"manifest")),
        signer: Some(ForeignText::new("k1")),
        ..pin(archive)
    }
}

pub(super) fn update(store: &Store, pin: Option<Pin>) {
    save_environment(store, |environment| {
        change::update(environment.clone(), vault(), pin.clone()).expect("bound").environment
    });
}

fn rollback(store: &Store) {
    save_environment(store, |environment| {
        change::rollback(environment.clone(), &secrets()).expect("stashed").environment
    });
}

pub(super) fn bound(store: &Store) -> Binding {
    let environment = store.load(&local()).expect("loaded").environment;
    environment.binding(&secrets()).expect("bound").clone()
}

pub(super) fn previous_pin(binding: &Binding) -> Option<Pin> {
    binding.readable_previous().and_then(|previous| previous.pin.clone())
}

pub(super) fn lock(store: &Store) -> String {
    read(store, "packs.lock.json")
}

pub(super) fn write_lock(store: &Store, text: &str) {
    fs::write(store.gc_root().join("local/packs.lock.json"), text).expect("a file");
}

#[test]
fn a_rebuilt_file_has_two_pins() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    update(&store, Some(pin(b"second")));
    assert_eq!(bound(&store).pin, Some(pin(b"second")));
    assert_eq!(previous_pin(&bound(&store)), Some(pin(b"first")));
    rollback(&store);
    assert_eq!(bound(&store).pin, Some(pin(b"first")));
    assert_eq!(previous_pin(&bound(&store)), None);
}

#[test]
fn the_file_names_binding_and_previous_binding() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    update(&store, Some(signed(b"second")));
    assert_eq!(lock(&store), include_str!("packs.lock.json"));
}

#[test]
fn updates_that_are_saved_together_write_the_same_file() {
    let (_root, store) = store(FIXTURES[0]);
    save_environment(&store, |environment| {
        let first =
            change::update(environment.clone(), vault(), Some(pin(b"first"))).expect("bound");
        let second = Some(signed(b"second"));
        change::update(first.environment.clone(), vault(), second).expect("bound").environment
    });
    assert_eq!(lock(&store), include_str!("packs.lock.json"));
}

/// Each level is parsed again with those inside it.
#[test]
fn the_number_of_older_pins_is_bounded() {
    let nested = |levels: usize| {
        let entry = "{\"previous\":".repeat(levels - 1) + "{}" + &"}".repeat(levels - 1);
        let (_root, store) = store(FIXTURES[0]);
        let schema = "greentic.env-pack-lock.v2";
        write_lock(
            &store,
            &format!("{{\"schema\":\"{schema}\",\"bindings\":{{\"secrets\":{entry}}}}}"),
        );
        store.load(&local()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(nested(16), Ok(()));
    for levels in [17, 100_000] {
        let error = nested(levels).expect_err("too many");
        assert!(
            error.contains("`bindings.secrets`: it has more than 16 levels of `previous`"),
            "{error}"
        );
    }
}

#[test]
fn an_unpinned_binding_keeps_the_pin_of_its_previous_one() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    update(&store, None);
    assert_eq!(bound(&store).pin, None);
    assert_eq!(previous_pin(&bound(&store)), Some(pin(b"first")));
    rollback(&store);
    assert_eq!(bound(&store).pin, Some(pin(b"first")));
}

#[test]
fn a_binding_that_another_tool_changed_has_no_pin() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let path = store.gc_root().join("local/environment.json");
    let text = read(&store, "environment.json");
    fs::write(&path, text.replace("\"generation\": 1", "\"generation\": 2")).expect("a file");
    assert_eq!(bound(&store).pin, None);
    fs::write(&path, text.replace("/packs/vault.gtpack", "/packs/other.gtpack")).expect("a file");
    assert_eq!(bound(&store).pin, None);
    fs::write(&path, text).expect("a file");
    assert_eq!(bound(&store).pin, Some(pin(b"first")));
}

#[test]
fn the_generation_of_a_pin_is_optional() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    update(&store, Some(pin(b"second")));
    let text = lock(&store);
    let without = text.lines().filter(|line| !line.contains("\"generation\""));
    write_lock(&store, &without.collect::<Vec<_>>().join("\n"));
    assert_eq!(bound(&store).pin, Some(pin(b"second")));
    assert_eq!(previous_pin(&bound(&store)), Some(pin(b"first")));
}

#[test]
fn instances_of_an_extension_have_pins_of_their_own() {
    let (_root, store) = store(FIXTURES[0]);
    for (instance, archive) in [(None, b"first".as_slice()), (Some("eu"), b"second")] {
        let instance = instance.map(|name| name.parse().expect("an instance id"));
        let request = BindingRequest { place: BindingPlace::Extension(instance), ..vault() };
        save_environment(&store, |environment| {
            let pin = Some(pin(archive));
            change::add(environment.clone(), request.clone(), pin).expect("not bound").environment
        });
    }
    let environment = store.load(&local()).expect("loaded").environment;
    let pins: Vec<_> = environment.extensions().iter().map(|bound| bound.pin.clone()).collect();
    assert_eq!(pins, [Some(pin(b"first")), Some(pin(b"second"))]);
    for name in ["\"acme.secrets.vault\": {", "\"acme.secrets.vault/eu\": {"] {
        assert_eq!(lock(&store).matches(name).count(), 1, "{}", lock(&store));
    }
}

#[test]
fn a_removed_binding_has_no_pin() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    save_environment(&store, |environment| {
        change::remove(environment.clone(), &secrets()).expect("bound").environment
    });
    assert!(lock(&store).contains("\"bindings\": {}"), "{}", lock(&store));
}

#[test]
fn without_pins_no_file_is_written() {
    let (root, store) = store(FIXTURES[0]);
    update(&store, None);
    assert!(!root.path().join("local/packs.lock.json").exists());
}

#[test]
fn members_of_others_survive_with_their_archive() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let odd = lock(&store)
        .replace("\"bindings\": {", "\"x_note\": {\"n\":  1.00},\n  \"bindings\": {")
        .replace("\"size\": 5,", "\"big\": 1e400,\n      \"size\": 5,")
        .replace("\"grants\": {", "\"grants\": {\n        \"until\": 2.50,");
    write_lock(&store, &odd);
    update(&store, Some(Pin { grants: Permissions::default(), ..pin(b"first") }));
    update(&store, Some(pin(b"second")));
    let text = lock(&store);
    for part in ["\"x_note\": {\"n\":  1.00}", "\"big\": 1e400", "\"until\": 2.50"] {
        assert_eq!(text.matches(part).count(), 1, "{part}:\n{text}");
    }
    rollback(&store);
    update(&store, Some(pin(b"second")));
    update(&store, Some(pin(b"third")));
    assert!(!lock(&store).contains("1e400"), "they are about another archive:\n{}", lock(&store));
}

#[test]
fn members_of_others_in_parts_of_a_pin_survive() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let odd = lock(&store)
        .replace("\"pack\": {", "\"pack\": {\n        \"x_pack\": 1.50,")
        .replace("\"component\": ", "\"x_handler\": 2.50,\n          \"component\": ");
    write_lock(&store, &odd);
    update(&store, Some(Pin { grants: Permissions::default(), ..pin(b"first") }));
    update(&store, Some(pin(b"second")));
    for part in ["\"x_pack\": 1.50", "\"x_handler\": 2.50"] {
        assert_eq!(lock(&store).matches(part).count(), 1, "{part}:\n{}", lock(&store));
    }
}

#[test]
fn changed_parts_of_a_pin_are_written() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let pack = Some(PackIdentity {
        id: ForeignText::new("acme.vault"),
        version: "0.4.3".to_owned(),
        publisher: ForeignText::new("acme"),
    });
    for changed in [
        Pin { handlers: Vec::new(), ..pin(b"first") },
        Pin { pack, ..pin(b"first") },
        Pin { pack: None, ..pin(b"first") },
        Pin { grants: Permissions::default(), ..pin(b"first") },
    ] {
        update(&store, Some(changed.clone()));
        assert_eq!(bound(&store).pin, Some(changed));
    }
}

#[test]
fn a_member_with_the_name_of_the_list_in_schema_v1_belongs_to_others() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let odd = lock(&store).replace("\"bindings\": {", "\"packs\": [1.00],\n  \"bindings\": {");
    write_lock(&store, &odd);
    update(&store, Some(pin(b"second")));
    assert!(lock(&store).contains("\"packs\": [1.00]"), "{}", lock(&store));
}

#[test]
fn a_previous_binding_of_another_slot_has_no_pin() {
    let (_root, store) = store(FIXTURES[0]);
    let state = BindingPlace::Slot(CapabilitySlot::State.try_into().expect("a core slot"));
    save_environment(&store, |environment| {
        let request = BindingRequest { place: state.clone(), ..vault() };
        change::update(environment.clone(), request, Some(pin(b"first")))
            .expect("bound")
            .environment
    });
    let of_state = r#"{"slot":"state","kind":"acme.secrets.vault@0.4.2",
        "pack_ref":"/packs/vault.gtpack","generation":1}"#;
    let reference = format!("inline://{}", URL_SAFE_NO_PAD.encode(of_state));
    let slot = "\"slot\": \"secrets\",";
    let text = read(&store, "environment.json");
    let text = text.replace(slot, &format!("{slot} \"previous_binding_ref\": \"{reference}\","));
    fs::write(store.gc_root().join("local/environment.json"), text).expect("a file");
    let previous = bound(&store);
    let previous = previous.readable_previous().expect("a previous binding");
    assert_eq!((&previous.place, &previous.pin), (&state, &None));
}

#[test]
fn a_malformed_file_is_named() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let good = lock(&store);
    for (bad, place) in [
        ("{}".to_owned(), "`schema`"),
        (good.replace("lock.v2", "lock.v9"), "greentic.env-pack-lock.v9"),
        (good.replace("\"size\": 5", "\"size\": -5"), "`bindings.secrets`"),
        (good.replace("\"slot\": \"secrets\"", "\"slot\": \"none\""), "`bindings.secrets`"),
        (good.replace("\"pack_ref\"", "\"packref\""), "`pack_ref` is missing"),
        (good.replace("\"archive_sha256\"", "\"archive\""), "`archive_sha256`"),
    ] {
        write_lock(&store, &bad);
        let error = store.load(&local()).expect_err("malformed").to_string();
        assert!(error.contains("packs.lock.json") && error.contains(place), "{error}");
    }
}

#[test]
fn a_change_of_grants_writes_the_pins_once() {
    let (_root, store) = store(FIXTURES[0]);
    update(&store, Some(pin(b"first")));
    let texts = store.read(&local()).expect("read");
    let base = stored::Base::parse(&texts, store.place(), &local()).expect("parsed");
    let revoked = Pin { grants: Permissions::default(), ..pin(b"first") };
    let environment = base
        .environment
        .clone()
        .with_pins(|_, binding| binding.pin.as_ref().map(|_| revoked.clone()));
    let change = Change { environment: Some(environment), ..Change::recorded(Vec::new(), ()) };
    let kinds: Vec<_> = change.edit(&base, None).writes.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [TextKind::Pins]);
}

#[test]
fn the_pin_of_an_unknown_slot_keeps_its_text() {
    let widgets = FIXTURES[0].replace("\"slot\": \"state\"", "\"slot\": \"widgets\"");
    let (_root, store) = store(&widgets);
    update(&store, Some(pin(b"first")));
    let archive = pin(b"of a later version").archive.hex();
    let other = lock(&store).replace(
        "\"bindings\": {",
        &format!(
            "\"bindings\": {{\n    \"widgets\": {{\"pack_ref\": \"/w\", \"archive_sha256\": \"{archive}\", \"size\":   1, \"handlers\": [], \"locked_at\": \"\"}},"
        ),
    );
    write_lock(&store, &other);
    let stored = store.load(&local()).expect("loaded");
    assert_eq!(stored.other_pins[0].1.archive.hex(), archive);
    update(&store, Some(pin(b"second")));
    assert!(lock(&store).contains("\"size\":   1, \"handlers\": []"), "{}", lock(&store));
}
