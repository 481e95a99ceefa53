//! Each field is read from its own bytes. The records begin at byte 3, and no two of their
//! bytes are equal, so that a field that is read elsewhere has another value.

use super::*;

const AT: usize = 3;

/// A record whose byte at offset `i` is `i + 100`, except for the given fields.
fn record(signature: u32, fields: &[(usize, u16)]) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..150).map(|at| at + 100).collect();
    bytes[..4].copy_from_slice(&signature.to_le_bytes());
    for (at, value) in fields {
        bytes[*at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    [&[0; AT][..], &bytes].concat()
}

fn number16(at: u8) -> u16 {
    u16::from_le_bytes([at + 100, at + 101])
}

fn number32(at: u8) -> u32 {
    u32::from_le_bytes([at + 100, at + 101, at + 102, at + 103])
}

#[track_caller]
fn check_refused<T>(outcome: Result<T, ArchiveError>, expected: ZipRule, place: usize) {
    match outcome {
        Err(ArchiveError::Profile { rule, offset, entry: None }) => {
            assert_eq!((rule, offset), (expected, place));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn the_end_record_is_read_field_by_field() {
    let bytes = record(END_SIGNATURE, &[]);
    let end = ZipRecords(&bytes).end(AT).expect("an end record");
    assert_eq!(end.disks, (number16(4), number16(6)));
    assert_eq!(end.entries_on_disk, number16(8));
    assert_eq!(end.entries, number16(10));
    assert_eq!(end.directory_bytes, number32(12));
    assert_eq!(end.directory, number32(16));
    assert_eq!(end.comment_bytes, number16(20));
    check_refused(ZipRecords(&bytes).end(0), ZipRule::EndRecord, 0);
    // the last byte of the comment's length is missing
    let cut = &bytes[..AT + END_BYTES - 1];
    check_refused(ZipRecords(cut).end(AT), ZipRule::Truncated, AT + 20);
    ZipRecords(&bytes[..AT + END_BYTES]).end(AT).expect("a whole record");
}

#[test]
fn a_central_header_is_read_field_by_field() {
    let bytes = record(CENTRAL_SIGNATURE, &[(28, 2), (30, 40), (32, 5000)]);
    let header = ZipRecords(&bytes).central(AT).expect("a header");
    assert_eq!((header.at, header.next), (AT, AT + 46 + 2 + 40 + 5000));
    assert_eq!(header.version_needed, number16(6));
    assert_eq!(header.flags, number16(8));
    assert_eq!(header.method, number16(10));
    assert_eq!(header.crc, number32(16));
    assert_eq!(header.compressed, number32(20));
    assert_eq!(header.size, number32(24));
    assert_eq!(header.extra, &bytes[AT + 48..AT + 88]);
    assert_eq!(header.comment_bytes, 5000);
    assert_eq!(header.disk, number16(34));
    assert_eq!(header.external_attributes, number32(38));
    assert_eq!(header.local_offset, number32(42));
    assert_eq!(header.name, [146, 147]);
    assert_eq!(header.common, &bytes[AT + 6..AT + 32]);
    check_refused(ZipRecords(&bytes).central(0), ZipRule::Signature, 0);
    // the name is cut off
    let cut = &bytes[..AT + 47];
    check_refused(ZipRecords(cut).central(AT), ZipRule::Truncated, AT + 46);
    // the extra field is cut off
    let cut = &bytes[..AT + 87];
    check_refused(ZipRecords(cut).central(AT), ZipRule::Truncated, AT + 48);
}

#[test]
fn a_local_header_is_read_field_by_field() {
    let bytes = record(LOCAL_SIGNATURE, &[(26, 2), (28, 40)]);
    let header = ZipRecords(&bytes).local(AT).expect("a header");
    assert_eq!(header.flags, number16(6));
    assert_eq!(header.method, number16(8));
    assert_eq!(header.crc, number32(14));
    assert_eq!(header.compressed, number32(18));
    assert_eq!(header.size, number32(22));
    assert_eq!(header.extra, &bytes[AT + 32..AT + 72]);
    assert_eq!(header.name, [130, 131]);
    assert_eq!(header.common, &bytes[AT + 4..AT + 30]);
    assert_eq!(header.data, AT + 30 + 2 + 40);
    check_refused(ZipRecords(&bytes).local(0), ZipRule::Signature, 0);
    let cut = &bytes[..AT + 31];
    check_refused(ZipRecords(cut).local(AT), ZipRule::Truncated, AT + 30);
    let cut = &bytes[..AT + 71];
    check_refused(ZipRecords(cut).local(AT), ZipRule::Truncated, AT + 32);
}

#[test]
fn a_slice_does_not_reach_beyond_the_archive() {
    let records = ZipRecords(b"abc");
    assert_eq!(records.slice(1, 2).expect("within"), b"bc");
    assert_eq!(records.slice(3, 0).expect("within"), b"");
    check_refused(records.slice(1, 3), ZipRule::Truncated, 1);
    check_refused(records.slice(4, 0), ZipRule::Truncated, 4);
    check_refused(records.slice(2, usize::MAX), ZipRule::Truncated, 2);
}

#[test]
fn a_zip64_locator_is_refused_directly_in_front_of_the_end_record() {
    let bytes = [b"abPK\x06\x07".as_slice(), &[0; 20]].concat();
    check_refused(ZipRecords(&bytes).reject_zip64_locator(22), ZipRule::Zip64, 2);
    for elsewhere in [0, 19, 20, 21, 23] {
        ZipRecords(&bytes).reject_zip64_locator(elsewhere).expect("no locator there");
    }
}
