//! Whole packs, valid and hostile.

mod application;
mod components;
mod diagnosis;
mod legacy;
mod messages;
pub(crate) mod raw_zip;
mod repacking;
pub(crate) mod two_entries;

use std::io::{Cursor, Read as _, Write as _};

use env_pack_domain::{CapabilitySlot, Permissions, Sha256Digest, ToolPermission};

use super::document_names::{MANIFEST, SBOM};
use super::new_entry::NewEntry;
use super::*;

pub(super) fn vault() -> NewPack {
    NewPack {
        id: "acme.secrets.vault".to_owned(),
        version: "0.4.2".parse().expect("a version"),
        publisher: "acme".to_owned(),
        answers_schema: None,
        handlers: vec![NewHandler {
            component: "handler".to_owned(),
            bytes: b"not looked at".to_vec(),
            declared: HandlerDeclaration {
                slot: CapabilitySlot::Secrets,
                descriptor_path: "acme.secrets.vault".parse().expect("a path"),
                supported_versions: "^0.4".parse().expect("a requirement"),
                permissions: Permissions {
                    tools: vec![
                        ToolPermission::new("vault", vec!["version".to_owned()])
                            .expect("a permission"),
                    ],
                    network: vec!["vault.acme.example:8200".parse().expect("a permission")],
                },
            },
        }],
    }
}

/// Makes a pack of these entries with a correct bill of materials.
fn pack(mut entries: Vec<NewEntry>) -> Vec<u8> {
    let bill = sbom::write(&entries).expect("a bill");
    entries.push(NewEntry { name: SBOM.to_owned(), content: bill });
    zip_of(&entries)
}

fn zip_of(entries: &[NewEntry]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        writer.start_file(entry.name.as_str(), stored).expect("a name");
        writer.write_all(&entry.content).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn entries_of(bytes: &[u8]) -> Vec<NewEntry> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let len = zip.len();
    let mut entry = |index| {
        let mut file = zip.by_index(index).expect("an entry");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("its content");
        NewEntry { name: file.name().expect("a name").into_owned(), content }
    };
    (0..len).map(&mut entry).collect()
}

fn find<'a>(entries: &'a [NewEntry], name: &str) -> Option<&'a [u8]> {
    entries.iter().find(|entry| entry.name == name).map(|entry| entry.content.as_slice())
}

#[track_caller]
fn refused(bytes: &[u8]) -> (&'static str, String) {
    let error = open(bytes, &ArchiveLimits::default()).expect_err("refused");
    (error.rule(), error.to_string())
}

#[test]
fn written_packs_are_read_back() {
    let new = vault();
    let bytes = write(&new).expect("written");
    let pack = open(&bytes, &ArchiveLimits::default()).expect("opened");
    assert_eq!(
        (pack.id.to_string(), pack.version.as_str()),
        ("acme.secrets.vault".to_owned(), "0.4.2")
    );
    let [handler] = pack.handlers.as_slice() else { panic!("one handler") };
    assert_eq!(handler.bytes.read(), new.handlers[0].bytes);
    assert_eq!(handler.declared.as_ref(), Some(&new.handlers[0].declared));
    let names: Vec<_> = pack.entries.iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "manifest.cbor",
            "components/handler.manifest.cbor",
            "components/handler.wasm",
            "sbom.cbor"
        ]
    );
    assert_eq!(write(&new).expect("written"), bytes, "the same input makes the same bytes");
}

#[test]
fn the_ecosystem_library_reads_written_packs() {
    let bytes = write(&vault()).expect("written");
    let entries = entries_of(&bytes);
    let manifest = find(&entries, MANIFEST).expect("a manifest");
    let decoded = greentic_types::decode_pack_manifest(manifest).expect("decoded by its own crate");
    assert_eq!(decoded.components[0].world, env_pack_domain::abi::NEWEST_WORLD);
    let index = decoded.extensions.expect("extensions");
    let index = index
        .get("greentic.pack.component_manifests@v1")
        .and_then(|extension| extension.inline.as_ref());
    let Some(greentic_types::pack_manifest::ExtensionInline::Other(index)) = index else {
        panic!("an inline value")
    };
    let entry = &index["entries"][0];
    let file = find(&entries, entry["manifest_file"].as_str().expect("a name")).expect("an entry");
    assert_eq!(entry["content_hash"], Sha256Digest::compute(file).to_string());
}

