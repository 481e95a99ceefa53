//! Each rule from both sides of its limit, and the place that its error names.

use super::*;
use crate::tests::raw_zip::{RawEntry, RawZip, deflate, put};
use crate::tests::two_entries::{check_limits, refusal, second, two};

#[track_caller]
fn check_place(bytes: &[u8], rule: ZipRule, offset: usize, entry: &str) {
    let refusal = refusal(check(bytes, &ArchiveLimits::default()));
    assert_eq!(refusal, Some((rule, offset, entry.to_owned())));
}

#[test]
fn the_base_archive_is_valid() {
    let bytes = two().bytes();
    let entries = check(&bytes, &ArchiveLimits::default()).expect("valid");
    let read: Vec<_> = entries.iter().map(|entry| (entry.name.as_exact(), entry.size)).collect();
    assert_eq!(read, [("a.txt", 5), ("b.txt", 5)]);
    assert_eq!(entries[1].blake3, blake3::hash(b"world").to_hex().to_string());
    assert_eq!((two().directory(), two().end(), bytes.len()), (80, 182, 204));
}

#[test]
fn an_error_of_the_end_record_names_its_place() {
    check_place(&two().with_end(4, &[1]), ZipRule::MultiDisk, 186, "");
    check_place(&two().with_end(6, &[1]), ZipRule::MultiDisk, 186, "");
    check_place(&two().with_end(10, &[0xff, 0xff]), ZipRule::Zip64, 190, "");
    check_place(&two().with_end(12, &[0xff; 4]), ZipRule::Zip64, 190, "");
    check_place(&two().with_end(16, &[0xff; 4]), ZipRule::Zip64, 190, "");
    check_place(&two().with_end(8, &[1]), ZipRule::EntryCount, 190, "");
    check_place(&two().with_end(10, &[1]), ZipRule::EntryCount, 190, "");
    check_place(&two().with_end(12, &[101]), ZipRule::Tiling, 194, "");
    check_place(&two().with_end(12, &[103]), ZipRule::Tiling, 194, "");
    check_place(&two().with_end(16, &[79]), ZipRule::Tiling, 194, "");
    check_place(&two().with_end(20, &[1]), ZipRule::EndRecord, 182, "");
}

#[test]
fn an_error_of_a_central_header_names_its_place() {
    let at = 131;
    let changed = |field: usize, bytes: &[u8]| second(|entry| entry.central(field, bytes)).bytes();
    check_place(&changed(30, &[1]), ZipRule::AmbiguousField, at + 28, "b.txt");
    check_place(&changed(32, &[1]), ZipRule::ExtraField, at + 28, "b.txt");
    check_place(&changed(34, &[1]), ZipRule::MultiDisk, at + 34, "b.txt");
    check_place(&changed(8, &[1]), ZipRule::Flags, at + 8, "b.txt");
    for field in [20, 24] {
        check_place(&changed(field, &[0xff; 4]), ZipRule::Zip64, at + 20, "b.txt");
    }
    check_place(&changed(6, &[21]), ZipRule::Version, at + 6, "b.txt");
    check_place(&changed(38, &[0x10]), ZipRule::FileType, at + 38, "b.txt");
    check_place(&changed(24, &[4]), ZipRule::StoredSize, at + 20, "b.txt");
    check_place(&changed(10, &[12]), ZipRule::Method, at + 10, "b.txt");
    check_place(&changed(46, b"../.."), ZipRule::Name, at + 46, "../..");
    let twice = second(|entry| entry.renamed(b"A.TXT")).bytes();
    check_place(&twice, ZipRule::DuplicateName, at + 46, "A.TXT");
    check_place(&changed(0, b"XX"), ZipRule::Signature, at, "");

    let mut offset = two().bytes();
    put(&mut offset, at + 42, &[41]);
    check_place(&offset, ZipRule::Tiling, at, "b.txt");
    put(&mut offset, at + 42, &[0xff; 4]);
    check_place(&offset, ZipRule::Zip64, at + 20, "b.txt");
}

#[test]
fn an_error_of_a_local_header_names_its_place() {
    let changed = |field: usize, bytes: &[u8]| second(|entry| entry.local(field, bytes)).bytes();
    check_place(&changed(28, &[1]), ZipRule::AmbiguousField, 40 + 28, "b.txt");
    check_place(&changed(10, &[1]), ZipRule::HeadersDiffer, 40, "b.txt");
    check_place(&changed(30, b"c"), ZipRule::HeadersDiffer, 40, "b.txt");
    check_place(&changed(0, b"XX"), ZipRule::Signature, 40, "b.txt");
}

#[test]
fn data_does_not_reach_into_the_directory() {
    // both sizes in both headers
    let longer = |bytes: u8| second(|entry| entry.both(18, &[bytes]).both(22, &[bytes])).bytes();
    assert_eq!(refusal(check(&longer(5), &ArchiveLimits::default())), None);
    check_place(&longer(6), ZipRule::Tiling, 40, "b.txt");
    // the data begins at byte 75 of 204
    check_place(&longer(129), ZipRule::Tiling, 40, "b.txt");
    check_place(&longer(130), ZipRule::Truncated, 75, "b.txt");
}

