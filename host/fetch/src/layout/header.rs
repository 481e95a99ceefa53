//! The entries of a tar file, limited to what all readers interpret in the same way: no
//! extensions, sizes in octal digits, names in one field.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use env_pack_domain::{ForeignText, Sha256Digest};
use tar::{Archive, EntryType, Header};

use super::entry::{BLOBS, BLOCK, INDEX, MARKER};
use super::error::LayoutError;
use super::limits::LayoutLimits;

/// The most bytes after the last entry. Programs pad tar files to whole records, at most
/// 1 MiB in practice.
const MAX_TRAILER_BYTES: u64 = 1 << 20;

/// The name of an entry that a layout may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum EntryName {
    Marker,
    Index,
    Blob(Sha256Digest),
    /// A folder that contains blobs, without the slash at the end.
    Folder(String),
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker => f.write_str(MARKER),
            Self::Index => f.write_str(INDEX),
            Self::Blob(digest) => write!(f, "{BLOBS}{}", digest.hex()),
            Self::Folder(name) => f.write_str(name),
        }
    }
}

impl EntryName {
    pub(super) fn to_text(&self) -> ForeignText {
        ForeignText::new(self.to_string())
    }

    fn parse_file(text: &str) -> Option<Self> {
        match text {
            MARKER => Some(Self::Marker),
            INDEX => Some(Self::Index),
            _ => format!("sha256:{}", text.strip_prefix(BLOBS)?).parse().ok().map(Self::Blob),
        }
    }

    fn parse_folder(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let is_known = ["blobs", BLOBS.trim_end_matches('/')].contains(&text);
        is_known.then(|| Self::Folder(text.to_owned()))
    }

    /// The size limit of the entry, in bytes.
    fn max_bytes(&self, limits: &LayoutLimits) -> u64 {
        match self {
            Self::Marker | Self::Index => limits.index_bytes,
            Self::Blob(_) => limits.blob_bytes,
            Self::Folder(_) => 0,
        }
    }
}

/// The position of the content of an entry in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub at: u64,
    pub bytes: u64,
}

impl Extent {
    /// The end of the content with its padding. It cannot overflow, since both numbers are
    /// below the length of the file.
    pub(super) fn padded_end(self) -> u64 {
        self.at + self.bytes.next_multiple_of(BLOCK)
    }
}

/// Reads and checks the headers of all entries, without their content.
pub(super) fn scan<R: Read + Seek>(
    file: &mut R,
    limits: &LayoutLimits,
) -> Result<Vec<(EntryName, Extent)>, LayoutError> {
    let length = file.seek(SeekFrom::End(0)).map_err(LayoutError::Read)?;
    file.rewind().map_err(LayoutError::Read)?;
    let mut found = Vec::new();
    let mut end = 0;
    let mut total = 0_u64;
    let mut archive = Archive::new(&mut *file);
    // raw: an extension is an entry of its own, not a remark about the next one
    for entry in archive.entries_with_seek().map_err(LayoutError::Read)?.raw(true) {
        let entry = entry.map_err(|error| header_error(end, &error.to_string()))?;
        if found.len() == limits.entries {
            return Err(LayoutError::TooMany { limit: limits.entries });
        }
        let name = parse_name(entry.header(), end)?;
        let bytes = parse_size(entry.header(), end)?;
        let extent = Extent { at: entry.raw_file_position(), bytes };
        let limit = name.max_bytes(limits);
        if bytes > limit {
            return Err(LayoutError::TooLarge { name: name.to_text(), bytes, limit });
        }
        total += bytes;
        if total > limits.total_bytes {
            return Err(LayoutError::AllTooLarge { what: "entries", limit: limits.total_bytes });
        }
        end = extent.padded_end();
        if end > length {
            return Err(LayoutError::Truncated { name: name.to_text() });
        }
        found.push((name, extent));
    }
    check_trailer(file, end, length)?;
    Ok(found)
}

fn parse_name(header: &Header, at: u64) -> Result<EntryName, LayoutError> {
    let field = &header.as_old().name;
    let length = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (text, rest) = field.split_at(length);
    let name = || ForeignText::new(String::from_utf8_lossy(text));
    let has_prefix =
        header.as_ustar().is_some_and(|header| header.prefix.iter().any(|byte| *byte != 0));
    if has_prefix || rest.iter().any(|byte| *byte != 0) {
        return Err(header_error(at, "its name is in two parts"));
    }
    if header.as_ustar().is_none() && header.as_gnu().is_none() {
        return Err(header_error(at, "it is of an unknown format"));
    }
    let parse = match header.entry_type() {
        EntryType::Regular => EntryName::parse_file,
        EntryType::Directory => EntryName::parse_folder,
        other => return Err(LayoutError::FileType { name: name(), what: describe(other) }),
    };
    let parsed = std::str::from_utf8(text).ok().and_then(parse);
    parsed.ok_or_else(|| LayoutError::Name { name: name() })
}

fn describe(entry_type: EntryType) -> &'static str {
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

/// The size of the content, in octal digits, the only notation that all readers support.
fn parse_size(header: &Header, at: u64) -> Result<u64, LayoutError> {
    let field = &header.as_old().size;
    let digits = field
        .strip_suffix(b"\0")
        .or_else(|| field.strip_suffix(b" "))
        .filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)))
        .ok_or_else(|| header_error(at, "its size is not written in octal digits"))?;
    Ok(digits.iter().fold(0, |size, digit| size << 3 | u64::from(digit - b'0')))
}

/// Requires at least two blocks of zeros after the last entry, and nothing else.
fn check_trailer(file: &mut (impl Read + Seek), end: u64, length: u64) -> Result<(), LayoutError> {
    if length < end + 2 * BLOCK {
        return Err(LayoutError::NoEnd);
    }
    let what = "the archive";
    if length - end > MAX_TRAILER_BYTES {
        return Err(LayoutError::TrailingData { at: end + MAX_TRAILER_BYTES, what });
    }
    require_zeros(file, Extent { at: end, bytes: length - end }, what)
}

/// Requires that a part of the file contains only zeros.
pub(super) fn require_zeros(
    file: &mut (impl Read + Seek),
    extent: Extent,
    what: &'static str,
) -> Result<(), LayoutError> {
    file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
    let mut bytes = Vec::new();
    file.take(extent.bytes).read_to_end(&mut bytes).map_err(LayoutError::Read)?;
    match bytes.iter().position(|byte| *byte != 0) {
        Some(position) => Err(LayoutError::TrailingData { at: extent.at + position as u64, what }),
        None => Ok(()),
    }
}

fn header_error(at: u64, reason: &str) -> LayoutError {
    LayoutError::Header { at, reason: ForeignText::sentence(reason) }
}
