//! Names of zip entries: which ones are allowed, and which ones conflict.

use super::error::ArchiveError;
use super::rule_violation::{violation, with_entry};
use super::rules::ZipRule;

/// Names that Windows reserves for devices in every folder, with any file extension.
const DEVICES: [&[u8]; 6] = [b"con", b"prn", b"aux", b"nul", b"conin$", b"conout$"];
/// Reserved names that are followed by a digit.
const NUMBERED_DEVICES: [&[u8]; 2] = [b"com", b"lpt"];
/// The folder in which macOS stores metadata of the other entries. Its readers, and bsdtar with
/// the option `mac-ext`, hide it.
const MACOS_METADATA: &[u8] = b"__macosx";

/// Checks that a name is a relative ASCII path that means the same on every system, and that
/// readers do not change.
///
/// `at` is the offset of the name in the archive, for the error. The lenient reader applies the
/// same rules, so a new rule also makes archives unreadable that `repack` could rewrite.
pub(super) fn check(name: &[u8], at: usize) -> Result<(), ArchiveError> {
    let mut segments = name.split(|b| *b == b'/');
    let is_allowed = name.iter().all(is_allowed_byte) && segments.all(is_plain);
    if is_allowed { Ok(()) } else { Err(violation(ZipRule::Name, at)) }
}

fn is_allowed_byte(byte: &u8) -> bool {
    // Windows has another meaning for the rest, except that Info-ZIP takes `;1` for the version
    // of a file and drops it
    (0x20..0x7f).contains(byte)
        && !matches!(byte, b';' | b'\\' | b':' | b'*' | b'?' | b'"' | b'<' | b'>' | b'|')
}

fn is_plain(segment: &[u8]) -> bool {
    // a trailing dot also covers `.` and `..`
    !segment.is_empty()
        && !segment.ends_with(b".")
        && !segment.ends_with(b" ")
        && !is_device(segment)
        && !is_short_name(segment)
        && !segment.eq_ignore_ascii_case(MACOS_METADATA)
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

/// Returns true for a name such as `HANDLE~1.WAS`. Windows gives every file a second name of
/// this form, so that writing `HANDLE~1.WAS` can overwrite `handler.wasm`.
fn is_short_name(segment: &[u8]) -> bool {
    let mut parts = segment.splitn(2, |byte| *byte == b'.');
    let stem = parts.next().unwrap_or_default();
    let extension = parts.next().unwrap_or_default();
    let digits = stem.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let ends_with_number = digits > 0 && stem[..stem.len() - digits].ends_with(b"~");
    ends_with_number && stem.len() <= 8 && extension.len() <= 3 && !extension.contains(&b'.')
}

/// The names of the files of an archive so far.
#[derive(Default)]
pub(super) struct EntryNames<'a> {
    names: Vec<EntryName<'a>>,
}

struct EntryName<'a> {
    /// The name in lower case, with its separators as the lowest byte: sorted by it, the files in
    /// a folder follow a file with the name of the folder.
    key: Vec<u8>,
    name: &'a [u8],
    at: usize,
}

/// The separator of folders in a sort key. No name has this byte.
const SEPARATOR: u8 = 1;

impl<'a> EntryNames<'a> {
    /// Adds the name of a file, which is at byte `at` of the archive.
    pub(crate) fn insert(&mut self, name: &'a [u8], at: usize) {
        let lower = |byte: &u8| if *byte == b'/' { SEPARATOR } else { byte.to_ascii_lowercase() };
        self.names.push(EntryName { key: name.iter().map(lower).collect(), name, at });
    }

