//! Applications of digital workers, which are not packs.

use super::*;

fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let entry = |(name, content): &(&str, &str)| NewEntry {
        name: (*name).to_owned(),
        content: content.as_bytes().to_vec(),
    };
    zip_of(&entries.iter().map(entry).collect::<Vec<_>>())
}

const APPLICATION: &str = "{\"manifest_id\":\"acme.greeter\"}";

#[test]
fn an_application_is_recognised_by_both_of_its_documents() {
    let both = archive(&[("manifest.json", APPLICATION), ("metadata.json", "{}")]);
    assert_eq!(refused(&both).0, "application");
    for entries in [
        &[("manifest.json", APPLICATION)][..],
        &[("metadata.json", "{}")],
        &[("manifest.json", "{\"manifest_id\":\"\"}"), ("metadata.json", "{}")],
        &[("manifest.json", "{\"manifest_version\":3}"), ("metadata.json", "{}")],
        &[("manifest.json", "[[[["), ("metadata.json", "{}")],
    ] {
        let (rule, message) = refused(&archive(entries));
        assert_eq!(rule, "entry-missing", "{entries:?}");
        assert!(message.contains("`manifest.cbor`"), "{entries:?}: {message}");
    }
}

#[test]
fn a_pack_may_hold_the_documents_of_an_application() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries.retain(|entry| entry.name != SBOM);
    for (name, content) in [("manifest.json", APPLICATION), ("metadata.json", "{}")] {
        entries.push(NewEntry { name: name.to_owned(), content: content.into() });
    }
    open(&pack(entries), &ArchiveLimits::default()).expect("a pack");
}

#[test]
fn the_document_of_an_application_is_limited_too() {
    let huge = " ".repeat((1 << 20) + 1);
    let bytes = archive(&[("manifest.json", &huge), ("metadata.json", "{}")]);
    assert_eq!(refused(&bytes).0, "document-too-large");
}
