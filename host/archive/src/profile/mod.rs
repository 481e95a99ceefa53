//! The canonical zip profile: admits only archives that all zip readers read alike.
//!
//! It reads every byte of the container before the zip reader does: headers first, then
//! data, so that a malformed archive is refused before anything is inflated. It does not
//! interpret the entries.

use env_pack_domain::ForeignText;

use super::content;
use super::entry_names::{self, EntryNames};
use super::error::ArchiveError;
use super::extra_field::{self, is_zero};
use super::limits::ArchiveLimits;
use super::pack::EntryInfo;
use super::records::{
    CentralHeader, DEFLATE, END_BYTES, LocalHeader, STORED, UTF8_FLAG, ZipRecords,
};
use super::rule_violation::{violation, with_entry};
use super::rules::ZipRule;

/// Version 2.0, which introduced Deflate. Readers differ in the lowest version that they
/// refuse; all of them accept this one.
const NEWEST_VERSION: u16 = 20;
/// The version that ZIP64 needs, and nothing else.
const ZIP64_VERSION: u16 = 45;
/// DOS attributes that mark an entry as something other than a regular file: volume
/// label, folder, device, reparse point.
const DOS_SPECIAL: [u32; 4] = [0x08, 0x10, 0x40, 0x400];

struct ProfileChecker<'a> {
    records: ZipRecords<'a>,
    limits: &'a ArchiveLimits,
}

/// An entry whose headers passed all checks.
struct CheckedEntry<'a> {
    header: CentralHeader<'a>,
    /// Offset of its data.
    data: usize,
    stored: &'a [u8],
}

/// Checks an archive against the profile and lists its entries.
///
/// Entries are hashed while they are checked, so that nothing is inflated twice.
///
/// # Errors
/// [`ArchiveError::TooLarge`], or [`ArchiveError::Profile`] with the broken rule and its
/// offset.
pub(super) fn check(bytes: &[u8], limits: &ArchiveLimits) -> Result<Vec<EntryInfo>, ArchiveError> {
    let size = bytes.len() as u64;
    if size > limits.pack_bytes {
        return Err(ArchiveError::TooLarge { bytes: size, limit: limits.pack_bytes });
    }
    let entries = ProfileChecker { records: ZipRecords(bytes), limits }.check_headers()?;
    entries
        .iter()
        .map(|entry| entry.hash().map_err(|error| with_entry(error, entry.header.name)))
        .collect()
}

impl CheckedEntry<'_> {
    fn hash(&self) -> Result<EntryInfo, ArchiveError> {
        let mut hasher = blake3::Hasher::new();
        content::read_verified(self.stored, self.data, &self.header, |piece| {
            hasher.update(piece);
        })?;
        Ok(EntryInfo {
            // not lossy: the name is known to be ASCII
            name: ForeignText::new(String::from_utf8_lossy(self.header.name)),
            size: u64::from(self.header.size),
            blake3: hasher.finalize().to_hex().to_string(),
        })
    }
}

