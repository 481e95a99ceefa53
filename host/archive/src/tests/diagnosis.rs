//! All problems of an archive at once.

use super::*;

fn diagnosed(bytes: &[u8]) -> ArchiveDiagnosis<'_> {
    diagnose(bytes, &ArchiveLimits::default(), &mut |_, _| ())
}

fn rules(diagnosis: &ArchiveDiagnosis<'_>) -> Vec<&'static str> {
    diagnosis.faults.iter().map(ArchiveError::rule).collect()
}

#[test]
fn a_valid_pack_has_no_faults_and_each_entry_is_visited() {
    let bytes = write(&vault()).expect("written");
    let mut visited = Vec::new();
    let diagnosis = diagnose(&bytes, &ArchiveLimits::default(), &mut |name, content| {
        visited.push((name.to_owned(), content.to_vec()));
    });
    let entries: Vec<_> =
        entries_of(&bytes).into_iter().map(|entry| (entry.name, entry.content)).collect();
    assert_eq!(visited, entries);
    assert_eq!(rules(&diagnosis), Vec::<&str>::new());
    assert_eq!(diagnosis.entries.len(), 4);
    assert!(diagnosis.component_faults.is_empty(), "{:?}", diagnosis.component_faults);
    assert_eq!(diagnosis.pack.expect("a pack").handlers.len(), 1);
}

#[test]
fn a_broken_container_is_the_only_fault() {
    for (bytes, rule) in [(&b""[..], "zip-end-record"), (b"\0asm\x01\0\0\0", "bare-component")] {
        let diagnosis = diagnosed(bytes);
        assert_eq!(rules(&diagnosis), [rule]);
        assert!(diagnosis.entries.is_empty() && diagnosis.pack.is_none());
    }
}

#[test]
fn independent_faults_are_all_reported() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries[2].content[0] ^= 1;
    entries.push(NewEntry { name: "extra.txt".to_owned(), content: Vec::new() });
    let bytes = zip_of(&entries);
    let diagnosis = diagnosed(&bytes);
    assert_eq!(rules(&diagnosis), ["sbom-mismatch", "sbom-omits-entry"]);
    assert!(diagnosis.pack.is_some());
    let neither: Vec<_> = entries.into_iter().filter(|e| e.name == "extra.txt").collect();
    let bytes = zip_of(&neither);
    let diagnosis = diagnosed(&bytes);
    assert_eq!(rules(&diagnosis), ["entry-missing", "entry-missing"]);
    assert_eq!(diagnosis.entries.len(), 1);
}

/// The declaration of a component that is missing is not a second fault.
#[test]
fn a_missing_component_is_one_fault() {
    let mut entries = entries_of(&write(&vault()).expect("written"));
    entries.retain(|entry| entry.name == MANIFEST);
    assert_eq!(rules(&diagnosed(&pack(entries))), ["component-missing"]);
}

#[test]
fn an_application_is_the_only_fault() {
    let entry = |name: &str, content: &str| NewEntry {
        name: name.to_owned(),
        content: content.as_bytes().to_vec(),
    };
    let entries = [entry("manifest.json", "{\"manifest_id\":\"a\"}"), entry("metadata.json", "{}")];
    assert_eq!(rules(&diagnosed(&zip_of(&entries))), ["application"]);
}
