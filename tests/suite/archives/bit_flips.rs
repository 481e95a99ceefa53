//! One byte of a valid pack is changed: the archive is refused, or its content is the same.

use super::open;
use super::rules::pack;

/// All single-bit changes, and values with a special meaning in some format.
fn changes(byte: u8) -> impl Iterator<Item = u8> {
    let bits = (0..8).map(move |bit| byte ^ 1 << bit);
    let values = [0x00, 0x01, 0x2e, 0x2f, 0x50, 0x7f, 0x80, 0xff, !byte];
    bits.chain(values).filter(move |changed| *changed != byte)
}

#[test]
fn changing_one_byte_never_changes_what_is_read() {
    let valid = pack().bytes();
    let read = format!("{:?}", open(&valid).expect("opened"));
    let mut tried = 0;
    let mut admitted = 0;
    for at in 0..valid.len() {
        let mut flipped = valid.clone();
        for value in changes(valid[at]) {
            flipped[at] = value;
            tried += 1;
            let Ok(pack) = open(&flipped) else { continue };
            admitted += 1;
            assert_eq!(format!("{pack:?}"), read, "byte {at} is {value:#x}");
        }
    }
    // bits that no reader uses: host system, modes, padding at the end of a stream
    assert!(admitted > 0 && admitted * 20 < tried, "{admitted} of {tried} are admitted");
}

#[test]
fn adding_or_removing_one_byte_is_refused() {
    let valid = pack().bytes();
    for at in 0..valid.len() {
        let (head, tail) = valid.split_at(at);
        open(head).expect_err("cut off");
        open(&[head, &tail[1..]].concat()).expect_err("a byte taken out");
        open(&[head, &[0x50], tail].concat()).expect_err("a byte put in");
    }
}
