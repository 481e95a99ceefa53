//! Folders, and the agreement of the two headers of an entry.

use super::*;
use crate::records::STORED;

const COMMON: CentralHeader<'static> = CentralHeader {
    at: 0,
    next: 0,
    version_needed: 20,
    flags: 0,
    method: STORED,
    crc: 0,
    compressed: 0,
    size: 0,
    extra: &[],
    comment_bytes: 0,
    disk: 0,
    external_attributes: 0,
    local_offset: 0,
    name: b"dir/",
    common: b"",
};

#[test]
fn a_folder_is_marked_as_one() {
    let is_folder = |external_attributes: u32| {
        is_empty_folder(&CentralHeader { external_attributes, ..COMMON })
    };
    // no attributes, DOS, Unix, both, and DOS with an archive bit
    for attributes in [0, 0x10, 0o40_755 << 16, 0o40_755 << 16 | 0x10, 0x30] {
        assert!(is_folder(attributes), "{attributes:#x}");
    }
    let regular_file = 0o100_644 << 16;
    let link = 0o120_777 << 16;
    for attributes in [
        regular_file,
        regular_file | 0x10,
        link,
        link | 0x10,
        // a mode without a file type, and an archive bit
        0o644 << 16,
        0x20,
        // volume label, device, reparse point
        0x10 | 0x08,
        0x10 | 0x40,
        0x10 | 0x400,
        0o40_755 << 16 | 0x400,
        0x448,
    ] {
        assert!(!is_folder(attributes), "{attributes:#x}");
    }
}

#[test]
fn a_folder_has_no_content() {
    let header = |method: u16, compressed: u32| CentralHeader { method, compressed, ..COMMON };
    for (method, compressed, expected) in [
        (STORED, 0, true),
        (STORED, 1, false),
        (STORED, 2, false),
        (DEFLATE, 0, true),
        (DEFLATE, 1, true),
        (DEFLATE, 2, true),
        (DEFLATE, 3, false),
    ] {
        let found = is_empty_folder(&header(method, compressed));
        assert_eq!(found, expected, "{compressed} bytes by method {method}");
    }
    assert!(!is_empty_folder(&CentralHeader { size: 1, ..COMMON }));
    assert!(!is_empty_folder(&CentralHeader { crc: 1, ..COMMON }));
    assert!(!is_empty_folder(&CentralHeader { crc: 1, size: 1, ..COMMON }));
}

/// Whether the headers agree after one field of the local header has changed.
fn agree_after(flags: u16, change: impl FnOnce(&mut LocalHeader<'_>)) -> bool {
    let central = CentralHeader { flags, crc: 5, compressed: 6, size: 7, name: b"a", ..COMMON };
    let mut local = LocalHeader {
        flags,
        method: STORED,
        crc: 5,
        compressed: 6,
        size: 7,
        extra: &[],
        name: b"a",
        common: b"",
        data: 31,
    };
    change(&mut local);
    headers_agree(&local, &central)
}

#[test]
fn both_headers_describe_the_same_entry() {
    for flags in [0, UTF8_FLAG, DESCRIPTOR_FLAG, DESCRIPTOR_FLAG | UTF8_FLAG] {
        assert!(agree_after(flags, |_| ()));
        assert!(!agree_after(flags, |local| local.name = b"b"));
        assert!(!agree_after(flags, |local| local.flags ^= 2));
        assert!(!agree_after(flags, |local| local.method = DEFLATE));
        assert!(!agree_after(flags, |local| local.crc = 1));
        assert!(!agree_after(flags, |local| local.compressed = 1));
        assert!(!agree_after(flags, |local| local.size = 1));
    }
}

#[test]
fn only_with_a_data_descriptor_are_checksum_and_sizes_left_out() {
    for flags in [0, UTF8_FLAG, DESCRIPTOR_FLAG, DESCRIPTOR_FLAG | UTF8_FLAG] {
        let may_be_left_out = flags & DESCRIPTOR_FLAG != 0;
        for left_out in [0, u32::MAX] {
            assert_eq!(agree_after(flags, |local| local.crc = left_out), may_be_left_out);
            assert_eq!(agree_after(flags, |local| local.compressed = left_out), may_be_left_out);
            assert_eq!(agree_after(flags, |local| local.size = left_out), may_be_left_out);
        }
    }
}

/// Readers would skip the checksum, and read the sizes from the wrong place.
#[test]
fn a_checksum_like_the_signature_needs_the_signature() {
    let signature = DESCRIPTOR_SIGNATURE.to_le_bytes();
    for (crc, is_unambiguous) in [(5, true), (DESCRIPTOR_SIGNATURE, false)] {
        let header = CentralHeader { crc, compressed: 6, size: 7, ..COMMON };
        let numbers = [crc, 6, 7].map(u32::to_le_bytes).concat();
        let is_read = |bytes: &[u8]| is_descriptor(ZipRecords(bytes), 0, bytes.len(), &header);
        assert_eq!(is_read(&numbers), is_unambiguous);
        assert!(is_read(&[&signature[..], &numbers].concat()));
    }
}
