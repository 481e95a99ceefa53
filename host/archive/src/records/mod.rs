//! Parses the records of a zip file without judging their content.
//!
//! Format: [PKWARE APPNOTE 6.3.10][appnote]. All numbers are little-endian.
//!
//! [appnote]: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

use super::error::ArchiveError;
use super::rule_violation::violation;
use super::rules::ZipRule;

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
/// Signature of the end-of-central-directory record.
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
/// Size of the end record without its comment.
pub(super) const END_BYTES: usize = 22;
/// Signature of the locator that points readers to a ZIP64 end record. It is directly in
/// front of the end record.
const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const ZIP64_LOCATOR_BYTES: usize = 20;
/// General-purpose flag 11: the name is UTF-8. It has no effect on ASCII names.
pub(super) const UTF8_FLAG: u16 = 1 << 11;
/// Compression method: none.
pub(super) const STORED: u16 = 0;
/// Compression method: Deflate.
pub(super) const DEFLATE: u16 = 8;

/// The bytes of an archive, with bounds-checked access to its records.
#[derive(Clone, Copy)]
pub(super) struct ZipRecords<'a>(pub &'a [u8]);

/// The end-of-central-directory record.
#[derive(Debug)]
pub(super) struct EndRecord {
    /// Number of this disk, and of the disk on which the central directory starts.
    pub disks: (u16, u16),
    pub entries_on_disk: u16,
    pub entries: u16,
    pub directory_bytes: u32,
    /// Offset of the central directory.
    pub directory: u32,
    pub comment_bytes: u16,
}

/// A header of the central directory.
#[derive(Debug)]
pub(super) struct CentralHeader<'a> {
    /// Offset of this header.
    pub at: usize,
    /// Offset of the next header.
    pub next: usize,
    pub version_needed: u16,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra: &'a [u8],
    pub comment_bytes: u16,
    pub disk: u16,
    pub external_attributes: u32,
    pub local_offset: u32,
    pub name: &'a [u8],
    /// The bytes of the fields that the local header repeats: version needed, flags,
    /// method, time, date, checksum, sizes, lengths.
    pub common: &'a [u8],
}

/// The header in front of an entry's data.
#[derive(Debug)]
pub(super) struct LocalHeader<'a> {
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra: &'a [u8],
    pub name: &'a [u8],
    /// The same fields as [`CentralHeader::common`].
    pub common: &'a [u8],
    /// Offset of the entry's data.
    pub data: usize,
}

impl<'a> ZipRecords<'a> {
    /// The `len` bytes from offset `at`.
    pub(crate) fn slice(self, at: usize, len: usize) -> Result<&'a [u8], ArchiveError> {
        let end = at.checked_add(len);
        end.and_then(|end| self.0.get(at..end)).ok_or_else(|| violation(ZipRule::Truncated, at))
    }

    pub(crate) fn u16(self, at: usize) -> Result<u16, ArchiveError> {
        Ok(u16::from_le_bytes(self.slice(at, 2)?.try_into().expect("two bytes")))
    }

    pub(crate) fn u32(self, at: usize) -> Result<u32, ArchiveError> {
        Ok(u32::from_le_bytes(self.slice(at, 4)?.try_into().expect("four bytes")))
    }

    /// Parses the end record at offset `at`.
    pub(crate) fn end(self, at: usize) -> Result<EndRecord, ArchiveError> {
        if self.u32(at)? != END_SIGNATURE {
            return Err(violation(ZipRule::EndRecord, at));
        }
        Ok(EndRecord {
            disks: (self.u16(at + 4)?, self.u16(at + 6)?),
            entries_on_disk: self.u16(at + 8)?,
            entries: self.u16(at + 10)?,
            directory_bytes: self.u32(at + 12)?,
            directory: self.u32(at + 16)?,
            comment_bytes: self.u16(at + 20)?,
        })
    }

    /// Checks that no ZIP64 locator is in front of the end record at offset `end`.
    ///
    /// Some readers look for one whatever the end record says, and the last fields of the
    /// last entry can have its bytes.
    pub(crate) fn reject_zip64_locator(self, end: usize) -> Result<(), ArchiveError> {
        let Some(at) = end.checked_sub(ZIP64_LOCATOR_BYTES) else { return Ok(()) };
        if self.u32(at)? == ZIP64_LOCATOR_SIGNATURE {
            return Err(violation(ZipRule::Zip64, at));
        }
        Ok(())
    }

    /// Parses the central header at offset `at`.
    pub(crate) fn central(self, at: usize) -> Result<CentralHeader<'a>, ArchiveError> {
        if self.u32(at)? != CENTRAL_SIGNATURE {
            return Err(violation(ZipRule::Signature, at));
        }
        let name = self.slice(at + CENTRAL_BYTES, usize::from(self.u16(at + 28)?))?;
        let extra_bytes = self.u16(at + 30)?;
        let comment_bytes = self.u16(at + 32)?;
        let variable_bytes = name.len() + usize::from(extra_bytes) + usize::from(comment_bytes);
        Ok(CentralHeader {
            at,
            next: at + CENTRAL_BYTES + variable_bytes,
            version_needed: self.u16(at + 6)?,
            flags: self.u16(at + 8)?,
            method: self.u16(at + 10)?,
            crc: self.u32(at + 16)?,
            compressed: self.u32(at + 20)?,
            size: self.u32(at + 24)?,
            extra: self.slice(at + CENTRAL_BYTES + name.len(), usize::from(extra_bytes))?,
            comment_bytes,
            disk: self.u16(at + 34)?,
            external_attributes: self.u32(at + 38)?,
            local_offset: self.u32(at + 42)?,
            name,
            common: self.slice(at + 6, 26)?,
        })
    }

    /// Parses the local header at offset `at`.
    pub(crate) fn local(self, at: usize) -> Result<LocalHeader<'a>, ArchiveError> {
        if self.u32(at)? != LOCAL_SIGNATURE {
            return Err(violation(ZipRule::Signature, at));
        }
        let name = self.slice(at + LOCAL_BYTES, usize::from(self.u16(at + 26)?))?;
        let extra_bytes = usize::from(self.u16(at + 28)?);
        let extra = self.slice(at + LOCAL_BYTES + name.len(), extra_bytes)?;
        Ok(LocalHeader {
            flags: self.u16(at + 6)?,
            method: self.u16(at + 8)?,
            crc: self.u32(at + 14)?,
            compressed: self.u32(at + 18)?,
            size: self.u32(at + 22)?,
            extra,
            name,
            common: self.slice(at + 4, 26)?,
            data: at + LOCAL_BYTES + name.len() + extra_bytes,
        })
    }
}

/// Offsets of fields within the header, for error messages.
impl CentralHeader<'_> {
    pub(crate) const VERSION_NEEDED: usize = 6;
    pub(crate) const FLAGS: usize = 8;
    pub(crate) const METHOD: usize = 10;
    pub(crate) const SIZES: usize = 20;
    pub(crate) const LENGTHS: usize = 28;
    pub(crate) const DISK: usize = 34;
    pub(crate) const ATTRIBUTES: usize = 38;
    pub(crate) const NAME: usize = CENTRAL_BYTES;
}

/// Offsets of fields within the header, for error messages.
impl LocalHeader<'_> {
    pub(crate) const LENGTHS: usize = 28;
}

#[cfg(test)]
mod tests;
