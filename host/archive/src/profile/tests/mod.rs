//! A hostile archive for each difference between zip readers.

mod places;

use std::io::{Cursor, Write as _};

use super::*;

const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const ZIP64_LOCATOR_BYTES: usize = 20;

/// A valid archive of one stored entry `a.txt` with the content `hello`.
fn valid() -> Vec<u8> {
    build(&[("a.txt", b"hello")], zip::CompressionMethod::Stored)
}

fn build(entries: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("a name");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn rule_of(bytes: &[u8]) -> Option<ZipRule> {
    match check(bytes, &ArchiveLimits::default()) {
        Ok(_) => None,
        Err(ArchiveError::Profile { rule, .. }) => Some(rule),
        Err(other) => panic!("{other}"),
    }
}

/// Changes bytes of the valid archive. Offsets count from the local header, the central
/// header or the end record.
#[track_caller]
fn check_changed(record: &str, offset: usize, bytes: &[u8], expected: ZipRule) {
    let mut archive = valid();
    let central = LOCAL_BYTES + 5 + 5;
    let start = match record {
        "local" => 0,
        "central" => central,
        "both" => {
            // the common fields are two bytes further on in the central header
            archive[offset..offset + bytes.len()].copy_from_slice(bytes);
            central + 2
        }
        _ => central + CENTRAL_BYTES + 5,
    };
    archive[start + offset..start + offset + bytes.len()].copy_from_slice(bytes);
    assert_eq!(rule_of(&archive), Some(expected));
}

#[test]
fn valid_archives_pass() {
    assert_eq!(rule_of(&valid()), None);
    let text = "compressible ".repeat(50);
    let entries: &[(&str, &[u8])] = &[("dir/b.txt", text.as_bytes()), ("c", b"")];
    assert_eq!(rule_of(&build(entries, zip::CompressionMethod::Deflated)), None);
    assert_eq!(rule_of(&build(&[], zip::CompressionMethod::Stored)), None);
}

#[test]
fn the_end_record_is_last_and_correct() {
    assert_eq!(rule_of(b""), Some(ZipRule::EndRecord));
    assert_eq!(rule_of(&[0; 22]), Some(ZipRule::EndRecord));
    let mut trailing = valid();
    trailing.push(0);
    assert_eq!(rule_of(&trailing), Some(ZipRule::Padding));
    trailing.extend([0; 600]);
    assert_eq!(rule_of(&trailing), Some(ZipRule::Padding));
    trailing.push(1);
    assert_eq!(rule_of(&trailing), Some(ZipRule::EndRecord));
    check_changed("end", 20, &[1], ZipRule::EndRecord);
    check_changed("end", 4, &[1], ZipRule::MultiDisk);
    check_changed("end", 8, &[2], ZipRule::EntryCount);
    check_changed("end", 8, &[0xff; 4], ZipRule::Zip64);
    check_changed("end", 16, &[0xff; 4], ZipRule::Zip64);
    check_changed("end", 16, &[39, 0, 0, 0], ZipRule::Tiling);
}

#[test]
fn records_tile_the_file() {
    let mut prefixed = b"#!/bin/sh\n".to_vec();
    prefixed.extend(valid());
    assert_eq!(rule_of(&prefixed), Some(ZipRule::Tiling));
    check_changed("central", 42, &[1], ZipRule::Tiling);
    check_changed("end", 8, &[0, 0, 0, 0], ZipRule::Tiling);
}

#[test]
fn both_headers_must_be_equal() {
    for field in [4, 10, 12, 14, 18, 22] {
        check_changed("local", field, &[0x77], ZipRule::HeadersDiffer);
    }
    check_changed("local", LOCAL_BYTES, b"b", ZipRule::HeadersDiffer);
    check_changed("local", 0, b"XX", ZipRule::Signature);
    check_changed("central", 0, b"XX", ZipRule::Signature);
}

#[test]
fn features_that_readers_treat_differently_are_refused() {
    for flags in [1, 1 << 3, 1 << 5, 1 << 6, 1 << 13] {
        check_changed("both", 6, &u16::to_le_bytes(flags), ZipRule::Flags);
    }
    check_changed("both", 4, &[21], ZipRule::Version);
    check_changed("both", 5, &[1], ZipRule::Version);
    check_changed("both", 8, &[12], ZipRule::Method);
    check_changed("both", 28, &[4], ZipRule::AmbiguousField);
    check_changed("local", 28, &[4], ZipRule::AmbiguousField);
    check_changed("central", 32, &[4], ZipRule::ExtraField);
    check_changed("central", 34, &[1], ZipRule::MultiDisk);
    check_changed("central", 38, &[0x10], ZipRule::FileType);
    check_changed("central", 38, &[0x08], ZipRule::FileType);
    check_changed("central", 39, &[0x04], ZipRule::FileType);
    check_changed("central", 40, &[0, 0xa0], ZipRule::FileType);
}

#[test]
fn unsafe_names_are_refused() {
    for name in [
        "../aa",
        "/aaaa",
        "a/../",
        "a\\b.t",
        "C:aaa",
        "a//b.",
        "./a.t",
        "a\0b.t",
        "aux. ",
        "\u{e9}.tx",
        "a/b/.",
        "nul.x",
        "d/COn",
        "com7.",
        "lpt0/",
    ] {
        let mut archive = build(&[("aaaaa", b"")], zip::CompressionMethod::Stored);
        for place in [LOCAL_BYTES, LOCAL_BYTES + 5 + CENTRAL_BYTES] {
            archive[place..place + 5].copy_from_slice(name.as_bytes());
        }
        assert_eq!(rule_of(&archive), Some(ZipRule::Name), "{name:?}");
    }
    for twins in [["a.txt", "A.TXT"], ["a", "A/b"], ["a/b/c", "a/B"]] {
        let twins = twins.map(|name| (name, b"".as_slice()));
        assert_eq!(
            rule_of(&build(&twins, zip::CompressionMethod::Stored)),
            Some(ZipRule::DuplicateName)
        );
    }
    let siblings: &[(&str, &[u8])] =
        &[("a/b", b""), ("a/c", b""), ("a.b", b""), ("com.x", b""), ("console", b"")];
    assert_eq!(rule_of(&build(siblings, zip::CompressionMethod::Stored)), None);
    assert_eq!(
        rule_of(&build(&[(&"a".repeat(300), b"")], zip::CompressionMethod::Stored)),
        Some(ZipRule::NameTooLong)
    );
}

#[test]
fn wrong_sizes_and_checksums_are_refused() {
    check_changed("both", 18, &[4], ZipRule::StoredSize);
    check_changed("both", 14, &[0x77], ZipRule::Checksum);
    let text = b"compressible compressible compressible".as_slice();
    let valid = build(&[("a", text)], zip::CompressionMethod::Deflated);
    let central =
        u32::from_le_bytes(valid[valid.len() - 6..valid.len() - 2].try_into().expect("four"))
            as usize;
    let both = |offset: usize, value: u8| {
        let mut archive = valid.clone();
        archive[offset] = value;
        archive[central + 2 + offset] = value;
        rule_of(&archive)
    };
    assert_eq!(both(22, text.len() as u8 - 1), Some(ZipRule::DeflateStream));
    assert_eq!(both(22, text.len() as u8 + 1), Some(ZipRule::DeflateStream));
    assert_eq!(both(14, !valid[14]), Some(ZipRule::Checksum));
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_inflated() {
    let zeros = vec![0; 8 << 20];
    assert_eq!(
        rule_of(&build(&[("bomb", &zeros)], zip::CompressionMethod::Deflated)),
        Some(ZipRule::Ratio)
    );
    let small = ArchiveLimits { entry_bytes: 4, ..ArchiveLimits::default() };
    assert!(matches!(
        check(&valid(), &small),
        Err(ArchiveError::Profile { rule: ZipRule::EntryTooLarge, .. })
    ));
    let small = ArchiveLimits { total_bytes: 4, ..ArchiveLimits::default() };
    assert!(matches!(
        check(&valid(), &small),
        Err(ArchiveError::Profile { rule: ZipRule::TotalTooLarge, .. })
    ));
    let small = ArchiveLimits { entries: 0, ..ArchiveLimits::default() };
    assert!(matches!(
        check(&valid(), &small),
        Err(ArchiveError::Profile { rule: ZipRule::EntryCount, .. })
    ));
    let small = ArchiveLimits { pack_bytes: 4, ..ArchiveLimits::default() };
    assert!(matches!(check(&valid(), &small), Err(ArchiveError::TooLarge { .. })));
}

#[test]
fn the_unix_mode_is_checked_for_every_host_system() {
    let mut archive = valid();
    let central = LOCAL_BYTES + 5 + 5;
    archive[central + 5] = 19;
    assert_eq!(rule_of(&archive), None);
    archive[central + 41] = 0xa1;
    assert_eq!(rule_of(&archive), Some(ZipRule::FileType));
}

/// The fields of the last entry can have the bytes of a ZIP64 locator.
#[test]
fn a_zip64_locator_in_other_fields_is_refused() {
    let name = "a".repeat(13);
    let mut archive = build(
        &[("b", &[0; 0x107 - LOCAL_BYTES - 1]), (&name, b"")],
        zip::CompressionMethod::Stored,
    );
    let end = archive.len() - END_BYTES;
    archive[end - ZIP64_LOCATOR_BYTES..][..3].copy_from_slice(b"PK\x06");
    assert_eq!(rule_of(&archive), Some(ZipRule::Zip64));
}

/// Changing any byte, or cutting the archive off anywhere, does not make the checker panic.
#[test]
fn no_single_change_panics() {
    let archive = valid();
    for at in 0..archive.len() {
        let _ = check(&archive[..at], &ArchiveLimits::default());
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut changed = archive.clone();
            changed[at] = value;
            let _ = check(&changed, &ArchiveLimits::default());
        }
    }
}