#[test]
fn no_byte_is_between_the_records() {
    let mut gap = two();
    gap.before_directory = vec![1];
    check_place(&gap.bytes(), ZipRule::Tiling, 80, "");
    gap.before_directory = vec![0; 2];
    check_place(&gap.bytes(), ZipRule::Padding, 80, "");
    let mut fewer = two();
    fewer.entries.pop();
    check_place(&two().with_end(8, &[1, 0, 1, 0]), ZipRule::Tiling, 40, "");
    // after the directory, and within its stated size
    let mut after = fewer.bytes();
    let end = fewer.end();
    after.insert(end, 0);
    put(&mut after, end + 1 + 12, &[52]);
    check_place(&after, ZipRule::Tiling, end, "");
}

#[test]
fn limits_are_inclusive() {
    check_limits(check);
}

#[test]
fn the_ratio_is_inclusive() {
    let content = |size: usize| vec![b'a'; size];
    let sizes = 100..10_000_usize;
    let divisible = sizes.map(|size| (size, deflate(&content(size)).len()));
    let (size, packed) = divisible
        .into_iter()
        .find(|(size, packed)| size % packed == 0)
        .expect("a size that is a multiple of the compressed size");
    let bytes = RawZip::new([RawEntry::deflated("a", &content(size))]).bytes();
    let of_ratio = |ratio: usize| {
        let limits = ArchiveLimits { ratio: ratio as u64, ..ArchiveLimits::default() };
        refusal(check(&bytes, &limits)).map(|(rule, offset, _)| (rule, offset))
    };
    let at = bytes.len() - END_BYTES - 47;
    assert_eq!(of_ratio(size / packed), None);
    assert_eq!(of_ratio(size / packed - 1), Some((ZipRule::Ratio, at + 20)));
    // a stored entry has no ratio
    let stored = RawZip::new([RawEntry::stored("a", b"hello")]).bytes();
    let none = ArchiveLimits { ratio: 0, ..ArchiveLimits::default() };
    assert_eq!(refusal(check(&stored, &none)), None);
}

#[test]
fn harmless_fields_are_accepted() {
    let utf8 = second(|entry| entry.both(6, &[0, 8])).bytes();
    let version = second(|entry| entry.both(4, &[10])).bytes();
    let attributes = second(|entry| entry.central(38, &[0x21, 0, 0xa4, 0x81])).bytes();
    for bytes in [utf8, version, attributes] {
        assert_eq!(refusal(check(&bytes, &ArchiveLimits::default())), None);
    }
}

#[test]
fn each_dos_attribute_of_something_else_is_refused() {
    for special in [0x08_u16, 0x10, 0x40, 0x400] {
        let bytes = second(|entry| entry.central(38, &special.to_le_bytes())).bytes();
        check_place(&bytes, ZipRule::FileType, 131 + 38, "b.txt");
    }
}

/// The data of the only entry begins at byte 31.
fn deflated(content: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut entry = RawEntry::deflated("a", content);
    change(&mut entry.data);
    let size = (entry.data.len() as u32).to_le_bytes();
    RawZip::new([entry.both(18, &size)]).bytes()
}

#[test]
fn an_error_in_a_stream_names_its_place() {
    // several pieces of 32 KiB, all of them from the same few compressed bytes
    let content = vec![7; 100 << 10];
    let limits = ArchiveLimits { ratio: u64::MAX, ..ArchiveLimits::default() };
    let outcome = |bytes: &[u8]| refusal(check(bytes, &limits)).map(|(rule, at, _)| (rule, at));
    assert_eq!(outcome(&deflated(&content, |_| ())), None);
    let end = 31 + deflate(&content).len();
    let trailing = deflated(&content, |data| data.push(0));
    assert_eq!(outcome(&trailing), Some((ZipRule::DeflateStream, end)));
    let truncated = deflated(&content, |data| data.truncate(data.len() - 1));
    assert_eq!(outcome(&truncated), Some((ZipRule::DeflateStream, end - 1)));
    let empty = deflated(b"", Vec::clear);
    assert_eq!(outcome(&empty), Some((ZipRule::DeflateStream, 31)));
    // empty blocks: they are read without any output
    let endless = deflated(b"", |data| *data = [0, 0, 0, 0xff, 0xff].repeat(3));
    assert_eq!(outcome(&endless), Some((ZipRule::DeflateStream, 31 + 15)));
    let reserved_block = deflated(b"a", |data| data[0] = 7);
    assert_eq!(outcome(&reserved_block), Some((ZipRule::DeflateStream, 31)));
    let checksum = RawZip::new([RawEntry::deflated("a", &content).both(14, &[1, 2, 3, 4])]);
    assert_eq!(outcome(&checksum.bytes()), Some((ZipRule::Checksum, 31)));
}
