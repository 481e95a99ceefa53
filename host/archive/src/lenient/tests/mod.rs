//! What common zip writers do is read; everything that is ambiguous is refused, at its place.

use super::*;
use crate::tests::raw_zip::{RawEntry, RawZip, deflate, put};
use crate::tests::two_entries::{check_limits, refusal, second, two};

mod headers;

/// Reads an archive and the content of its entries.
fn outcome(bytes: &[u8], limits: &ArchiveLimits) -> Result<Vec<Vec<u8>>, ArchiveError> {
    read(bytes, limits)?.entries.iter().map(LenientEntry::content).collect()
}

#[track_caller]
fn check_place(bytes: &[u8], rule: ZipRule, offset: usize, entry: &str) {
    let refusal = refusal(outcome(bytes, &ArchiveLimits::default()));
    assert_eq!(refusal, Some((rule, offset, entry.to_owned())));
}

#[track_caller]
fn check_content(zip: &RawZip, expected: &[&[u8]]) {
    let limits = ArchiveLimits { ratio: u64::MAX, ..ArchiveLimits::default() };
    let read = outcome(&zip.bytes(), &limits);
    assert_eq!(read.expect("unambiguous"), expected);
}

/// A folder without content.
fn folder() -> RawEntry {
    RawEntry::stored("dir/", b"").central(38, &[0x10, 0, 0xed, 0x41])
}

#[test]
fn deviations_of_common_writers_are_read() {
    check_content(&two(), &[b"hello", b"world"]);
    check_content(&second(|entry| entry.local_extra(b"UT\x05\0\x01abcd")), &[b"hello", b"world"]);
    check_content(&second(|entry| entry.central_extra(b"UT\0\0", b"note")), &[b"hello", b"world"]);
    let streamed = RawEntry::deflated("b.txt", b"world").streamed();
    check_content(&second(|_| streamed), &[b"hello", b"world"]);
    check_content(&RawZip { comment: b"by hand".to_vec(), ..two() }, &[b"hello", b"world"]);
    // UTF-8 names and the two bits of the compression level
    for flags in [[0, 8], [2, 0], [4, 0], [6, 8]] {
        check_content(&second(|entry| entry.both(6, &flags)), &[b"hello", b"world"]);
    }
    let large = vec![7; 100 << 10];
    let first = RawEntry::deflated("large", &large).streamed();
    let streamed = RawZip::new([first, folder(), RawEntry::deflated("b", b"b").streamed()]);
    check_content(&streamed, &[&large, b"", b"b"]);
    check_content(&RawZip::default(), &[]);
}

#[test]
fn deviations_are_reported() {
    let streamed = RawEntry::deflated("c", b"c").streamed();
    let extra = RawEntry::stored("d", b"d").local_extra(b"UT\0\0");
    let mut zip = RawZip::new([RawEntry::stored("a", b"a"), folder(), streamed, extra]);
    zip.comment = vec![b' '; 300];
    let bytes = zip.bytes();
    let archive = read(&bytes, &ArchiveLimits::default()).expect("unambiguous");
    assert_eq!(archive.comment_bytes, 300);
    let found =
        archive.entries.iter().map(|e| (e.is_folder, e.has_descriptor(), e.has_local_extra));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [(false, false, false), (true, false, false), (false, true, false), (false, false, true)]
    );
}

#[test]
fn an_error_of_the_end_record_names_its_place() {
    check_place(&two().with_end(4, &[1]), ZipRule::MultiDisk, 186, "");
    check_place(&two().with_end(6, &[1]), ZipRule::MultiDisk, 186, "");
    check_place(&two().with_end(8, &[1]), ZipRule::EntryCount, 190, "");
    check_place(&two().with_end(10, &[1]), ZipRule::EntryCount, 190, "");
    check_place(&two().with_end(12, &[101]), ZipRule::Tiling, 194, "");
    check_place(&two().with_end(16, &[81]), ZipRule::Tiling, 194, "");
    check_place(&two().with_end(8, &[1, 0, 1, 0]), ZipRule::Tiling, 131, "");
    check_place(&two().with_end(20, &[1]), ZipRule::EndRecord, 182, "");
    check_place(b"no archive", ZipRule::EndRecord, 0, "");
    let longer = RawZip { comment: b"abc".to_vec(), ..two() };
    check_place(&longer.with_end(20, &[2]), ZipRule::EndRecord, 182, "");
    check_place(&longer.with_end(20, &[4]), ZipRule::EndRecord, 182, "");
}

