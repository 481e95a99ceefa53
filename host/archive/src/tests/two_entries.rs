//! An archive of two entries, and what both zip readers must do with it.

use super::raw_zip::{RawEntry, RawZip};
use crate::{ArchiveError, ArchiveLimits, ZipRule};

/// The broken rule, its place, and the entry, or an empty string.
pub(crate) type Refusal = (ZipRule, usize, String);

/// `a.txt` at byte 0 with data at 35, and `b.txt` at byte 40 with data at 75. The central
/// directory begins at byte 80, its second header at 131, and the end record at 182.
pub(crate) fn two() -> RawZip {
    RawZip::new([RawEntry::stored("a.txt", b"hello"), RawEntry::stored("b.txt", b"world")])
}

/// The archive of [`two`] with another second entry.
pub(crate) fn second(change: impl FnOnce(RawEntry) -> RawEntry) -> RawZip {
    let mut zip = two();
    zip.entries[1] = change(zip.entries[1].clone());
    zip
}

/// The rule that a reader found broken; none if it read the archive.
#[track_caller]
pub(crate) fn refusal<T>(outcome: Result<T, ArchiveError>) -> Option<Refusal> {
    match outcome {
        Ok(_) => None,
        Err(ArchiveError::Profile { rule, offset, entry }) => {
            Some((rule, offset, entry.map(|entry| entry.to_string()).unwrap_or_default()))
        }
        Err(other) => panic!("{other}"),
    }
}

/// Requires that a reader accepts an archive at each limit and refuses it beyond.
#[track_caller]
pub(crate) fn check_limits<T>(read: fn(&[u8], &ArchiveLimits) -> Result<T, ArchiveError>) {
    let bytes = two().bytes();
    let default = ArchiveLimits::default;
    let exact = ArchiveLimits {
        pack_bytes: 204,
        entries: 2,
        name_bytes: 5,
        entry_bytes: 5,
        total_bytes: 10,
        ..default()
    };
    assert_eq!(refusal(read(&bytes, &exact)), None);
    assert!(matches!(
        read(&bytes, &ArchiveLimits { pack_bytes: 203, ..default() }),
        Err(ArchiveError::TooLarge { bytes: 204, limit: 203 })
    ));
    for (limits, rule, offset, entry) in [
        (ArchiveLimits { entries: 1, ..default() }, ZipRule::EntryCount, 190, ""),
        (ArchiveLimits { name_bytes: 4, ..default() }, ZipRule::NameTooLong, 80 + 28, "a.txt"),
        (ArchiveLimits { entry_bytes: 4, ..default() }, ZipRule::EntryTooLarge, 80 + 20, "a.txt"),
        (ArchiveLimits { total_bytes: 9, ..default() }, ZipRule::TotalTooLarge, 131, "b.txt"),
    ] {
        assert_eq!(refusal(read(&bytes, &limits)), Some((rule, offset, entry.to_owned())));
    }
}