impl<'a> ProfileChecker<'a> {
    /// Checks everything except the data of the entries.
    fn check_headers(&self) -> Result<Vec<CheckedEntry<'a>>, ArchiveError> {
        let end = self.records.0.len().checked_sub(END_BYTES);
        let end = end.ok_or_else(|| violation(ZipRule::EndRecord, 0))?;
        let (count, directory) = self.check_end_record(end)?;
        let mut names = EntryNames::default();
        let mut entries = Vec::new();
        let mut local = 0;
        let mut central = directory;
        let mut total = 0;
        for _ in 0..count {
            let header = self.records.central(central)?;
            let name = header.name;
            let in_entry = |error| with_entry(error, name);
            self.check_central_header(&header, local).map_err(in_entry)?;
            names.insert(name, central + CentralHeader::NAME);
            total += u64::from(header.size);
            if total > self.limits.total_bytes {
                return Err(in_entry(violation(ZipRule::TotalTooLarge, central)));
            }
            central = header.next;
            let entry = self.check_local_header(header, local, directory).map_err(in_entry)?;
            local = entry.data + entry.stored.len();
            entries.push(entry);
        }
        names.ensure_distinct()?;
        if local != directory {
            return Err(violation(self.rule_of_gap(local, directory), local));
        }
        if central != end {
            return Err(violation(ZipRule::Tiling, central));
        }
        Ok(entries)
    }

    /// Returns the rule that a gap between records breaks.
    fn rule_of_gap(&self, from: usize, to: usize) -> ZipRule {
        match self.records.0.get(from..to) {
            Some(gap) if is_zero(gap) => ZipRule::Padding,
            _ => ZipRule::Tiling,
        }
    }

    /// Returns true if zeros follow the end record, whose last fields may be zeros too.
    fn is_padded(&self) -> bool {
        let last = self.records.0.iter().rposition(|byte| *byte != 0).unwrap_or_default();
        let mut starts = last.saturating_sub(END_BYTES - 1)..=last;
        starts.any(|at| self.records.end(at).is_ok_and(|end| end.comment_bytes == 0))
    }

    /// Checks the end record; returns the number of entries and the offset of the central
    /// directory.
    fn check_end_record(&self, at: usize) -> Result<(usize, usize), ArchiveError> {
        let end = match self.records.end(at) {
            Err(_) if self.is_padded() => return Err(violation(ZipRule::Padding, at)),
            end => end?,
        };
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
        if end.entries_on_disk != end.entries || usize::from(end.entries) > self.limits.entries {
            return Err(violation(ZipRule::EntryCount, at + 8));
        }
        if u64::from(end.directory) + u64::from(end.directory_bytes) != at as u64 {
            return Err(violation(ZipRule::Tiling, at + 12));
        }
        Ok((usize::from(end.entries), end.directory as usize))
    }

    /// Checks a central header whose entry must begin at offset `local`.
    fn check_central_header(
        &self,
        header: &CentralHeader<'a>,
        local: usize,
    ) -> Result<(), ArchiveError> {
        let fail = |rule, field| Err(violation(rule, header.at + field));
        if header.name.len() > self.limits.name_bytes {
            return fail(ZipRule::NameTooLong, CentralHeader::LENGTHS);
        }
        if !header.extra.is_empty() {
            return fail(extra_field::rule(header.extra), CentralHeader::LENGTHS);
        }
        if header.comment_bytes != 0 {
            return fail(ZipRule::ExtraField, CentralHeader::LENGTHS);
        }
        if header.disk != 0 {
            return fail(ZipRule::MultiDisk, CentralHeader::DISK);
        }
        if header.flags & !UTF8_FLAG != 0 {
            return fail(ZipRule::Flags, CentralHeader::FLAGS);
        }
        if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
            return fail(ZipRule::Zip64, CentralHeader::SIZES);
        }
        if header.version_needed == ZIP64_VERSION {
            return fail(ZipRule::Zip64Field, CentralHeader::VERSION_NEEDED);
        }
        if header.version_needed > NEWEST_VERSION {
            return fail(ZipRule::Version, CentralHeader::VERSION_NEEDED);
        }
        if header.local_offset as usize != local {
            return fail(self.rule_of_gap(local, header.local_offset as usize), 0);
        }
        entry_names::check(header.name, header.at + CentralHeader::NAME)?;
        check_type_and_sizes(header, self.limits)
    }

    /// Checks the local header at offset `at`, and takes the data after it.
    fn check_local_header(
        &self,
        header: CentralHeader<'a>,
        at: usize,
        directory: usize,
    ) -> Result<CheckedEntry<'a>, ArchiveError> {
        let local = self.records.local(at)?;
        if !local.extra.is_empty() {
            return Err(violation(extra_field::rule(local.extra), at + LocalHeader::LENGTHS));
        }
        if local.common != header.common || local.name != header.name {
            return Err(violation(ZipRule::HeadersDiffer, at));
        }
        let stored = self.records.slice(local.data, header.compressed as usize)?;
        if local.data + stored.len() > directory {
            return Err(violation(ZipRule::Tiling, at));
        }
        Ok(CheckedEntry { header, data: local.data, stored })
    }
}

/// Checks that an entry is a regular file, compressed by an allowed method, within the
/// limits.
pub(super) fn check_type_and_sizes(
    header: &CentralHeader<'_>,
    limits: &ArchiveLimits,
) -> Result<(), ArchiveError> {
    let fail = |rule, field| Err(violation(rule, header.at + field));
    // The upper half holds the Unix mode. Its top four bits are the file type: none, or a
    // regular file. Readers differ about the host systems for which it counts, so it is
    // checked for all of them.
    let attributes = header.external_attributes;
    let is_unix_special = !matches!(attributes >> 28, 0 | 0o10);
    if is_unix_special || DOS_SPECIAL.iter().any(|special| attributes & special != 0) {
        return fail(ZipRule::FileType, CentralHeader::ATTRIBUTES);
    }
    let size = u64::from(header.size);
    if size > limits.entry_bytes {
        return fail(ZipRule::EntryTooLarge, CentralHeader::SIZES);
    }
    match header.method {
        STORED if header.size != header.compressed => {
            fail(ZipRule::StoredSize, CentralHeader::SIZES)
        }
        DEFLATE if size > u64::from(header.compressed).saturating_mul(limits.ratio) => {
            fail(ZipRule::Ratio, CentralHeader::SIZES)
        }
        STORED | DEFLATE => Ok(()),
        _ => fail(ZipRule::Method, CentralHeader::METHOD),
    }
}

#[cfg(test)]
mod tests;
