//! Archives that are rewritten in canonical form.

use super::raw_zip::{RawEntry, RawZip};
use super::*;

fn repacked(zip: &RawZip) -> Repacked {
    repack(&zip.bytes(), &ArchiveLimits::default()).expect("repacked")
}

fn changes(repacked: &Repacked) -> Vec<(&str, Vec<&str>)> {
    let changes =
        |entry: &RepackedEntry| entry.changes.iter().map(|change| change.name()).collect();
    repacked.entries.iter().map(|entry| (entry.name.as_exact(), changes(entry))).collect()
}

/// The entries of a valid pack, in canonical order.
fn raw(kind: fn(&str, &[u8]) -> RawEntry) -> Vec<RawEntry> {
    let entries = entries_of(&write(&vault()).expect("written"));
    entries.iter().map(|entry| kind(&entry.name, &entry.content)).collect()
}

const NAMES: [&str; 4] =
    ["manifest.cbor", "components/handler.manifest.cbor", "components/handler.wasm", "sbom.cbor"];

#[test]
fn a_canonical_archive_stays_as_it_is() {
    let bytes = write(&vault()).expect("written");
    let repacked = repack(&bytes, &ArchiveLimits::default()).expect("repacked");
    assert_eq!(repacked.bytes, bytes);
    assert_eq!(changes(&repacked), NAMES.map(|name| (name, vec![])));
    assert_eq!((repacked.dropped.len(), repacked.comment_bytes), (0, 0));
    let sizes: Vec<_> = repacked.entries.iter().map(|entry| entry.size as usize).collect();
    let expected: Vec<_> = entries_of(&bytes).iter().map(|entry| entry.content.len()).collect();
    assert_eq!(sizes, expected);
}

#[test]
fn each_change_of_an_entry_is_reported() {
    let mut entries = raw(RawEntry::stored);
    entries[0] = entries[0].clone().local_extra(b"UT\0\0");
    entries[1] = entries[1].clone().central_extra(b"UT\0\0", b"");
    entries[2] = entries[2].clone().central_extra(b"", b"note");
    entries[3] = raw(RawEntry::deflated)[3].clone().streamed();
    let found = repacked(&RawZip::new(entries));
    assert_eq!(found.bytes, write(&vault()).expect("written"));
    assert_eq!(
        changes(&found),
        [
            (NAMES[0], vec!["extra-fields-dropped"]),
            (NAMES[1], vec!["extra-fields-dropped"]),
            (NAMES[2], vec!["comment-dropped"]),
            (NAMES[3], vec!["inflated", "data-descriptor-dropped"]),
        ]
    );
    let inflated = repacked(&RawZip::new(raw(RawEntry::deflated)));
    assert_eq!(changes(&inflated), NAMES.map(|name| (name, vec!["inflated"])));
}

#[test]
fn entries_are_sorted_between_manifest_and_sbom() {
    let mut entries = raw(RawEntry::stored);
    entries.swap(0, 3);
    entries.push(RawEntry::stored("signatures/one", b"{}"));
    entries.push(RawEntry::stored("components/", b""));
    let mut zip = RawZip::new(entries);
    zip.comment = b"by hand".to_vec();
    let found = repacked(&zip);
    assert_eq!(
        changes(&found),
        [
            (NAMES[0], vec!["moved"]),
            (NAMES[1], vec![]),
            (NAMES[2], vec![]),
            ("signatures/one", vec!["moved"]),
            (NAMES[3], vec!["moved"]),
        ]
    );
    let dropped: Vec<_> = found.dropped.iter().map(ToString::to_string).collect();
    assert_eq!((dropped, found.comment_bytes), (vec!["components/".to_owned()], 7));
}

#[test]
fn a_missing_sbom_is_written_without_signatures() {
    let mut entries = raw(RawEntry::stored);
    entries.pop();
    entries.push(RawEntry::stored("signatures/one", b"{}"));
    let found = repacked(&RawZip::new(entries));
    assert_eq!(
        changes(&found),
        [
            (NAMES[0], vec![]),
            (NAMES[1], vec![]),
            (NAMES[2], vec![]),
            ("signatures/one", vec![]),
            (NAMES[3], vec!["written"]),
        ]
    );
    let canonical = entries_of(&write(&vault()).expect("written"));
    let rewritten = entries_of(&found.bytes);
    assert_eq!(find(&rewritten, SBOM), find(&canonical, SBOM));
}

#[test]
fn something_that_is_not_a_pack_is_not_repacked() {
    let zip = RawZip::new([RawEntry::stored("a.txt", b"hello")]);
    let error = repack(&zip.bytes(), &ArchiveLimits::default()).expect_err("not a pack");
    assert_eq!(error.rule(), "entry-missing");
    let mut entries = raw(RawEntry::stored);
    entries[2] = RawEntry::stored(NAMES[2], b"other content");
    let error = repack(&RawZip::new(entries).bytes(), &ArchiveLimits::default());
    assert_eq!(error.expect_err("a wrong sbom").rule(), "sbom-mismatch");
}
