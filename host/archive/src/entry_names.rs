//! Names of zip entries: which ones are allowed, and which ones conflict.

use std::collections::HashMap;

use super::error::ArchiveError;
use super::rule_violation::violation;
use super::rules::ZipRule;

/// Names that Windows reserves for devices in every folder, with any file extension.
const DEVICES: [&[u8]; 6] = [b"con", b"prn", b"aux", b"nul", b"conin$", b"conout$"];
/// Reserved names that are followed by a digit.
const NUMBERED_DEVICES: [&[u8]; 2] = [b"com", b"lpt"];

/// Checks that a name is a relative ASCII path that means the same on every system.
///
/// `at` is the offset of the name in the archive, for the error.
pub(super) fn check(name: &[u8], at: usize) -> Result<(), ArchiveError> {
    let is_allowed = name.iter().all(is_allowed_byte) && name.split(|b| *b == b'/').all(is_plain);
    if is_allowed { Ok(()) } else { Err(violation(ZipRule::Name, at)) }
}

fn is_allowed_byte(byte: &u8) -> bool {
    (0x20..0x7f).contains(byte)
        && !matches!(byte, b'\\' | b':' | b'*' | b'?' | b'"' | b'<' | b'>' | b'|')
}

fn is_plain(segment: &[u8]) -> bool {
    // a trailing dot also covers `.` and `..`
    !segment.is_empty()
        && !segment.ends_with(b".")
        && !segment.ends_with(b" ")
        && !is_device(segment)
}

fn is_device(segment: &[u8]) -> bool {
    let stem = segment
        .split(|b| *b == b'.')
        .next()
        .unwrap_or_default()
        .trim_ascii_end()
        .to_ascii_lowercase();
    let is_numbered_device = stem
        .split_last()
        .is_some_and(|(last, rest)| last.is_ascii_digit() && NUMBERED_DEVICES.contains(&rest));
    is_numbered_device || DEVICES.contains(&stem.as_slice())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NameKind {
    File,
    Folder,
}

/// The names of an archive so far, and the folders they imply.
#[derive(Default)]
pub(super) struct EntryNames {
    /// Keyed by the name in lower case.
    seen: HashMap<Vec<u8>, NameKind>,
}

impl EntryNames {
    /// Adds the name of a file, which is at byte `at` of the archive.
    ///
    /// # Errors
    /// [`ZipRule::DuplicateName`] when the name is taken, ignoring case, or one name would
    /// be a file and a folder.
    pub(crate) fn insert(&mut self, name: &[u8], at: usize) -> Result<(), ArchiveError> {
        let name = name.to_ascii_lowercase();
        let separators = name.iter().enumerate().filter(|(_, b)| **b == b'/');
        for folder in separators.map(|(end, _)| &name[..end]) {
            match self.seen.get(folder) {
                Some(NameKind::File) => return Err(violation(ZipRule::DuplicateName, at)),
                Some(NameKind::Folder) => {}
                None => drop(self.seen.insert(folder.to_vec(), NameKind::Folder)),
            }
        }
        if self.seen.insert(name, NameKind::File).is_some() {
            return Err(violation(ZipRule::DuplicateName, at));
        }
        Ok(())
    }
}
