//! The canonical zip profile: the archives about which no two zip readers can differ.
//!
//! It looks at every byte of the container before the zip reader sees the first one, and
//! knows nothing of packs. Every header is checked before anything is inflated, so that
//! an archive which lies costs as little as it can.

use env_pack_domain::ForeignText;

use super::names::{self, Names};
use super::records::{Central, DEFLATE, END_BYTES, Records, STORED, UTF8_FLAG};
use super::rules::{broken, in_entry};
use super::{ArchiveError, EntryInfo, Limits, Rule, content};

/// Version 2.0, the one that brought Deflate. Readers refuse versions they do not know,
/// each at another number.
const NEWEST_VERSION: u16 = 20;
/// DOS attributes of what is no regular file: volume label, folder, device, reparse
/// point.
const DOS_SPECIAL: u32 = 0x08 | 0x10 | 0x40 | 0x400;

struct Checker<'a> {
    records: Records<'a>,
    limits: &'a Limits,
}

/// An entry whose headers are in order.
struct Member<'a> {
    header: Central<'a>,
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
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<Vec<EntryInfo>, ArchiveError> {
    let size = bytes.len() as u64;
    if size > limits.pack_bytes {
        return Err(ArchiveError::TooLarge { bytes: size, limit: limits.pack_bytes });
    }
    let members = Checker { records: Records(bytes), limits }.headers()?;
    members
        .iter()
        .map(|member| member.info().map_err(|error| in_entry(error, member.header.name)))
        .collect()
}

impl Member<'_> {
    fn info(&self) -> Result<EntryInfo, ArchiveError> {
        let mut hasher = blake3::Hasher::new();
        content::read(self.stored, self.data, &self.header, |piece| {
            hasher.update(piece);
        })?;
        // names are ASCII by now
        let name = String::from_utf8_lossy(self.header.name);
        let (size, blake3) = (u64::from(self.header.size), hasher.finalize().to_hex().to_string());
        Ok(EntryInfo { name: ForeignText::new(name), size, blake3 })
    }
}

impl<'a> Checker<'a> {
    /// Checks everything but the data of the entries.
    fn headers(&self) -> Result<Vec<Member<'a>>, ArchiveError> {
        let end = self
            .records
            .0
            .len()
            .checked_sub(END_BYTES)
            .ok_or_else(|| broken(Rule::EndRecord, 0))?;
        let (count, directory) = self.end_record(end)?;
        let mut names = Names::default();
        let mut members = Vec::new();
        let (mut local, mut central, mut total) = (0, directory, 0);
        for _ in 0..count {
            let header = self.records.central(central)?;
            let name = header.name;
            let entry = |error| in_entry(error, name);
            self.central_header(&header, local).map_err(entry)?;
            names.insert(name, central + Central::NAME).map_err(entry)?;
            total += u64::from(header.size);
            if total > self.limits.total_bytes {
                return Err(entry(broken(Rule::TotalTooLarge, central)));
            }
            central = header.next;
            let member = self.local_entry(header, local, directory).map_err(entry)?;
            local = member.data + member.stored.len();
            members.push(member);
        }
        match (local == directory, central == end) {
            (true, true) => Ok(members),
            (false, _) => Err(broken(Rule::Tiling, local)),
            (_, false) => Err(broken(Rule::Tiling, central)),
        }
    }

    /// How many entries there are, and where the central directory begins.
    fn end_record(&self, at: usize) -> Result<(usize, usize), ArchiveError> {
        let end = self.records.end(at)?;
        if end.comment_bytes != 0 {
            return Err(broken(Rule::EndRecord, at));
        }
        if end.disks != (0, 0) {
            return Err(broken(Rule::MultiDisk, at + 4));
        }
        if end.entries == u16::MAX || [end.directory_bytes, end.directory].contains(&u32::MAX) {
            return Err(broken(Rule::Zip64, at + 8));
        }
        self.records.no_zip64_locator(at)?;
        if end.entries_here != end.entries || usize::from(end.entries) > self.limits.entries {
            return Err(broken(Rule::EntryCount, at + 8));
        }
        if u64::from(end.directory) + u64::from(end.directory_bytes) != at as u64 {
            return Err(broken(Rule::Tiling, at + 12));
        }
        Ok((usize::from(end.entries), end.directory as usize))
    }

    /// Checks a central header whose entry must lie at byte `local`.
    fn central_header(&self, header: &Central<'a>, local: usize) -> Result<(), ArchiveError> {
        let fault = |rule, field| Err(broken(rule, header.at + field));
        if header.name.len() > self.limits.name_bytes {
            return fault(Rule::NameTooLong, Central::LENGTHS);
        }
        if header.extra_bytes != 0 || header.comment_bytes != 0 {
            return fault(Rule::ExtraField, Central::LENGTHS);
        }
        if header.disk != 0 {
            return fault(Rule::MultiDisk, Central::DISK);
        }
        if header.flags & !UTF8_FLAG != 0 {
            return fault(Rule::Flags, Central::FLAGS);
        }
        if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
            return fault(Rule::Zip64, Central::SIZES);
        }
        if header.version_needed > NEWEST_VERSION {
            return fault(Rule::Version, Central::VERSION_NEEDED);
        }
        if header.local_offset as usize != local {
            return fault(Rule::Tiling, 0);
        }
        names::check(header.name, header.at + Central::NAME)?;
        kind_and_sizes(header, self.limits)
    }

    /// Checks the local header and takes the data after it.
    fn local_entry(
        &self,
        header: Central<'a>,
        at: usize,
        directory: usize,
    ) -> Result<Member<'a>, ArchiveError> {
        let local = self.records.local(at)?;
        if local.extra_bytes != 0 {
            return Err(broken(Rule::ExtraField, at + 28));
        }
        if local.common != header.common || local.name != header.name {
            return Err(broken(Rule::HeadersDiffer, at));
        }
        let stored = self.records.slice(local.data, header.compressed as usize)?;
        match local.data + stored.len() > directory {
            true => Err(broken(Rule::Tiling, at)),
            false => Ok(Member { header, data: local.data, stored }),
        }
    }
}

/// Checks that an entry is a regular file of sizes that are allowed.
pub(super) fn kind_and_sizes(header: &Central<'_>, limits: &Limits) -> Result<(), ArchiveError> {
    let fault = |rule, field| Err(broken(rule, header.at + field));
    // The upper half holds the Unix mode, its top four bits the file type: none, or a regular
    // file. Readers differ about which systems write a mode there, so it is held to this
    // on all of them.
    let is_unix_special = !matches!(header.external_attributes >> 28, 0 | 0o10);
    if is_unix_special || header.external_attributes & DOS_SPECIAL != 0 {
        return fault(Rule::FileType, Central::ATTRIBUTES);
    }
    if u64::from(header.size) > limits.entry_bytes {
        return fault(Rule::EntryTooLarge, Central::SIZES);
    }
    match header.method {
        STORED if header.size == header.compressed => Ok(()),
        STORED => fault(Rule::StoredSize, Central::SIZES),
        DEFLATE
            if u64::from(header.size)
                > u64::from(header.compressed).saturating_mul(limits.ratio) =>
        {
            fault(Rule::Ratio, Central::SIZES)
        }
        DEFLATE => Ok(()),
        _ => fault(Rule::Method, Central::METHOD),
    }
}

#[cfg(test)]
mod tests;
