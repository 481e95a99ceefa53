//! The manifest format before `pack-v1`, and `sbom.json`.

use greentic_types::cbor::canonical::to_canonical_cbor;
use serde_json::{Value, json};

use super::*;

const WORLD: &str = "greentic:env-pack/env-pack-handler@0.1.0";

fn component(name: &str, file: &str, world: &str) -> Value {
    json!({"name": name, "version": "1.0.0", "file_wasm": file, "world": world})
}

fn manifest(components: &[Value]) -> Value {
    json!({
        "meta": {"pack_id": "acme.older", "version": "1.0.0", "authors": ["ACME", "others"]},
        "components": components,
    })
}

/// A pack with this manifest and these files, all of which have their name as content.
fn legacy_pack(manifest: &Value, files: &[&str]) -> Vec<u8> {
    let content = to_canonical_cbor(manifest).expect("CBOR");
    let mut entries = vec![NewEntry { name: MANIFEST.to_owned(), content }];
    entries.extend(
        files
            .iter()
            .map(|name| NewEntry { name: (*name).to_owned(), content: name.as_bytes().to_vec() }),
    );
    pack(entries)
}

#[test]
fn a_legacy_pack_is_read_like_any_other() {
    let manifest =
        manifest(&[component("a", "a.wasm", WORLD), component("b", "b.wasm", "other:world")]);
    let bytes = legacy_pack(&manifest, &["a.wasm", "b.wasm"]);
    let pack = open(&bytes, &ArchiveLimits::default()).expect("opened");
    assert_eq!(
        (pack.id.as_exact(), pack.version.as_str(), pack.publisher.as_exact()),
        ("acme.older", "1.0.0", "ACME")
    );
    let [handler] = pack.handlers.as_slice() else { panic!("one handler") };
    assert_eq!((handler.component.as_exact(), handler.entry.as_exact()), ("a", "a.wasm"));
    assert_eq!((handler.world.as_exact(), &*handler.bytes.read()), (WORLD, &b"a.wasm"[..]));
    assert_eq!(handler.digest, Sha256Digest::compute(b"a.wasm"));
}

/// A component that is not a handler is not read, so its id may be taken.
#[test]
fn handlers_have_distinct_names_and_components_have_distinct_files() {
    let outcome = |components: &[Value]| {
        let bytes = legacy_pack(&manifest(components), &["a.wasm", "b.wasm"]);
        open(&bytes, &ArchiveLimits::default()).map(drop).map_err(|error| error.to_string())
    };
    let twice = Err("entry `manifest.cbor` is not a valid pack manifest: it names component `a` \
                     twice"
        .to_owned());
    let other = "other:world";
    let handler = component("a", "a.wasm", WORLD);
    assert_eq!(outcome(&[handler.clone(), component("b", "b.wasm", WORLD)]), Ok(()));
    assert_eq!(outcome(&[handler.clone(), component("a", "b.wasm", WORLD)]), twice);
    assert_eq!(outcome(&[component("b", "a.wasm", WORLD), handler.clone()]), twice);
    assert_eq!(outcome(&[component("b", "a.wasm", other), component("a", "a.wasm", other)]), twice);
    let same_name = [component("a", "a.wasm", other), component("a", "b.wasm", other)];
    assert_eq!(outcome(&same_name), Ok(()));
    assert_eq!(outcome(&[handler, component("a", "b.wasm", other)]), Ok(()));
}

#[test]
fn the_vendor_is_the_publisher_before_the_first_author() {
    let publisher = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest(&[]);
        change(&mut manifest["meta"]);
        let bytes = legacy_pack(&manifest, &[]);
        let pack = open(&bytes, &ArchiveLimits::default()).expect("opened");
        pack.publisher.to_string()
    };
    assert_eq!(publisher(&|meta| meta["vendor"] = "Vendor".into()), "Vendor");
    assert_eq!(publisher(&|meta| meta["authors"] = json!([])), "");
}

/// A valid pack whose bill of materials is in these documents.
fn with_bills(cbor: bool, json: bool) -> Vec<u8> {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    let bill = entries.pop().expect("a bill");
    let document: Value =
        greentic_types::cbor::canonical::from_cbor(&bill.content).expect("a bill");
    if cbor {
        entries.push(bill);
    }
    if json {
        let content = document.to_string().into_bytes();
        entries.push(NewEntry { name: "sbom.json".to_owned(), content });
    }
    zip_of(&entries)
}

#[test]
fn an_sbom_in_json_is_read_if_there_is_no_other() {
    let bytes = with_bills(false, true);
    let opened = open(&bytes, &ArchiveLimits::default()).expect("opened");
    assert_eq!(opened.handlers.len(), 1);
    let both = refused(&with_bills(true, true));
    assert_eq!(both.0, "sbom-ambiguous");
    assert!(both.1.contains("`sbom.cbor` and `sbom.json`"), "{}", both.1);
    let none = refused(&with_bills(false, false));
    assert_eq!(none.0, "entry-missing");
    assert!(none.1.contains("`sbom.cbor`"), "{}", none.1);
}

#[test]
fn repack_keeps_an_sbom_in_json_at_the_end() {
    let mut entries = entries_of(&with_bills(false, true));
    entries.reverse();
    let repacked = repack(&zip_of(&entries), &ArchiveLimits::default()).expect("repacked");
    let names: Vec<_> = repacked.entries.iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "manifest.cbor",
            "components/handler.manifest.cbor",
            "components/handler.wasm",
            "sbom.json"
        ]
    );
}