/// Readers look for the end record in the last 22 + 65,535 bytes.
#[test]
fn a_second_end_record_is_refused_within_reach() {
    let with_content = |bytes: usize| {
        let mut content = vec![0; bytes];
        put(&mut content, 0, b"PK\x05\x06");
        RawZip::new([RawEntry::stored("a", &content)]).bytes()
    };
    // local header, central header and end record take 31, 47 and 22 bytes
    let far = with_content(22 + 65_535 - 47 - 22 + 1);
    assert_eq!(refusal(outcome(&far, &ArchiveLimits::default())), None);
    let near = with_content(22 + 65_535 - 47 - 22);
    check_place(&near, ZipRule::EndRecord, 31, "");
    let twice = RawZip { comment: b"PK\x05\x06".to_vec(), ..two() };
    check_place(&twice.bytes(), ZipRule::EndRecord, 0, "");
}

#[test]
fn limits_are_inclusive() {
    check_limits(outcome);
}

#[test]
fn an_error_of_an_entry_names_its_place() {
    let changed = |at: usize, bytes: &[u8]| second(|entry| entry.central(at, bytes)).bytes();
    let at = 131;
    check_place(&changed(34, &[1]), ZipRule::MultiDisk, at + 34, "b.txt");
    // encryption, patches, strong encryption, masked headers
    for flags in [[1, 0], [0x20, 0], [0x40, 0], [0, 0x20]] {
        check_place(&changed(8, &flags), ZipRule::Flags, at + 8, "b.txt");
    }
    // the data has no end that a reader could find without the central directory
    let stored = second(RawEntry::streamed).bytes();
    check_place(&stored, ZipRule::Flags, at + 16 + 8, "b.txt");
    for field in [20, 24] {
        check_place(&changed(field, &[0xff; 4]), ZipRule::Zip64, at + 20, "b.txt");
    }
    check_place(&changed(46, b"../.."), ZipRule::Name, at + 46, "../..");
    check_place(&changed(46, b"..../"), ZipRule::Name, at + 46, "..../");
    let twice = second(|entry| entry.renamed(b"A.TXT")).bytes();
    check_place(&twice, ZipRule::DuplicateName, at + 46, "A.TXT");
    check_place(&changed(46, b"c.txt"), ZipRule::HeadersDiffer, at, "c.txt");
    check_place(&changed(38, &[0x10]), ZipRule::FileType, at + 38, "b.txt");
    check_place(&changed(24, &[4]), ZipRule::StoredSize, at + 20, "b.txt");
    let full = second(|entry| entry.renamed(b"b.tx/"));
    check_place(&full.bytes(), ZipRule::FileType, at + 38, "b.tx/");
    let mut elsewhere = two().bytes();
    put(&mut elsewhere, at + 42, &[41]);
    check_place(&elsewhere, ZipRule::Signature, 41, "b.txt");
    let checksum = second(|entry| entry.both(14, &[1, 2, 3, 4])).bytes();
    check_place(&checksum, ZipRule::Checksum, 75, "b.txt");
}

#[test]
fn an_ambiguous_extra_field_is_refused() {
    let unicode_path = b"\x75\x70\x0e\0\x01\0\0\0\0other.txt";
    let aes = b"\x01\x99\x07\0\x02\0AE\x03\0\0";
    let zip64 = [&b"\x01\x00\x10\x00"[..], &[5, 0, 0, 0, 0, 0, 0, 0].repeat(2)].concat();
    for (extra, rule) in [
        (&unicode_path[..], ZipRule::AmbiguousField),
        (aes, ZipRule::AmbiguousField),
        (b"UT\x05\0\x01", ZipRule::AmbiguousField),
        (b"UT", ZipRule::AmbiguousField),
        (&zip64, ZipRule::Zip64Field),
    ] {
        let local = second(|entry| entry.local_extra(extra)).bytes();
        check_place(&local, rule, 40 + 28, "b.txt");
        let central = second(|entry| entry.central_extra(extra, b"")).bytes();
        check_place(&central, rule, 131 + 28, "b.txt");
    }
}

