//! The headers of a tar file, held to what all readers understand in the same way: no
//! extension, no number in two notations, no name in two parts.

use std::io::{Read, Seek, SeekFrom};

use env_pack_domain::{ForeignText, Sha256Digest};
use tar::{Archive, EntryType, Header};

use super::{BLOBS, BLOCK, INDEX, LayoutError, LayoutLimits, MARKER};

/// Programs fill up what they write to whole records; the largest in use have a MiB.
const MOST_BEHIND: u64 = 1 << 20;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Name {
    Marker,
    Index,
    Blob(Sha256Digest),
    /// A folder above the blobs, without the slash at the end.
    Folder(String),
}

/// Where the content of an entry lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub at: u64,
    pub bytes: u64,
}

impl Extent {
    /// Where it ends, filled up to a whole block. Both numbers are below the length of
    /// the file.
    pub fn padded_end(self) -> u64 {
        self.at + self.bytes.next_multiple_of(BLOCK)
    }
}

/// Finds every entry, without reading any, and holds all of them to the rules and limits.
pub(super) fn scan<R: Read + Seek>(
    file: &mut R,
    limits: &LayoutLimits,
) -> Result<Vec<(Name, Extent)>, LayoutError> {
    let length = file.seek(SeekFrom::End(0)).map_err(LayoutError::Read)?;
    file.rewind().map_err(LayoutError::Read)?;
    let mut found = Vec::new();
    let (mut end, mut total) = (0, 0_u64);
    let mut archive = Archive::new(&mut *file);
    // as they are: nothing is looked at but headers, and none is taken for a remark about the
    // next one
    for entry in archive.entries_with_seek().map_err(LayoutError::Read)?.raw(true) {
        let entry = entry.map_err(|error| header_error(end, error.to_string()))?;
        if found.len() == limits.entries {
            return Err(LayoutError::TooMany { limit: limits.entries });
        }
        let (name, shown) = name(entry.header(), end)?;
        let extent = Extent { at: entry.raw_file_position(), bytes: size(entry.header(), end)? };
        let limit = most(&name, limits);
        if extent.bytes > limit {
            return Err(LayoutError::TooLarge { name: shown, bytes: extent.bytes, limit });
        }
        total += extent.bytes;
        if total > limits.total_bytes {
            return Err(LayoutError::AllTooLarge { what: "entries", limit: limits.total_bytes });
        }
        end = extent.padded_end();
        if end > length {
            return Err(LayoutError::Truncated { name: shown });
        }
        found.push((name, extent));
    }
    nothing_behind(file, end, length)?;
    Ok(found)
}

/// The most an entry may have, in bytes.
fn most(name: &Name, limits: &LayoutLimits) -> u64 {
    match name {
        Name::Marker | Name::Index => limits.index_bytes,
        Name::Blob(_) => limits.blob_bytes,
        Name::Folder(_) => 0,
    }
}

/// What an entry is, and its name for whoever reads about it.
fn name(header: &Header, at: u64) -> Result<(Name, ForeignText), LayoutError> {
    let field = &header.as_old().name;
    let (text, rest) =
        field.split_at(field.iter().position(|byte| *byte == 0).unwrap_or(field.len()));
    let shown = || ForeignText::new(String::from_utf8_lossy(text));
    let has_prefix =
        header.as_ustar().is_some_and(|header| header.prefix.iter().any(|byte| *byte != 0));
    if has_prefix || rest.iter().any(|byte| *byte != 0) {
        return Err(header_error(at, "its name is in two parts".to_owned()));
    }
    if header.as_ustar().is_none() && header.as_gnu().is_none() {
        return Err(header_error(at, "it is of an unknown format".to_owned()));
    }
    let is_folder = match header.entry_type() {
        EntryType::Regular => false,
        EntryType::Directory => true,
        other => return Err(LayoutError::FileType { name: shown(), what: kind(other) }),
    };
    let name = std::str::from_utf8(text).ok().and_then(|text| match is_folder {
        true => folder(text.strip_suffix('/').unwrap_or(text)),
        false => file(text),
    });
    name.map(|name| (name, shown())).ok_or_else(|| LayoutError::Name { name: shown() })
}

fn folder(text: &str) -> Option<Name> {
    let known = ["blobs", BLOBS.trim_end_matches('/')];
    known.contains(&text).then(|| Name::Folder(text.to_owned()))
}

fn file(text: &str) -> Option<Name> {
    match text {
        MARKER => Some(Name::Marker),
        INDEX => Some(Name::Index),
        _ => format!("sha256:{}", text.strip_prefix(BLOBS)?).parse().ok().map(Name::Blob),
    }
}

fn kind(entry_type: EntryType) -> &'static str {
    match entry_type {
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a FIFO",
        EntryType::GNUSparse => "a sparse file",
        EntryType::GNULongName | EntryType::GNULongLink => "an extension of GNU tar",
        EntryType::XHeader | EntryType::XGlobalHeader => "an extension of pax",
        _ => "of an unknown kind",
    }
}

/// The size, in the one notation that every program reads: octal digits.
fn size(header: &Header, at: u64) -> Result<u64, LayoutError> {
    let field = &header.as_old().size;
    let digits = field.strip_suffix(b"\0").or_else(|| field.strip_suffix(b" "));
    let digits = digits.filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)));
    let digits = digits
        .ok_or_else(|| header_error(at, "its size is not written in octal digits".to_owned()))?;
    Ok(digits.iter().fold(0, |size, digit| size << 3 | u64::from(digit - b'0')))
}

/// After the last entry there are two blocks of zeros at least, and nothing but zeros.
fn nothing_behind(file: &mut (impl Read + Seek), end: u64, length: u64) -> Result<(), LayoutError> {
    if length < end + 2 * BLOCK {
        return Err(LayoutError::NoEnd);
    }
    let what = "the archive";
    if length - end > MOST_BEHIND {
        return Err(LayoutError::Behind { at: end + MOST_BEHIND, what });
    }
    zeros(file, Extent { at: end, bytes: length - end }, what)
}

/// Requires that there is nothing but zeros.
pub(super) fn zeros(
    file: &mut (impl Read + Seek),
    extent: Extent,
    what: &'static str,
) -> Result<(), LayoutError> {
    file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
    let mut bytes = Vec::new();
    file.take(extent.bytes).read_to_end(&mut bytes).map_err(LayoutError::Read)?;
    match bytes.iter().position(|byte| *byte != 0) {
        Some(position) => Err(LayoutError::Behind { at: extent.at + position as u64, what }),
        None => Ok(()),
    }
}

fn header_error(at: u64, reason: String) -> LayoutError {
    LayoutError::Header { at, reason: ForeignText::sentence(&reason) }
}
