//! The canonical zip profile: the archives about which no two zip readers can differ.
//!
//! It looks at every byte of the container before the zip reader sees the first one, and
//! knows nothing of packs. Every header is checked before anything is inflated, so that
//! an archive which lies costs as little as it can.

use env_pack_domain::ForeignText;

use super::entry_names::{self, EntryNames};
use super::records::{CentralHeader, DEFLATE, END_BYTES, STORED, UTF8_FLAG, ZipRecords};
use super::rules::{violation, with_entry};
use super::{ArchiveError, ArchiveLimits, EntryInfo, ZipRule, content};

/// Version 2.0, the one that brought Deflate. Readers refuse versions they do not know,
/// each at another number.
const NEWEST_VERSION: u16 = 20;
/// DOS attributes of what is no regular file: volume label, folder, device, reparse
/// point.
const DOS_SPECIAL: u32 = 0x08 | 0x10 | 0x40 | 0x400;

struct ProfileChecker<'a> {
    records: ZipRecords<'a>,
    limits: &'a ArchiveLimits,
}

/// An entry whose headers are in order.
struct CheckedEntry<'a> {
    header: CentralHeader<'a>,
    /// Where its data lies.
    data: usize,
    stored: &'a [u8],
}

/// Checks an archive against the profile, and says what is in it: entries are hashed as
/// they are checked, so that nothing is inflated twice.
///
/// # Errors
/// [`ArchiveError::TooLarge`], or [`ArchiveError::Profile`] with the rule that is broken,
/// and where.
pub(super) fn check(bytes: &[u8], limits: &ArchiveLimits) -> Result<Vec<EntryInfo>, ArchiveError> {
    let size = bytes.len() as u64;
    if size > limits.pack_bytes {
        return Err(ArchiveError::TooLarge { bytes: size, limit: limits.pack_bytes });
    }
    let entries = ProfileChecker { records: ZipRecords(bytes), limits }.headers()?;
    entries
        .iter()
        .map(|entry| entry.info().map_err(|error| with_entry(error, entry.header.name)))
        .collect()
}

impl CheckedEntry<'_> {
    fn info(&self) -> Result<EntryInfo, ArchiveError> {
        let mut hasher = blake3::Hasher::new();
        content::read_verified(self.stored, self.data, &self.header, |piece| {
            hasher.update(piece);
        })?;
        // names are ASCII by now
        let name = String::from_utf8_lossy(self.header.name);
        let (size, blake3) = (u64::from(self.header.size), hasher.finalize().to_hex().to_string());
        Ok(EntryInfo { name: ForeignText::new(name), size, blake3 })
    }
}

