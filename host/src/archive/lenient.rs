//! Archives that break the canonical profile the way honest writers do: extra fields,
//! comments, data descriptors, folders, any order.
//!
//! It forgives what can be read in one way only. Whatever hides bytes between records, or
//! says one thing in one place and another elsewhere, is refused here too.

use super::entry_names::{self, EntryNames};
use super::profile::check_type_and_sizes;
use super::records::{
    CentralHeader, DEFLATE, END_BYTES, END_SIGNATURE, EndRecord, LocalHeader, UTF8_FLAG, ZipRecords,
};
use super::rules::{violation, with_entry};
use super::{ArchiveError, ArchiveLimits, ZipRule, content};

/// The flags that honest writers set: how hard the compressor tried, sizes after the
/// data, UTF-8 names.
const DESCRIPTOR_FLAG: u16 = 1 << 3;
const HARMLESS_FLAGS: u16 = UTF8_FLAG | DESCRIPTOR_FLAG | 0b110;
/// The DOS attribute of a folder, and its file type in a Unix mode.
const DOS_FOLDER: u32 = 0x10;
const UNIX_FOLDER: u32 = 0o04;
/// The signature that may stand before a data descriptor.
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

/// A loose archive: what is in it, and what its comment took.
pub(super) struct LenientArchive<'a> {
    /// In the order of the central directory.
    pub entries: Vec<LenientEntry<'a>>,
    /// The size of the comment of the archive, in bytes.
    pub comment_bytes: u16,
}

/// An entry of a loose archive.
pub(super) struct LenientEntry<'a> {
    pub header: CentralHeader<'a>,
    /// Whether its local header has extra fields.
    pub has_local_extra: bool,
    /// Whether it is a folder, which has no content.
    pub is_folder: bool,
    data: usize,
    stored: &'a [u8],
}

/// Reads the headers of a loose archive; no content yet.
///
/// # Errors
/// [`ArchiveError`] with the rule that even a loose archive must keep.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    limits: &ArchiveLimits,
) -> Result<LenientArchive<'a>, ArchiveError> {
    let size = bytes.len() as u64;
    if size > limits.pack_bytes {
        return Err(ArchiveError::TooLarge { bytes: size, limit: limits.pack_bytes });
    }
    let records = ZipRecords(bytes);
    let (at, end) = find_end_record(records)?;
    if end.disks != (0, 0) {
        return Err(violation(ZipRule::MultiDisk, at + 4));
    }
    records.reject_zip64_locator(at)?;
    if end.entries_here != end.entries || usize::from(end.entries) > limits.entries {
        return Err(violation(ZipRule::EntryCount, at + 8));
    }
    if u64::from(end.directory) + u64::from(end.directory_bytes) != at as u64 {
        return Err(violation(ZipRule::Tiling, at + 12));
    }
    let directory = end.directory as usize;
    let mut names = EntryNames::default();
    let mut entries = Vec::new();
    let (mut next, mut total) = (directory, 0);
    for _ in 0..end.entries {
        let header = records.central(next)?;
        let name = header.name;
        next = header.next;
        total += u64::from(header.size);
        let entry =
            entry(records, header, limits, &mut names).map_err(|error| with_entry(error, name))?;
        if total > limits.total_bytes {
            return Err(with_entry(violation(ZipRule::TotalTooLarge, entry.header.at), name));
        }
        entries.push(entry);
    }
    if next != at {
        return Err(violation(ZipRule::Tiling, next));
    }
    check_tiling(records, &entries, directory)?;
    Ok(LenientArchive { entries, comment_bytes: end.comment_bytes })
}

impl LenientEntry<'_> {
    /// The content, checked against both headers.
    pub fn content(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        content::read_verified(self.stored, self.data, &self.header, |piece| {
            bytes.extend_from_slice(piece)
        })
        .map_err(|error| with_entry(error, self.header.name))?;
        Ok(bytes)
    }

    /// Whether its sizes stand after its data.
    pub fn has_descriptor(&self) -> bool {
        self.header.flags & DESCRIPTOR_FLAG != 0
    }

    /// Where it begins.
    fn start(&self) -> usize {
        self.header.local_offset as usize
    }
}

/// The end record, if there is exactly one place that looks like one.
fn find_end_record(records: ZipRecords<'_>) -> Result<(usize, EndRecord), ArchiveError> {
    let from = records.0.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let tail = &records.0[from..];
    let mut found =
        tail.windows(4).enumerate().filter(|(_, four)| **four == END_SIGNATURE.to_le_bytes());
    let (Some((at, _)), None) = (found.next(), found.next()) else {
        return Err(violation(ZipRule::EndRecord, from));
    };
    let at = from + at;
    let end = records.end(at)?;
    match at + END_BYTES + usize::from(end.comment_bytes) == records.0.len() {
        true => Ok((at, end)),
        false => Err(violation(ZipRule::EndRecord, at)),
    }
}

