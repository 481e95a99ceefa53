//! Extra fields of zip headers (APPNOTE.TXT sections 4.5 and 4.6): which ones change what a reader
//! finds in an entry, and which ones can be dropped.

use super::rules::ZipRule;

/// Sizes of 64 bits, by APPNOTE.TXT section 4.5.3.
const ZIP64: u16 = 0x0001;
/// The alignment of an Android package.
const ALIGNMENT: u16 = 0xd935;
/// Fields without meaning for the name, the type, the sizes and the content of an entry.
const HARMLESS: [u16; 8] = [
    // times: of NTFS, of Unix
    0x000a, 0x5455, // owners and times: of Info-ZIP, in three forms
    0x5855, 0x7855, 0x7875, ALIGNMENT,
    // the mark of a Java archive, and room to grow in an Office document
    0xcafe, 0xa220,
];

/// Returns the rule that the extra fields of a header break. No header of a canonical archive has
/// any, but the writers do not know that they wrote one.
pub(super) fn rule(extra: &[u8]) -> ZipRule {
    let Some(fields) = fields(extra) else { return ZipRule::AmbiguousField };
    let is_known = |id| id == ZIP64 || HARMLESS.contains(&id);
    if !fields.iter().all(|(id, _)| is_known(*id)) {
        ZipRule::AmbiguousField
    } else if fields.iter().any(|(id, _)| *id == ZIP64) {
        ZipRule::Zip64Field
    } else if fields.iter().all(|(id, _)| *id == ALIGNMENT) {
        ZipRule::AlignmentField
    } else {
        ZipRule::ExtraField
    }
}

/// Returns the rule for which the extra fields of a header cannot be dropped.
///
/// `are_sizes_in_zip64` is true if the sizes of the header refer to a ZIP64 field, which must
/// then leave them to the data descriptor, or state these sizes.
pub(super) fn ambiguity(
    extra: &[u8],
    are_sizes_in_zip64: bool,
    size: u32,
    compressed: u32,
) -> Option<ZipRule> {
    let rule = rule(extra);
    if !are_sizes_in_zip64 {
        return matches!(rule, ZipRule::AmbiguousField | ZipRule::Zip64Field).then_some(rule);
    }
    let fields = fields(extra).unwrap_or_default();
    let mut zip64 = fields.iter().filter(|(id, _)| *id == ZIP64).map(|(_, value)| *value);
    let stated = [u64::from(size), u64::from(compressed)].map(u64::to_le_bytes).concat();
    let is_consistent = zip64.next().is_some_and(|value| value == stated || value == [0; 16]);
    let is_unambiguous = rule == ZipRule::Zip64Field && is_consistent && zip64.next().is_none();
    (!is_unambiguous).then_some(ZipRule::Zip64Field)
}

/// Returns true if all bytes are zero. Early versions of `zipalign` wrote such fields.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Returns the ids and values of the fields, up to padding of zeros, or `None` if a field is
/// malformed.
fn fields(mut extra: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut fields = Vec::new();
    while !is_zero(extra) {
        let (header, rest) = extra.split_first_chunk::<4>()?;
        let [low, high, size_low, size_high] = *header;
        let size = u16::from_le_bytes([size_low, size_high]);
        let (value, rest) = rest.split_at_checked(usize::from(size))?;
        fields.push((u16::from_le_bytes([low, high]), value));
        extra = rest;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &[u8] = b"\x55\x54\x01\x00\x00";
    const ALIGNED: &[u8] = b"\x35\xd9\x03\x00\x04\x00\x00";

    /// A ZIP64 field with these sizes.
    fn zip64(size: u64, compressed: u64) -> Vec<u8> {
        [&b"\x01\x00\x10\x00"[..], &size.to_le_bytes(), &compressed.to_le_bytes()].concat()
    }

    #[test]
    fn the_purpose_of_a_field_is_named() {
        for (extra, expected) in [
            (&b"\x01\x00\x01\x00x"[..], ZipRule::Zip64Field),
            (&[TIME, b"\x01\x00\x00\x00"].concat(), ZipRule::Zip64Field),
            (ALIGNED, ZipRule::AlignmentField),
            (b"\0\0\0", ZipRule::AlignmentField),
            (&[ALIGNED, b"\0\0"].concat(), ZipRule::AlignmentField),
            (TIME, ZipRule::ExtraField),
            (&[TIME, b"\0\0\0\0\0"].concat(), ZipRule::ExtraField),
            (&[ALIGNED, TIME].concat(), ZipRule::ExtraField),
            // another name, encryption, an unknown field
            (b"\x75\x70\x00\x00", ZipRule::AmbiguousField),
            (b"\x01\x99\x00\x00", ZipRule::AmbiguousField),
            (&[TIME, b"\x99\x99\x00\x00"].concat(), ZipRule::AmbiguousField),
            // malformed
            (b"\x35\xd9", ZipRule::AmbiguousField),
            (b"\x35\xd9\x00\x01", ZipRule::AmbiguousField),
            (b"\x01\x00\x02\x00x", ZipRule::AmbiguousField),
            (b"\0\0\0\0\x01", ZipRule::AmbiguousField),
        ] {
            assert_eq!(rule(extra), expected, "{extra:02x?}");
        }
    }

    #[test]
    fn harmless_fields_can_be_dropped() {
        for extra in [b"", TIME, ALIGNED, b"\0\0\0", &[ALIGNED, TIME].concat()] {
            assert_eq!(ambiguity(extra, false, 5, 4), None, "{extra:02x?}");
        }
        let unknown = b"\x75\x70\x00\x00";
        assert_eq!(ambiguity(unknown, false, 5, 4), Some(ZipRule::AmbiguousField));
    }

    #[test]
    fn a_zip64_field_is_used_only_if_the_sizes_refer_to_it() {
        let refused = Some(ZipRule::Zip64Field);
        for extra in [zip64(5, 4), zip64(0, 0), [TIME, &zip64(5, 4)].concat()] {
            assert_eq!(ambiguity(&extra, true, 5, 4), None, "{extra:02x?}");
            assert_eq!(ambiguity(&extra, false, 5, 4), refused, "{extra:02x?}");
        }
        for extra in [
            zip64(4, 5),
            zip64(5, 4)[..12].to_vec(),
            [zip64(5, 4), zip64(5, 4)].concat(),
            [zip64(5, 4), zip64(6, 4)].concat(),
            [&zip64(5, 4)[..], b"\x75\x70\x00\x00"].concat(),
            TIME.to_vec(),
            Vec::new(),
        ] {
            assert_eq!(ambiguity(&extra, true, 5, 4), refused, "{extra:02x?}");
        }
    }
}
