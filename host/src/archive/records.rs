//! The records of a zip file, as they lie there. Nothing is judged here but that they are
//! there at all.
//!
//! Format: PKWARE APPNOTE 6.3.10; all numbers little-endian.

use super::ArchiveError;
use super::rules::{ZipRule, violation};

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
/// The signature of an end record.
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
/// The size of an end record without its comment.
pub(super) const END_BYTES: usize = 22;
/// The record by which readers find the end record of ZIP64, right before the end record.
const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const ZIP64_LOCATOR_BYTES: usize = 20;
/// General-purpose flag 11: the name is UTF-8. For ASCII names it changes nothing.
pub(super) const UTF8_FLAG: u16 = 1 << 11;
/// The compression method of bytes as they are.
pub(super) const STORED: u16 = 0;
/// The compression method of everybody.
pub(super) const DEFLATE: u16 = 8;

/// The bytes of an archive.
#[derive(Clone, Copy)]
pub(super) struct ZipRecords<'a>(pub &'a [u8]);

/// The end record: where the central directory is.
#[derive(Debug)]
pub(super) struct EndRecord {
    pub disks: (u16, u16),
    pub entries_here: u16,
    pub entries: u16,
    pub directory_bytes: u32,
    pub directory: u32,
    pub comment_bytes: u16,
}

/// A header of the central directory.
#[derive(Debug)]
pub(super) struct CentralHeader<'a> {
    /// Where it is.
    pub at: usize,
    /// Where the next one is.
    pub next: usize,
    pub version_needed: u16,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra_bytes: u16,
    pub comment_bytes: u16,
    pub disk: u16,
    pub external_attributes: u32,
    pub local_offset: u32,
    pub name: &'a [u8],
    /// The fields that both headers carry, byte for byte: version needed, flags, method,
    /// time, date, checksum, sizes, lengths.
    pub common: &'a [u8],
}

/// A local header.
#[derive(Debug)]
pub(super) struct LocalHeader<'a> {
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra_bytes: u16,
    pub name: &'a [u8],
    /// The same fields as in the central header.
    pub common: &'a [u8],
    /// Where the data of the entry begins.
    pub data: usize,
}

impl<'a> ZipRecords<'a> {
    /// These bytes, if they are there.
    pub fn slice(self, at: usize, len: usize) -> Result<&'a [u8], ArchiveError> {
        let end = at.checked_add(len);
        end.and_then(|end| self.0.get(at..end)).ok_or_else(|| violation(ZipRule::Truncated, at))
    }

    pub fn u16(self, at: usize) -> Result<u16, ArchiveError> {
        Ok(u16::from_le_bytes(self.slice(at, 2)?.try_into().expect("two bytes")))
    }

    pub fn u32(self, at: usize) -> Result<u32, ArchiveError> {
        Ok(u32::from_le_bytes(self.slice(at, 4)?.try_into().expect("four bytes")))
    }

    /// The end record at this byte.
    pub fn end(self, at: usize) -> Result<EndRecord, ArchiveError> {
        if self.u32(at)? != END_SIGNATURE {
            return Err(violation(ZipRule::EndRecord, at));
        }
        Ok(EndRecord {
            disks: (self.u16(at + 4)?, self.u16(at + 6)?),
            entries_here: self.u16(at + 8)?,
            entries: self.u16(at + 10)?,
            directory_bytes: self.u32(at + 12)?,
            directory: self.u32(at + 16)?,
            comment_bytes: self.u16(at + 20)?,
        })
    }

    /// Checks that nothing before the end record at this byte reads as a ZIP64 locator.
    /// Some readers look for one whatever the end record says, and the last fields of
    /// the last entry can spell it.
    pub fn reject_zip64_locator(self, end: usize) -> Result<(), ArchiveError> {
        let Some(at) = end.checked_sub(ZIP64_LOCATOR_BYTES) else { return Ok(()) };
        match self.u32(at)? == ZIP64_LOCATOR_SIGNATURE {
            true => Err(violation(ZipRule::Zip64, at)),
            false => Ok(()),
        }
    }

    /// The central header at this byte.
    pub fn central(self, at: usize) -> Result<CentralHeader<'a>, ArchiveError> {
        if self.u32(at)? != CENTRAL_SIGNATURE {
            return Err(violation(ZipRule::Signature, at));
        }
        let name = self.slice(at + CENTRAL_BYTES, usize::from(self.u16(at + 28)?))?;
        let (extra_bytes, comment_bytes) = (self.u16(at + 30)?, self.u16(at + 32)?);
        Ok(CentralHeader {
            at,
            next: at
                + CENTRAL_BYTES
                + name.len()
                + usize::from(extra_bytes)
                + usize::from(comment_bytes),
            version_needed: self.u16(at + 6)?,
            flags: self.u16(at + 8)?,
            method: self.u16(at + 10)?,
            crc: self.u32(at + 16)?,
            compressed: self.u32(at + 20)?,
            size: self.u32(at + 24)?,
            extra_bytes,
            comment_bytes,
            disk: self.u16(at + 34)?,
            external_attributes: self.u32(at + 38)?,
            local_offset: self.u32(at + 42)?,
            name,
            common: self.slice(at + 6, 26)?,
        })
    }

    /// The local header at this byte.
    pub fn local(self, at: usize) -> Result<LocalHeader<'a>, ArchiveError> {
        if self.u32(at)? != LOCAL_SIGNATURE {
            return Err(violation(ZipRule::Signature, at));
        }
        let name = self.slice(at + LOCAL_BYTES, usize::from(self.u16(at + 26)?))?;
        let extra_bytes = self.u16(at + 28)?;
        Ok(LocalHeader {
            flags: self.u16(at + 6)?,
            method: self.u16(at + 8)?,
            crc: self.u32(at + 14)?,
            compressed: self.u32(at + 18)?,
            size: self.u32(at + 22)?,
            extra_bytes,
            name,
            common: self.slice(at + 4, 26)?,
            data: at + LOCAL_BYTES + name.len() + usize::from(extra_bytes),
        })
    }
}

impl CentralHeader<'_> {
    /// Where fields lie in the header, for error messages.
    pub const VERSION_NEEDED: usize = 6;
    pub const FLAGS: usize = 8;
    pub const METHOD: usize = 10;
    pub const SIZES: usize = 20;
    pub const LENGTHS: usize = 28;
    pub const DISK: usize = 34;
    pub const ATTRIBUTES: usize = 38;
    pub const NAME: usize = CENTRAL_BYTES;
}