impl<'a> ProfileChecker<'a> {
    /// Checks everything but the data of the entries.
    fn headers(&self) -> Result<Vec<CheckedEntry<'a>>, ArchiveError> {
        let end = self
            .records
            .0
            .len()
            .checked_sub(END_BYTES)
            .ok_or_else(|| violation(ZipRule::EndRecord, 0))?;
        let (count, directory) = self.end_record(end)?;
        let mut names = EntryNames::default();
        let mut entries = Vec::new();
        let (mut local, mut central, mut total) = (0, directory, 0);
        for _ in 0..count {
            let header = self.records.central(central)?;
            let name = header.name;
            let entry = |error| with_entry(error, name);
            self.central_header(&header, local).map_err(entry)?;
            names.insert(name, central + CentralHeader::NAME).map_err(entry)?;
            total += u64::from(header.size);
            if total > self.limits.total_bytes {
                return Err(entry(violation(ZipRule::TotalTooLarge, central)));
            }
            central = header.next;
            let entry = self.local_entry(header, local, directory).map_err(entry)?;
            local = entry.data + entry.stored.len();
            entries.push(entry);
        }
        match (local == directory, central == end) {
            (true, true) => Ok(entries),
            (false, _) => Err(violation(ZipRule::Tiling, local)),
            (_, false) => Err(violation(ZipRule::Tiling, central)),
        }
    }

    /// How many entries there are, and where the central directory begins.
    fn end_record(&self, at: usize) -> Result<(usize, usize), ArchiveError> {
        let end = self.records.end(at)?;
        if end.comment_bytes != 0 {
            return Err(violation(ZipRule::EndRecord, at));
        }
        if end.disks != (0, 0) {
            return Err(violation(ZipRule::MultiDisk, at + 4));
        }
        if end.entries == u16::MAX || [end.directory_bytes, end.directory].contains(&u32::MAX) {
            return Err(violation(ZipRule::Zip64, at + 8));
        }
        self.records.reject_zip64_locator(at)?;
        if end.entries_here != end.entries || usize::from(end.entries) > self.limits.entries {
            return Err(violation(ZipRule::EntryCount, at + 8));
        }
        if u64::from(end.directory) + u64::from(end.directory_bytes) != at as u64 {
            return Err(violation(ZipRule::Tiling, at + 12));
        }
        Ok((usize::from(end.entries), end.directory as usize))
    }

    /// Checks a central header whose entry must lie at byte `local`.
    fn central_header(&self, header: &CentralHeader<'a>, local: usize) -> Result<(), ArchiveError> {
        let fault = |rule, field| Err(violation(rule, header.at + field));
        if header.name.len() > self.limits.name_bytes {
            return fault(ZipRule::NameTooLong, CentralHeader::LENGTHS);
        }
        if header.extra_bytes != 0 || header.comment_bytes != 0 {
            return fault(ZipRule::ExtraField, CentralHeader::LENGTHS);
        }
        if header.disk != 0 {
            return fault(ZipRule::MultiDisk, CentralHeader::DISK);
        }
        if header.flags & !UTF8_FLAG != 0 {
            return fault(ZipRule::Flags, CentralHeader::FLAGS);
        }
        if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
            return fault(ZipRule::Zip64, CentralHeader::SIZES);
        }
        if header.version_needed > NEWEST_VERSION {
            return fault(ZipRule::Version, CentralHeader::VERSION_NEEDED);
        }
        if header.local_offset as usize != local {
            return fault(ZipRule::Tiling, 0);
        }
        entry_names::check(header.name, header.at + CentralHeader::NAME)?;
        check_type_and_sizes(header, self.limits)
    }

    /// Checks the local header and takes the data after it.
    fn local_entry(
        &self,
        header: CentralHeader<'a>,
        at: usize,
        directory: usize,
    ) -> Result<CheckedEntry<'a>, ArchiveError> {
        let local = self.records.local(at)?;
        if local.extra_bytes != 0 {
            return Err(violation(ZipRule::ExtraField, at + 28));
        }
        if local.common != header.common || local.name != header.name {
            return Err(violation(ZipRule::HeadersDiffer, at));
        }
        let stored = self.records.slice(local.data, header.compressed as usize)?;
        match local.data + stored.len() > directory {
            true => Err(violation(ZipRule::Tiling, at)),
            false => Ok(CheckedEntry { header, data: local.data, stored }),
        }
    }
}

/// Checks that an entry is a regular file of sizes that are allowed.
pub(super) fn check_type_and_sizes(
    header: &CentralHeader<'_>,
    limits: &ArchiveLimits,
) -> Result<(), ArchiveError> {
    let fault = |rule, field| Err(violation(rule, header.at + field));
    // The upper half holds the Unix mode, its top four bits the file type: none, or a regular
    // file. Readers differ about which systems write a mode there, so it is held to this
    // on all of them.
    let is_unix_special = !matches!(header.external_attributes >> 28, 0 | 0o10);
    if is_unix_special || header.external_attributes & DOS_SPECIAL != 0 {
        return fault(ZipRule::FileType, CentralHeader::ATTRIBUTES);
    }
    if u64::from(header.size) > limits.entry_bytes {
        return fault(ZipRule::EntryTooLarge, CentralHeader::SIZES);
    }
    match header.method {
        STORED if header.size == header.compressed => Ok(()),
        STORED => fault(ZipRule::StoredSize, CentralHeader::SIZES),
        DEFLATE
            if u64::from(header.size)
                > u64::from(header.compressed).saturating_mul(limits.ratio) =>
        {
            fault(ZipRule::Ratio, CentralHeader::SIZES)
        }
        DEFLATE => Ok(()),
        _ => fault(ZipRule::Method, CentralHeader::METHOD),
    }
}

#[cfg(test)]
mod tests;
