//! Documents that are malformed, ambiguous or too deep.

use super::{MAX_DEPTH, check as check_with_limit};

fn check(bytes: &[u8]) -> Result<(), String> {
    check_with_limit(bytes, usize::MAX)
}

#[track_caller]
fn refused(bytes: &[u8], reason: &str) {
    let error = check(bytes).expect_err("refused");
    assert!(error.contains(reason), "{error}");
}

#[test]
fn one_item_is_valid() {
    let documents: [&[u8]; 8] = [
        b"\x00",
        b"\x39\x01\x00",
        b"\x63abc",
        b"\x82\x01\x61a",
        b"\xa1\x61a\xf6",
        b"\xbf\x61a\x9f\x01\xff\xff",
        b"\x7f\x61a\x61b\xff",
        b"\xc1\xfb\x00\x00\x00\x00\x00\x00\x00\x00",
    ];
    for document in documents {
        assert_eq!(check(document), Ok(()), "{document:x?}");
    }
}

#[test]
fn truncated_documents_are_refused() {
    for document in [&b""[..], b"\x18", b"\x63ab", b"\x82\x01", b"\xa1\x61a", b"\x9f\x01", b"\xc1"]
    {
        refused(document, "longer than the document");
    }
    refused(b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
    refused(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
    refused(b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "longer than the document");
}

#[test]
fn two_byte_lengths_are_big_endian() {
    let text = |bytes: usize| [&b"\x79\x01\x02"[..], &vec![b'a'; bytes]].concat();
    assert_eq!(check(&text(258)), Ok(()));
    refused(&text(257), "longer than the document");
    refused(&text(259), "1 bytes follow");
}

#[test]
fn stray_bytes_are_refused() {
    refused(b"\x00\x00", "1 bytes follow");
    refused(b"\xff", "unexpected break");
    refused(b"\x81\xff", "unexpected break");
    refused(b"\x1f", "invalid item");
    refused(b"\x1c", "invalid item");
}

#[test]
fn duplicate_keys_are_refused() {
    assert_eq!(check(b"\xa2\x61a\x00\x61b\xa1\x61a\x01"), Ok(()), "the same key on another level");
    assert_eq!(check(b"\xbf\x00\xbf\xff\x20\x80\xff"), Ok(()));
    refused(b"\xa2\x61a\x00\x61a\x01", "duplicate key at byte 4");
    refused(b"\xbf\x61a\x00\x61a\x01\xff", "duplicate key");
    refused(b"\xa2\x01\x00\x01\x00", "duplicate key");
    refused(b"\xa2\x61a\x00\x78\x01a\x01", "shortest form");
    for long in [
        &b"\x18\x01"[..],
        b"\x19\x00\x18",
        b"\x1a\x00\x00\x01\x00",
        b"\x1b\x00\x00\x00\x00\x00\x01\x00\x00",
    ] {
        refused(&[b"\xa1", long, b"\x00"].concat(), "shortest form");
    }
    refused(b"\xa1\x80\x00", "not a text or number");
    refused(b"\xa1\x41a\x00", "the key at byte 1 is not a text or number");
    refused(b"\xa2\x61a\x00\x41a\x01", "the key at byte 4 is not a text or number");
    refused(b"\xa1\x7f\x61a\xff\x00", "not a text or number");
    refused(b"\xbf\x61a\xff", "break instead of a value");
    refused(b"\xa1\x61a\xff", "break instead of a value");
}

#[test]
fn the_shortest_keys_of_each_width_are_accepted() {
    for key in [
        &b"\x17"[..],
        b"\x18\x18",
        b"\x19\x01\x00",
        b"\x1a\x00\x01\x00\x00",
        b"\x1b\x00\x00\x00\x01\x00\x00\x00\x00",
        b"\x61a",
    ] {
        assert_eq!(check(&[b"\xa1", key, b"\x00"].concat()), Ok(()), "{key:x?}");
    }
    refused(b"\xa1\x18\x17\x00", "the key at byte 1 is not encoded in its shortest form");
}

/// The item that is too long is named, not one inside it.
#[test]
fn a_length_is_compared_with_the_rest_of_the_document() {
    assert_eq!(check(b"\x82\x00\x00"), Ok(()));
    refused(b"\x00\x00", "1 bytes follow the document");
    refused(b"\x81\x83\x00\x00", "the item at byte 1 is longer than the document");
    refused(b"\x81\xa2\x00\x00\x01", "the item at byte 1 is longer than the document");
    refused(b"\x81\x62a", "the item at byte 2 is longer than the document");
}

#[test]
fn numbers_of_each_width_are_accepted() {
    for (first, bytes) in [(24, 1), (25, 2), (26, 4), (27, 8)] {
        let number = |bytes: usize| [vec![first], vec![0xfe; bytes]].concat();
        assert_eq!(check(&number(bytes)), Ok(()), "{first}");
        refused(&number(bytes - 1), "longer than the document");
        refused(&number(bytes + 1), "1 bytes follow");
    }
    // lengths use each of their bytes
    let array = |length: [u8; 4]| [&[0x9a], &length[..], &[0; 300]].concat();
    refused(&array([0, 0, 1, 0]), "44 bytes follow");
    refused(&array([0, 1, 0, 0]), "the item at byte 0 is longer");
    refused(&array([1, 0, 0, 0]), "the item at byte 0 is longer");
}

#[test]
fn nesting_is_bounded() {
    let nested =
        |levels: usize, open: u8, innermost: u8| [vec![open; levels], vec![innermost]].concat();
    assert_eq!(check(&nested(MAX_DEPTH, 0x81, 0)), Ok(()));
    refused(&nested(MAX_DEPTH + 1, 0x81, 0), "nested deeper");
    refused(&nested(200_000, 0x9f, 0), "nested deeper");
    refused(&nested(200_000, 0xc1, 0), "nested deeper");
}

/// Keys count, and so do the breaks that end items.
#[test]
fn the_number_of_items_is_bounded() {
    for (document, items) in [
        (&b"\x00"[..], 1),
        (b"\x82\x01\x61a", 3),
        (b"\xa1\x61a\xf6", 3),
        (b"\xbf\x61a\x9f\x01\xff\xff", 5),
    ] {
        assert_eq!(check_with_limit(document, items), Ok(()), "{document:x?}");
        let error = check_with_limit(document, items - 1).expect_err("too many");
        assert_eq!(error, format!("it has more than {} items", items - 1));
    }
}
