//! EntryNames of entries: which are allowed, and which cannot stand beside each other.

use std::collections::HashMap;

use super::ArchiveError;
use super::rules::{ZipRule, violation};

/// What Windows takes for a device in any folder, whatever extension follows. With `com`
/// and `lpt` goes a digit.
const DEVICES: [&[u8]; 6] = [b"con", b"prn", b"aux", b"nul", b"conin$", b"conout$"];
const NUMBERED_DEVICES: [&[u8]; 2] = [b"com", b"lpt"];

/// Checks a name that lies at byte `at`: a relative ASCII path that means the same
/// everywhere.
pub(super) fn check(name: &[u8], at: usize) -> Result<(), ArchiveError> {
    let legal = |b: &u8| {
        (0x20..0x7f).contains(b)
            && !matches!(b, b'\\' | b':' | b'*' | b'?' | b'"' | b'<' | b'>' | b'|')
    };
    match name.iter().all(legal) && name.split(|b| *b == b'/').all(is_plain) {
        true => Ok(()),
        false => Err(violation(ZipRule::Name, at)),
    }
}

fn is_plain(segment: &[u8]) -> bool {
    // `.` and `..` end in a dot
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
    let numbered = stem
        .split_last()
        .is_some_and(|(last, rest)| last.is_ascii_digit() && NUMBERED_DEVICES.contains(&rest));
    numbered || DEVICES.contains(&stem.as_slice())
}

/// The names seen so far, and their folders.
#[derive(Default)]
pub(super) struct EntryNames {
    /// In lower case; whether it is a file.
    seen: HashMap<Vec<u8>, bool>,
}

impl EntryNames {
    /// Takes a name in that lies at byte `at`, unless a file of this name is here, or it
    /// would be a file and a folder at once.
    pub fn insert(&mut self, name: &[u8], at: usize) -> Result<(), ArchiveError> {
        let name = name.to_ascii_lowercase();
        let folders =
            name.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(end, _)| &name[..end]);
        for folder in folders {
            if self.seen.get(folder) == Some(&true) {
                return Err(violation(ZipRule::DuplicateName, at));
            }
            if !self.seen.contains_key(folder) {
                self.seen.insert(folder.to_vec(), false);
            }
        }
        match self.seen.insert(name, true) {
            None => Ok(()),
            Some(_) => Err(violation(ZipRule::DuplicateName, at)),
        }
    }
}
