//! Names the purpose of an extra field. All of them are refused, but their writers do not know
//! that they wrote one.

use crate::rules::ZipRule;

/// Sizes of 64 bits, by APPNOTE.TXT section 4.5.3.
const ZIP64: u16 = 0x0001;
/// The alignment of an Android package.
const ALIGNMENT: u16 = 0xd935;

/// Returns the rule that an extra field breaks.
pub(super) fn rule(extra: &[u8]) -> ZipRule {
    let ids = ids(extra);
    if ids.contains(&ZIP64) {
        ZipRule::Zip64Field
    } else if is_zero(extra) || ids.iter().all(|id| *id == ALIGNMENT) && !ids.is_empty() {
        ZipRule::AlignmentField
    } else {
        ZipRule::ExtraField
    }
}

/// Returns true if all bytes are zero. Early versions of `zipalign` wrote such fields.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Returns the ids of the fields, up to the first one that is malformed.
fn ids(mut extra: &[u8]) -> Vec<u16> {
    let mut ids = Vec::new();
    while let [low, high, size_low, size_high, rest @ ..] = extra {
        let Some((_, rest)) =
            rest.split_at_checked(u16::from_le_bytes([*size_low, *size_high]).into())
        else {
            break;
        };
        ids.push(u16::from_le_bytes([*low, *high]));
        extra = rest;
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purpose_of_a_field_is_named() {
        let alignment = b"\x35\xd9\x03\x00\x04\x00\x00";
        let time = b"\x55\x54\x01\x00\x00";
        for (extra, expected) in [
            (&b"\x01\x00\x01\x00x"[..], ZipRule::Zip64Field),
            (&[&time[..], b"\x01\x00\x00\x00"].concat(), ZipRule::Zip64Field),
            (alignment, ZipRule::AlignmentField),
            (b"\0\0\0", ZipRule::AlignmentField),
            (time, ZipRule::ExtraField),
            (&[&alignment[..], time].concat(), ZipRule::ExtraField),
            (b"\x35\xd9", ZipRule::ExtraField),
            (b"\x01\x00\x02\x00x", ZipRule::ExtraField),
        ] {
            assert_eq!(rule(extra), expected, "{extra:02x?}");
        }
    }
}