#[test]
fn a_pack_needs_a_manifest_and_an_sbom() {
    assert_eq!(refused(&pack(Vec::new())).0, "entry-missing");
    let entries = entries_of(&write(&vault()).expect("written"));
    let without_bill: Vec<_> = entries.into_iter().filter(|entry| entry.name != SBOM).collect();
    assert_eq!(refused(&zip_of(&without_bill)).0, "entry-missing");
}

#[test]
fn the_sbom_is_checked_in_both_directions() {
    let written = write(&vault()).expect("written");
    let change = |change: &dyn Fn(&mut Vec<NewEntry>)| {
        let mut entries = entries_of(&written);
        change(&mut entries);
        refused(&zip_of(&entries))
    };
    let (rule, message) = change(&|entries| entries[2].content[0] ^= 1);
    assert_eq!(
        (rule, message.contains("components/handler.wasm")),
        ("sbom-mismatch", true),
        "{message}"
    );
    assert_eq!(change(&|entries| entries[2].content.push(0)).0, "sbom-mismatch");
    assert_eq!(change(&|entries| drop(entries.remove(2))).0, "sbom-lists-absent-entry");
    let smuggled = || NewEntry { name: "extra.txt".to_owned(), content: Vec::new() };
    assert_eq!(change(&|entries| entries.insert(1, smuggled())).0, "sbom-omits-entry");
    assert_eq!(change(&|entries| entries[3].content = b"garbage".to_vec()).0, "document-invalid");
}

#[test]
fn a_bad_manifest_is_refused() {
    let garbage = NewEntry { name: MANIFEST.to_owned(), content: b"\xff\xff".to_vec() };
    assert_eq!(refused(&pack(vec![garbage])).0, "document-invalid");
    let huge = NewEntry { name: MANIFEST.to_owned(), content: vec![0; (1 << 20) + 1] };
    assert_eq!(refused(&pack(vec![huge])).0, "document-too-large");
    let deep = NewEntry { name: MANIFEST.to_owned(), content: vec![0x81; 200_000] };
    assert_eq!(refused(&pack(vec![deep])).0, "document-invalid");
}

#[test]
fn a_component_named_twice_is_refused() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries.retain(|entry| entry.name != SBOM);
    let mut manifest =
        greentic_types::decode_pack_manifest(&entries[0].content).expect("a manifest");
    manifest.components.push(manifest.components[0].clone());
    entries[0].content = greentic_types::encode_pack_manifest(&manifest).expect("a manifest");
    let (rule, message) = refused(&pack(entries));
    assert_eq!(
        (rule, message.contains("names component `handler` twice")),
        ("document-invalid", true),
        "{message}"
    );
}

#[test]
fn a_missing_component_is_refused() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries.retain(|entry| entry.name == MANIFEST);
    assert_eq!(refused(&pack(entries)).0, "component-missing");
}

#[test]
fn a_wrong_declaration_says_where_it_is_wrong() {
    let good = serde_json::json!({"component": "handler", "slot": "secrets", "descriptor_path": "a.b", "supported_versions": "^1"});
    let check = |field: &str, value: serde_json::Value, expected: &str| {
        let mut handler = good.clone();
        handler[field] = value;
        let error = declaration::parse(&serde_json::json!({"handlers": [handler]}), &mut Err)
            .expect_err(field);
        assert!(
            error.to_string().contains("handlers[0]") && error.to_string().contains(expected),
            "{error}"
        );
    };
    check("slot", "widgets".into(), "widgets");
    check("descriptor_path", "A.b".into(), "A.b");
    check("supported_versions", "new".into(), "unexpected character");
    check("permissions", serde_json::json!({"tools": [{"tool": "../sh"}]}), "../sh");
    check("permissions", serde_json::json!({"network": ["no-port"]}), "no-port");
    assert!(
        declaration::parse(
            &serde_json::json!({"handlers": [good.clone(), good.clone()]}),
            &mut Err
        )
        .is_err()
    );
    assert!(declaration::parse(&serde_json::json!([]), &mut Err).is_err());
}