    /// Checks that all names differ.
    ///
    /// # Errors
    /// [`ZipRule::DuplicateName`] when a name is taken, ignoring case, or one name would be a
    /// file and a folder.
    pub(crate) fn ensure_distinct(mut self) -> Result<(), ArchiveError> {
        self.names.sort_by(|one, other| one.key.cmp(&other.key));
        let conflicts = self.names.windows(2).filter(|pair| {
            let rest = pair[1].key.strip_prefix(pair[0].key.as_slice());
            rest.is_some_and(|rest| matches!(rest.first(), None | Some(&SEPARATOR)))
        });
        // the second of both in the archive is at fault
        let second = conflicts.filter_map(|pair| pair.iter().max_by_key(|name| name.at));
        match second.min_by_key(|name| name.at) {
            Some(EntryName { name, at, .. }) => {
                Err(with_entry(violation(ZipRule::DuplicateName, *at), name))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(name: &str) -> bool {
        match check(name.as_bytes(), 7) {
            Ok(()) => true,
            Err(ArchiveError::Profile { rule: ZipRule::Name, offset: 7, entry: None }) => false,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn plain_names_are_allowed() {
        for name in [
            "a",
            "a/b/c.txt",
            ".hidden",
            "a b",
            " a",
            "..a",
            "~",
            "TEN_CHARS1",
            // like a device, but not one
            "comx",
            "com",
            "com10",
            "com.1",
            "1com",
            "console",
            "xcon",
            "con-1",
            "a1",
            "lptt",
            // like a short name of Windows, but not one
            "a~",
            "a1",
            "~a",
            "handler~1",
            "a~1.wasm",
            "a~1.b.c",
            "a~1b.c",
            "__MACOSX.txt",
        ] {
            assert!(is_allowed(name), "{name:?}");
        }
    }

    #[test]
    fn each_segment_is_plain() {
        for segment in ["", ".", "..", "a.", "a ", "a. ", "con", "CON", "prn", "aux", "nul"] {
            assert!(!is_allowed(segment), "{segment:?}");
            assert!(!is_allowed(&format!("a/{segment}")), "a/{segment:?}");
            assert!(!is_allowed(&format!("{segment}/b")), "{segment:?}/b");
        }
        for device in ["conin$", "CONOUT$.txt", "com0", "COM9.x", "lpt1", "d/Lpt5", "nul.tar.gz"] {
            assert!(!is_allowed(device), "{device:?}");
        }
        assert!(!is_allowed("con .txt"), "Windows ignores the space");
    }

    #[test]
    fn names_that_readers_change_are_refused() {
        for name in [
            "a;1",
            "a;",
            ";",
            "HANDLE~1.WAS",
            "a~1",
            "~1",
            "longer~1",
            "a~12.b",
            "d/A~1.BCD",
            "__MACOSX/._a",
            "d/__macosx",
            "__MacOsX",
        ] {
            assert!(!is_allowed(name), "{name:?}");
        }
    }

    #[test]
    fn names_are_printable_ascii_without_special_characters() {
        let special = ";\\:*?\"<>|\0\n\x1f\x7f\u{e9}";
        for character in special.chars() {
            assert!(!is_allowed(&format!("a{character}b")), "{character:?}");
        }
        for character in (' '..='~').filter(|character| !special.contains(*character)) {
            assert!(is_allowed(&format!("a{character}b")), "{character:?}");
        }
    }

    fn insert_all(names: &[&str]) -> bool {
        let mut seen = EntryNames::default();
        for name in names {
            seen.insert(name.as_bytes(), 7);
        }
        seen.ensure_distinct().is_ok()
    }

    #[test]
    fn names_differ_also_without_case_and_as_folders() {
        assert!(insert_all(&["a", "b", "c/d", "c/e", "c/f/g", "ab", "cd"]));
        for twins in [["a", "a"], ["a", "A"], ["a", "a/b"], ["a/b", "A"], ["a/b/c", "a/B"]] {
            assert!(!insert_all(&twins), "{twins:?}");
        }
        // names that sort between a file and the files in a folder of its name
        assert!(!insert_all(&["a/b", "a b", "a", "a-b", "a.b"]));
        assert!(insert_all(&["a/b", "a b", "a-b", "a.b"]));
    }

    #[test]
    fn the_later_of_two_equal_names_is_at_fault() {
        let mut seen = EntryNames::default();
        for (name, at) in [("b/c", 10), ("a", 20), ("B", 30), ("A", 40)] {
            seen.insert(name.as_bytes(), at);
        }
        let error = seen.ensure_distinct().expect_err("two pairs");
        assert!(
            matches!(&error, ArchiveError::Profile { offset: 30, entry: Some(name), .. } if name.as_exact() == "B"),
            "{error:?}"
        );
    }
}
