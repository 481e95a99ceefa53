//! Reads archives that deviate from the canonical profile as common zip writers do: with
//! extra fields, comments, data descriptors, folders, in any order.
//!
//! It accepts only what can be read in one way. Hidden bytes between records and
//! contradictory records are refused here too.

use super::content;
use super::entry_names::{self, EntryNames};
use super::error::ArchiveError;
use super::extra_field;
use super::limits::ArchiveLimits;
use super::profile::check_type_and_sizes;
use super::records::{
    CentralHeader, DEFLATE, END_BYTES, END_SIGNATURE, EndRecord, LocalHeader, STORED, UTF8_FLAG,
    ZipRecords,
};
use super::rule_violation::{violation, with_entry};
use super::rules::ZipRule;

/// General-purpose flag 3: sizes and checksum follow the data, in a data descriptor.
const DESCRIPTOR_FLAG: u16 = 1 << 3;
/// General-purpose flags 1 and 2: the compression level.
const LEVEL_FLAGS: u16 = 0b110;
/// The DOS attribute of a folder.
const DOS_FOLDER: u32 = 0x10;
/// The file type of a folder in a Unix mode.
const UNIX_FOLDER: u32 = 0o04;
/// The optional signature of a data descriptor.
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

/// An archive that is unambiguous, but need not be canonical.
pub(super) struct LenientArchive<'a> {
    /// In the order of the central directory.
    pub entries: Vec<LenientEntry<'a>>,
    /// Size of the archive's comment, in bytes.
    pub comment_bytes: u16,
}

/// An entry of a [`LenientArchive`].
pub(super) struct LenientEntry<'a> {
    pub header: CentralHeader<'a>,
    /// True if its local header has extra fields.
    pub has_local_extra: bool,
    /// True for a folder, which has no content.
    pub is_folder: bool,
    data: usize,
    stored: &'a [u8],
}

/// Reads and checks all headers, but no content.
///
/// # Errors
/// [`ArchiveError::Profile`] with the rule that makes the archive ambiguous.
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
    if end.entries_on_disk != end.entries || usize::from(end.entries) > limits.entries {
        return Err(violation(ZipRule::EntryCount, at + 8));
    }
    if u64::from(end.directory) + u64::from(end.directory_bytes) != at as u64 {
        return Err(violation(ZipRule::Tiling, at + 12));
    }
    let directory = end.directory as usize;
    let mut names = EntryNames::default();
    let mut entries = Vec::new();
    let mut next = directory;
    let mut total = 0;
    for _ in 0..end.entries {
        let header = records.central(next)?;
        let name = header.name;
        next = header.next;
        total += u64::from(header.size);
        let entry = read_entry(records, header, limits, &mut names)
            .map_err(|error| with_entry(error, name))?;
        if total > limits.total_bytes {
            return Err(with_entry(violation(ZipRule::TotalTooLarge, entry.header.at), name));
        }
        entries.push(entry);
    }
    names.ensure_distinct()?;
    if next != at {
        return Err(violation(ZipRule::Tiling, next));
    }
    check_tiling(records, &entries, directory)?;
    Ok(LenientArchive { entries, comment_bytes: end.comment_bytes })
}

impl LenientEntry<'_> {
    /// Inflates the content and checks it against the headers.
    pub(crate) fn content(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        content::read_verified(self.stored, self.data, &self.header, |piece| {
            bytes.extend_from_slice(piece);
        })
        .map_err(|error| with_entry(error, self.header.name))?;
        Ok(bytes)
    }

    /// Returns true if a data descriptor follows its data.
    pub(crate) fn has_descriptor(&self) -> bool {
        self.header.flags & DESCRIPTOR_FLAG != 0
    }

    /// Offset of its local header.
    fn start(&self) -> usize {
        self.header.local_offset as usize
    }
}

/// Finds the end record, and refuses archives in which a second signature could be taken
/// for one.
fn find_end_record(records: ZipRecords<'_>) -> Result<(usize, EndRecord), ArchiveError> {
    let from = records.0.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let signature = END_SIGNATURE.to_le_bytes();
    let mut candidates =
        records.0[from..].windows(4).enumerate().filter(|(_, bytes)| **bytes == signature);
    let at = match candidates.next() {
        Some((offset, _)) if candidates.next().is_none() => from + offset,
        _ => return Err(violation(ZipRule::EndRecord, from)),
    };
    let end = records.end(at)?;
    if at + END_BYTES + usize::from(end.comment_bytes) != records.0.len() {
        return Err(violation(ZipRule::EndRecord, at));
    }
    Ok((at, end))
}