fn entry<'a>(
    records: ZipRecords<'a>,
    header: CentralHeader<'a>,
    limits: &ArchiveLimits,
    names: &mut EntryNames,
) -> Result<LenientEntry<'a>, ArchiveError> {
    let fault = |rule, field| Err(violation(rule, header.at + field));
    if header.name.len() > limits.name_bytes {
        return fault(ZipRule::NameTooLong, CentralHeader::LENGTHS);
    }
    if header.disk != 0 {
        return fault(ZipRule::MultiDisk, CentralHeader::DISK);
    }
    if header.flags & !HARMLESS_FLAGS != 0 {
        return fault(ZipRule::Flags, CentralHeader::FLAGS);
    }
    if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
        return fault(ZipRule::Zip64, CentralHeader::SIZES);
    }
    let folder = header.name.strip_suffix(b"/");
    entry_names::check(folder.unwrap_or(header.name), header.at + CentralHeader::NAME)?;
    let is_folder = folder.is_some();
    match is_folder {
        true if !is_empty_folder(&header) => {
            return fault(ZipRule::FileType, CentralHeader::ATTRIBUTES);
        }
        true => {}
        false => {
            names.insert(header.name, header.at + CentralHeader::NAME)?;
            check_type_and_sizes(&header, limits)?;
        }
    }
    let local = records.local(header.local_offset as usize)?;
    if !headers_agree(&local, &header) {
        return fault(ZipRule::HeadersDiffer, 0);
    }
    let stored = records.slice(local.data, header.compressed as usize)?;
    Ok(LenientEntry {
        is_folder,
        has_local_extra: local.extra_bytes != 0,
        data: local.data,
        stored,
        header,
    })
}

/// A name that ends in `/` may only be a folder that holds nothing itself. Some writers
/// compress the nothing.
fn is_empty_folder(header: &CentralHeader<'_>) -> bool {
    let attributes = header.external_attributes;
    let is_typed = matches!(attributes >> 28, 0 | UNIX_FOLDER) && attributes & 0x448 == 0;
    let is_marked =
        attributes >> 28 == UNIX_FOLDER || attributes & DOS_FOLDER != 0 || attributes == 0;
    let nothing = if header.method == DEFLATE { 2 } else { 0 };
    is_typed && is_marked && header.size == 0 && header.crc == 0 && header.compressed <= nothing
}

/// Whether both headers describe the same entry. Sizes may be missing in front of the
/// data when they follow it.
fn headers_agree(local: &LocalHeader<'_>, header: &CentralHeader<'_>) -> bool {
    let same = |local: u32, central: u32| {
        local == central || (header.flags & DESCRIPTOR_FLAG != 0 && matches!(local, 0 | u32::MAX))
    };
    local.name == header.name
        && (local.flags, local.method) == (header.flags, header.method)
        && same(local.crc, header.crc)
        && same(local.compressed, header.compressed)
        && same(local.size, header.size)
}

/// Checks that the entries, each with its descriptor, fill everything before the central
/// directory.
fn check_tiling(
    records: ZipRecords<'_>,
    entries: &[LenientEntry<'_>],
    directory: usize,
) -> Result<(), ArchiveError> {
    let mut in_order: Vec<_> = entries.iter().collect();
    in_order.sort_by_key(|entry| entry.start());
    let starts = in_order.iter().skip(1).map(|entry| entry.start()).chain([directory]);
    let mut expected = 0;
    for (entry, next) in in_order.iter().zip(starts) {
        let data_end = entry.data + entry.stored.len();
        let follows = next.checked_sub(data_end).is_some_and(|gap| match entry.has_descriptor() {
            true => is_descriptor(records, data_end, gap, &entry.header),
            false => gap == 0,
        });
        if entry.start() != expected || !follows {
            return Err(with_entry(violation(ZipRule::Tiling, entry.start()), entry.header.name));
        }
        expected = next;
    }
    match expected == directory {
        true => Ok(()),
        false => Err(violation(ZipRule::Tiling, expected)),
    }
}

/// Whether these bytes repeat checksum and sizes: with or without a signature, with sizes
/// of four bytes or of eight.
fn is_descriptor(
    records: ZipRecords<'_>,
    at: usize,
    len: usize,
    header: &CentralHeader<'_>,
) -> bool {
    let wide = |number: u32| u64::from(number).to_le_bytes().to_vec();
    let narrow = |number: u32| number.to_le_bytes().to_vec();
    let Ok(found) = records.slice(at, len) else { return false };
    let body = |size: &dyn Fn(u32) -> Vec<u8>| {
        [narrow(header.crc), size(header.compressed), size(header.size)].concat()
    };
    let forms = [body(&narrow), body(&wide)];
    forms.iter().any(|body| {
        found == body || found.strip_prefix(&DESCRIPTOR_SIGNATURE.to_le_bytes()) == Some(body)
    })
}