/// Streaming writers that do not know how large an entry will be leave its sizes to a ZIP64
/// field, and that leaves them to the data descriptor.
#[test]
fn sizes_may_be_in_a_zip64_field_and_a_data_descriptor() {
    let zip64 = [&b"\x01\x00\x10\x00"[..], &[0; 16]].concat();
    let streamed = RawEntry::deflated("b.txt", b"world").streamed().local_extra(&zip64);
    let mut marked = streamed.clone();
    put(&mut marked.local, 18, &[0xff; 8]);
    check_content(&second(|_| marked.clone()), &[b"hello", b"world"]);
    check_place(&second(|_| streamed).bytes(), ZipRule::Zip64Field, 40 + 28, "b.txt");
    for half in [18, 22] {
        let mut marked = marked.clone();
        put(&mut marked.local, half, &[0; 4]);
        let bytes = second(|_| marked).bytes();
        // readers look for one size of the two then
        check_place(&bytes, ZipRule::HeadersDiffer, 169, "b.txt");
    }
}

#[test]
fn entries_fill_the_file_up_to_the_directory() {
    let gap = |bytes: &[u8]| RawEntry { descriptor: bytes.to_vec(), ..two().entries[0].clone() };
    let between = RawZip::new([gap(b"x"), two().entries[1].clone()]).bytes();
    check_place(&between, ZipRule::Tiling, 0, "a.txt");
    let last = second(|entry| RawEntry { descriptor: b"x".to_vec(), ..entry }).bytes();
    check_place(&last, ZipRule::Tiling, 40, "b.txt");
    // without its flag, a data descriptor is a gap
    let descriptor = two().entries[0].clone().streamed().descriptor;
    let unmarked = RawZip::new([gap(&descriptor), two().entries[1].clone()]).bytes();
    check_place(&unmarked, ZipRule::Tiling, 0, "a.txt");
    let prefixed = RawZip { before_directory: b"#!/bin/sh\n".to_vec(), ..RawZip::default() };
    check_place(&prefixed.bytes(), ZipRule::Tiling, 0, "");

    // an entry within the data of another
    let inner = RawEntry::stored("b", b"b");
    let outer = RawEntry::stored("a", &[&inner.local[..], &inner.data].concat());
    let nested = RawZip::new([outer.clone(), inner.clone()]);
    let mut bytes = RawZip::new([outer]).bytes();
    let directory = bytes.len() - END_BYTES - 47;
    let header = inner.central(42, &[31]).central;
    bytes.splice(directory + 47..directory + 47, header);
    let end = directory + 94;
    put(&mut bytes, end + 8, &[2, 0, 2, 0, 94]);
    check_place(&bytes, ZipRule::Tiling, 0, "a");
    check_content(&nested, &[&nested.entries[0].data, b"b"]);
}

#[test]
fn a_prefix_is_refused() {
    let mut bytes = [b"MZ", &two().bytes()[..]].concat();
    let directory = 82;
    put(&mut bytes, 184 + 16, &[directory as u8]);
    put(&mut bytes, directory + 42, &[2]);
    put(&mut bytes, directory + 51 + 42, &[42]);
    check_place(&bytes, ZipRule::Tiling, 2, "a.txt");
}

#[test]
fn a_data_descriptor_has_one_of_four_forms() {
    let streamed = || RawEntry::deflated("a", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").streamed();
    let signed = streamed().descriptor;
    let wide =
        |narrow: &[u8]| [&narrow[..4], &narrow[4..8], &[0; 4], &narrow[8..12], &[0; 4]].concat();
    let outcome = |descriptor: &[u8]| {
        let zip = RawZip::new([RawEntry { descriptor: descriptor.to_vec(), ..streamed() }]);
        refusal(outcome(&zip.bytes(), &ArchiveLimits::default())).map(|(rule, ..)| rule)
    };
    let unsigned = &signed[4..];
    assert_eq!(outcome(&signed), None);
    assert_eq!(outcome(unsigned), None);
    assert_eq!(outcome(&wide(unsigned)), None);
    assert_eq!(outcome(&[&signed[..4], &wide(unsigned)].concat()), None);
    let mut other = signed.clone();
    other[4] ^= 1;
    let tail = [&signed[..], &[0]].concat();
    for bad in
        [&other[..], &signed[..15], &tail, b"", &signed[..4], &[&signed[..4], &signed[..]].concat()]
    {
        assert_eq!(outcome(bad), Some(ZipRule::Tiling), "{bad:02x?}");
    }
    assert_eq!(deflate(b"").len(), 2, "a compressed folder has two bytes");
}