fn read_entry<'a>(
    records: ZipRecords<'a>,
    header: CentralHeader<'a>,
    limits: &ArchiveLimits,
    names: &mut EntryNames<'a>,
) -> Result<LenientEntry<'a>, ArchiveError> {
    let fail = |rule, field| Err(violation(rule, header.at + field));
    if header.name.len() > limits.name_bytes {
        return fail(ZipRule::NameTooLong, CentralHeader::LENGTHS);
    }
    if header.disk != 0 {
        return fail(ZipRule::MultiDisk, CentralHeader::DISK);
    }
    // common writers set these
    if header.flags & !UTF8_FLAG & !DESCRIPTOR_FLAG & !LEVEL_FLAGS != 0 {
        return fail(ZipRule::Flags, CentralHeader::FLAGS);
    }
    if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
        return fail(ZipRule::Zip64, CentralHeader::SIZES);
    }
    check_extra_fields(header.extra, false, &header, header.at + CentralHeader::LENGTHS)?;
    let name_offset = header.at + CentralHeader::NAME;
    let folder_name = header.name.strip_suffix(b"/");
    let is_folder = folder_name.is_some();
    entry_names::check(folder_name.unwrap_or(header.name), name_offset)?;
    if !is_folder {
        names.insert(header.name, name_offset);
        check_type_and_sizes(&header, limits)?;
        // a reader that streams does not know where such an entry ends
        if header.method == STORED && header.flags & DESCRIPTOR_FLAG != 0 {
            return fail(ZipRule::Flags, CentralHeader::FLAGS);
        }
    } else if !is_empty_folder(&header) {
        return fail(ZipRule::FileType, CentralHeader::ATTRIBUTES);
    }
    let local = records.local(header.local_offset as usize)?;
    if !headers_agree(&local, &header) {
        return fail(ZipRule::HeadersDiffer, 0);
    }
    // the central header refers to no ZIP64 field
    let sizes = [local.compressed, local.size];
    let are_sizes_in_zip64 = sizes == [u32::MAX; 2];
    if sizes.contains(&u32::MAX) && !are_sizes_in_zip64 {
        return fail(ZipRule::HeadersDiffer, 0);
    }
    let lengths = header.local_offset as usize + LocalHeader::LENGTHS;
    check_extra_fields(local.extra, are_sizes_in_zip64, &header, lengths)?;
    let stored = records.slice(local.data, header.compressed as usize)?;
    Ok(LenientEntry {
        is_folder,
        has_local_extra: !local.extra.is_empty(),
        data: local.data,
        stored,
        header,
    })
}

/// Checks that the extra fields of a header, whose lengths are at offset `at`, can be dropped.
fn check_extra_fields(
    extra: &[u8],
    are_sizes_in_zip64: bool,
    header: &CentralHeader<'_>,
    at: usize,
) -> Result<(), ArchiveError> {
    match extra_field::ambiguity(extra, are_sizes_in_zip64, header.size, header.compressed) {
        Some(rule) => Err(violation(rule, at)),
        None => Ok(()),
    }
}

/// Checks an entry whose name ends in `/`: it must be a folder without content. Some
/// writers compress the empty content, which takes two bytes.
fn is_empty_folder(header: &CentralHeader<'_>) -> bool {
    let attributes = header.external_attributes;
    let is_not_special = matches!(attributes >> 28, 0 | UNIX_FOLDER) && attributes & 0x448 == 0;
    let is_marked_folder =
        attributes >> 28 == UNIX_FOLDER || attributes & DOS_FOLDER != 0 || attributes == 0;
    let max_compressed = if header.method == DEFLATE { 2 } else { 0 };
    let is_empty = header.size == 0 && header.crc == 0 && header.compressed <= max_compressed;
    is_not_special && is_marked_folder && is_empty
}

/// Returns true if both headers describe the same entry. With a data descriptor, the
/// local header may leave out checksum and sizes.
fn headers_agree(local: &LocalHeader<'_>, header: &CentralHeader<'_>) -> bool {
    let has_descriptor = header.flags & DESCRIPTOR_FLAG != 0;
    let agree = |local: u32, central: u32| {
        local == central || (has_descriptor && matches!(local, 0 | u32::MAX))
    };
    local.name == header.name
        && local.flags == header.flags
        && local.method == header.method
        && agree(local.crc, header.crc)
        && agree(local.compressed, header.compressed)
        && agree(local.size, header.size)
}

/// Checks that the entries, with their data descriptors, fill the file up to the central
/// directory without gap or overlap.
fn check_tiling(
    records: ZipRecords<'_>,
    entries: &[LenientEntry<'_>],
    directory: usize,
) -> Result<(), ArchiveError> {
    let mut by_offset: Vec<_> = entries.iter().collect();
    by_offset.sort_by_key(|entry| entry.start());
    let next_starts = by_offset.iter().skip(1).map(|entry| entry.start()).chain([directory]);
    let mut expected = 0;
    for (entry, next) in by_offset.iter().zip(next_starts) {
        let data_end = entry.data + entry.stored.len();
        let gap = next.checked_sub(data_end);
        let is_gap_valid = gap.is_some_and(|gap| {
            if entry.has_descriptor() {
                is_descriptor(records, data_end, gap, &entry.header)
            } else {
                gap == 0
            }
        });
        if entry.start() != expected || !is_gap_valid {
            let error = violation(ZipRule::Tiling, entry.start());
            return Err(with_entry(error, entry.header.name));
        }
        expected = next;
    }
    if expected != directory {
        return Err(violation(ZipRule::Tiling, expected));
    }
    Ok(())
}

/// Returns true if the `len` bytes at offset `at` are the entry's data descriptor: with
/// or without a signature, with sizes of four or eight bytes.
fn is_descriptor(
    records: ZipRecords<'_>,
    at: usize,
    len: usize,
    header: &CentralHeader<'_>,
) -> bool {
    let Ok(found) = records.slice(at, len) else { return false };
    let crc = header.crc.to_le_bytes();
    let narrow = [crc, header.compressed.to_le_bytes(), header.size.to_le_bytes()].concat();
    let wide = [
        crc.as_slice(),
        &u64::from(header.compressed).to_le_bytes(),
        &u64::from(header.size).to_le_bytes(),
    ]
    .concat();
    // a checksum with the bytes of the signature is taken for the signature, as by readers
    let unsigned = found.strip_prefix(&DESCRIPTOR_SIGNATURE.to_le_bytes()).unwrap_or(found);
    [narrow, wide].iter().any(|form| unsigned == form)
}

#[cfg(test)]
mod tests;
