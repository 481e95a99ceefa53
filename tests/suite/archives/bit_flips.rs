//! One byte of an honest pack changed, wherever it is: refused, or the content is the
//! same to the last byte.

use super::open;
use super::rules::pack;

/// Every single bit, and values that mean something to somebody.
fn changes(byte: u8) -> impl Iterator<Item = u8> {
    let bits = (0..8).map(move |bit| byte ^ 1 << bit);
    let values = [0x00, 0x01, 0x2e, 0x2f, 0x50, 0x7f, 0x80, 0xff, !byte];
    bits.chain(values).filter(move |changed| *changed != byte)
}

#[test]
fn changing_one_byte_never_changes_what_is_read() {
    let honest = pack().bytes();
    let read = format!("{:?}", open(&honest).expect("opened"));
    let (mut tried, mut admitted) = (0, 0);
    for at in 0..honest.len() {
        let mut flipped = honest.clone();
        for value in changes(honest[at]) {
            flipped[at] = value;
            tried += 1;
            let Ok(pack) = open(&flipped) else { continue };
            admitted += 1;
            assert_eq!(format!("{pack:?}"), read, "byte {at} is {value:#x}");
        }
    }
    // which system wrote it, modes, bits at the end of a stream that no reader looks at:
    // little, but not nothing
    assert!(admitted > 0 && admitted * 20 < tried, "{admitted} of {tried} are admitted");
}

#[test]
fn adding_or_removing_one_byte_is_refused() {
    let honest = pack().bytes();
    for at in 0..honest.len() {
        let (head, tail) = honest.split_at(at);
        open(head).expect_err("cut off");
        open(&[head, &tail[1..]].concat()).expect_err("a byte taken out");
        open(&[head, &[0x50], tail].concat()).expect_err("a byte put in");
    }
}
