//! Errors say what is wrong, and where.

use super::raw_zip::{RawEntry, RawZip};
use super::*;

fn changed(change: impl FnOnce(&mut Vec<NewEntry>)) -> (&'static str, String) {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    change(&mut entries);
    refused(&zip_of(&entries))
}

#[test]
fn an_error_names_its_entry() {
    let zip = RawZip::new([RawEntry::stored("a.txt", b"hello").both(14, &[1, 2, 3, 4])]);
    assert_eq!(
        refused(&zip.bytes()),
        (
            "zip-checksum",
            "the archive breaks the canonical zip profile at byte 35 (entry `a.txt`): an entry \
             does not match its checksum"
                .to_owned()
        )
    );
    let error = repack(&zip.bytes(), &ArchiveLimits::default()).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the archive cannot be repacked: it is ambiguous at byte 35 (entry `a.txt`): an entry \
         does not match its checksum"
    );
    assert_eq!(
        refused(b"").1,
        "the archive breaks the canonical zip profile at byte 0: the archive does not end in one \
         end-of-central-directory record, without a comment"
    );
    assert_eq!(refused(b"\0asm\x0d\0\x01\0").0, "bare-component");
}

#[test]
fn an_error_of_the_sbom_says_what_differs() {
    let hash = changed(|entries| entries[2].content[0] ^= 1);
    assert_eq!(
        hash,
        (
            "sbom-mismatch",
            "entry `components/handler.wasm` does not match the bill of materials: hash differs"
                .to_owned()
        )
    );
    let size = changed(|entries| entries[2].content.push(0));
    assert!(size.1.ends_with("size differs"), "{}", size.1);
}

/// Signatures are made after the bill of materials, which does not list them.
#[test]
fn only_signatures_are_not_listed() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries.push(NewEntry { name: "signatures/one".to_owned(), content: b"{}".to_vec() });
    open(&zip_of(&entries), &ArchiveLimits::default()).expect("a signed pack");
    let other = |entries: &mut Vec<NewEntry>| {
        entries.push(NewEntry { name: "signature".to_owned(), content: Vec::new() });
    };
    assert_eq!(changed(other).0, "sbom-omits-entry");
}

#[test]
fn another_format_of_the_sbom_is_refused() {
    let (rule, message) = changed(|entries| {
        let text = b"greentic-sbom-v1";
        let content = &mut entries[3].content;
        let at = content.windows(text.len()).position(|bytes| bytes == text).expect("a format");
        content[at + 15] = b'2';
    });
    assert_eq!(
        (rule, message.contains("its format is `greentic-sbom-v2`")),
        ("document-invalid", true)
    );
}

#[test]
fn another_schema_of_the_manifest_is_refused() {
    let (rule, message) = changed(|entries| {
        let mut manifest =
            greentic_types::decode_pack_manifest(&entries[0].content).expect("a manifest");
        manifest.schema_version = "pack-v2".to_owned();
        entries[0].content = greentic_types::encode_pack_manifest(&manifest).expect("encoded");
    });
    assert_eq!(rule, "document-invalid");
    assert!(message.contains("its schema is `pack-v2`, expected `pack-v1`"), "{message}");
}

#[test]
fn documents_may_be_as_large_as_their_limit() {
    let bytes = write(&vault()).expect("written");
    let manifest = entries_of(&bytes)[0].content.len() as u64;
    let of_limit = |manifest_bytes: u64| {
        open(&bytes, &ArchiveLimits { manifest_bytes, ..ArchiveLimits::default() })
    };
    let pack = of_limit(manifest).expect("it fits");
    assert_eq!(pack.id.as_exact(), "acme.secrets.vault");
    let error = of_limit(manifest - 1).expect_err("too large").to_string();
    let expected = format!(
        "entry `manifest.cbor` has {manifest} bytes, more than the {} allowed",
        manifest - 1
    );
    assert_eq!(error, expected);
}

#[test]
fn an_entry_may_be_as_large_as_its_limit() {
    let bytes = write(&vault()).expect("written");
    let largest = entries_of(&bytes).iter().map(|entry| entry.content.len()).max();
    let entry_bytes = largest.expect("entries") as u64;
    let limits = ArchiveLimits { entry_bytes, ..ArchiveLimits::default() };
    open(&bytes, &limits).expect("it fits");
    let limits = ArchiveLimits { entry_bytes: entry_bytes - 1, ..ArchiveLimits::default() };
    assert_eq!(open(&bytes, &limits).expect_err("too large").rule(), "zip-entry-too-large");
}

#[test]
fn each_handler_gets_its_own_declaration() {
    let mut new = vault();
    let mut second = new.handlers[0].clone();
    second.component = "another".to_owned();
    second.declared.slot = CapabilitySlot::State;
    new.handlers.push(second);
    let bytes = write(&new).expect("written");
    let pack = open(&bytes, &ArchiveLimits::default()).expect("opened");
    let slots: Vec<_> = pack
        .handlers
        .iter()
        .map(|h| (h.component.to_string(), h.declared.as_ref().expect("declared").slot))
        .collect();
    assert_eq!(
        slots,
        [
            ("another".to_owned(), CapabilitySlot::State),
            ("handler".to_owned(), CapabilitySlot::Secrets)
        ]
    );
}

#[test]
fn a_new_pack_has_a_valid_id() {
    let error = write(&NewPack { id: "not an id".to_owned(), ..vault() }).expect_err("an id");
    assert_eq!(error.rule(), "unwritable");
    let mut new = vault();
    new.handlers[0].component = "not an id".to_owned();
    assert_eq!(write(&new).expect_err("an id").rule(), "unwritable");
}
