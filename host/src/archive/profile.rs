//! The canonical zip profile: the archives about which no two zip readers can differ.
//!
//! It looks at every byte of the container before the zip reader sees the first one, and knows nothing of packs. Format:
//! PKWARE APPNOTE 6.3.10; all numbers little-endian.

use std::collections::HashSet;
use std::fmt;

use env_pack_domain::ForeignText;

use super::{ArchiveError, Limits};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// General-purpose flag 11: the name is UTF-8. The only flag allowed; for ASCII names it changes nothing.
const UTF8_FLAG: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATE: u16 = 8;

macro_rules! rules {
    ($($rule:ident $name:literal $text:literal),+ $(,)?) => {
        /// A rule of the profile.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $text] $rule),+
        }

        impl Rule {
            /// A stable name, for programs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name),+
                }
            }
        }

        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$rule => $text),+
                })
            }
        }
    };
}

rules! {
    EndRecord "zip-end-record" "the last 22 bytes are no end-of-central-directory record without comment",
    MultiDisk "zip-multi-disk" "the archive spans several disks",
    Zip64 "zip-zip64" "ZIP64 fields are not allowed",
    EntryCount "zip-entry-count" "there are more entries than allowed, or not as many as the end record says",
    Tiling "zip-tiling" "entries, central directory and end record must follow each other without gap or overlap",
    Truncated "zip-truncated" "a record reaches beyond the end of the archive",
    Signature "zip-signature" "a record does not begin with its signature",
    HeadersDiffer "zip-headers-differ" "local and central header disagree",
    Flags "zip-flags" "flags other than UTF-8 names are not allowed (encryption, data descriptors, patches)",
    Method "zip-method" "compression methods other than Stored and Deflate are not allowed",
    ExtraField "zip-extra-field" "extra fields and entry comments are not allowed",
    Name "zip-name" "names are relative ASCII paths with `/`, without empty, `.` or `..` segments, drives or controls",
    NameTooLong "zip-name-too-long" "a name is longer than allowed",
    DuplicateName "zip-duplicate-name" "two names are equal, or differ only in case",
    FileType "zip-file-type" "only regular files are allowed",
    EntryTooLarge "zip-entry-too-large" "an entry is larger than allowed",
    TotalTooLarge "zip-total-too-large" "the entries together are larger than allowed",
    Ratio "zip-ratio" "an entry inflates more than allowed",
    StoredSize "zip-stored-size" "a stored entry has two different sizes",
    DeflateStream "zip-deflate-stream" "a deflate stream does not end exactly at its stated sizes",
    Checksum "zip-checksum" "an entry does not match its checksum",
}

/// One entry, as both headers describe it.
#[derive(Debug)]
struct Header<'a> {
    name: &'a [u8],
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    /// The fields that both headers carry, byte for byte: version needed, flags, method, time, date, checksum, sizes, lengths.
    common: &'a [u8],
    external_attributes: u32,
    made_by_unix: bool,
    local_offset: u32,
}

struct Checker<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
}

/// Checks an archive against the profile.
///
/// # Errors
/// [`ArchiveError::TooLarge`], or [`ArchiveError::Profile`] with the rule that is broken, and where.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), ArchiveError> {
    let size = bytes.len() as u64;
    if size > limits.pack_bytes {
        return Err(ArchiveError::TooLarge { bytes: size, limit: limits.pack_bytes });
    }
    Checker { bytes, limits }.archive()
}

impl<'a> Checker<'a> {
    fn archive(&self) -> Result<(), ArchiveError> {
        let end = self.bytes.len().checked_sub(END_BYTES).ok_or_else(|| broken(Rule::EndRecord, 0))?;
        let (count, directory) = self.end_record(end)?;
        let mut names = HashSet::new();
        let (mut local, mut central, mut total) = (0, directory, 0);
        for _ in 0..count {
            let header = self.central_header(central)?;
            let entry = |error| in_entry(error, header.name);
            if header.local_offset as usize != local {
                return Err(entry(broken(Rule::Tiling, central)));
            }
            self.name(&header, central).map_err(entry)?;
            if !names.insert(header.name.to_ascii_lowercase()) {
                return Err(entry(broken(Rule::DuplicateName, central)));
            }
            self.kind_and_sizes(&header, central).map_err(entry)?;
            total += u64::from(header.size);
            if total > self.limits.total_bytes {
                return Err(entry(broken(Rule::TotalTooLarge, central)));
            }
            local = self.local_entry(&header, local, directory).map_err(entry)?;
            central += CENTRAL_BYTES + header.name.len();
        }
        match (local == directory, central == end) {
            (true, true) => Ok(()),
            (false, _) => Err(broken(Rule::Tiling, local)),
            (_, false) => Err(broken(Rule::Tiling, central)),
        }
    }

    /// How many entries there are, and where the central directory begins.
    fn end_record(&self, at: usize) -> Result<(usize, usize), ArchiveError> {
        if self.u32(at)? != END || self.u16(at + 20)? != 0 {
            return Err(broken(Rule::EndRecord, at));
        }
        if self.u16(at + 4)? != 0 || self.u16(at + 6)? != 0 {
            return Err(broken(Rule::MultiDisk, at + 4));
        }
        let (count, total) = (self.u16(at + 8)?, self.u16(at + 10)?);
        let (size, offset) = (self.u32(at + 12)?, self.u32(at + 16)?);
        if count == u16::MAX || size == u32::MAX || offset == u32::MAX {
            return Err(broken(Rule::Zip64, at + 8));
        }
        if count != total || usize::from(count) > self.limits.entries {
            return Err(broken(Rule::EntryCount, at + 8));
        }
        if offset as usize + size as usize != at {
            return Err(broken(Rule::Tiling, at + 12));
        }
        Ok((usize::from(count), offset as usize))
    }

    fn central_header(&self, at: usize) -> Result<Header<'a>, ArchiveError> {
        if self.u32(at)? != CENTRAL {
            return Err(broken(Rule::Signature, at));
        }
        let name_bytes = usize::from(self.u16(at + 28)?);
        if name_bytes > self.limits.name_bytes {
            return Err(broken(Rule::NameTooLong, at + 28));
        }
        let header = Header {
            name: self.slice(at + CENTRAL_BYTES, name_bytes)?,
            method: self.u16(at + 10)?,
            crc: self.u32(at + 16)?,
            compressed: self.u32(at + 20)?,
            size: self.u32(at + 24)?,
            common: self.slice(at + 6, 26)?,
            made_by_unix: self.u16(at + 4)? >> 8 == 3,
            external_attributes: self.u32(at + 38)?,
            local_offset: self.u32(at + 42)?,
        };
        let fault = |rule, field| Err(in_entry(broken(rule, at + field), header.name));
        if self.u16(at + 30)? != 0 || self.u16(at + 32)? != 0 {
            return fault(Rule::ExtraField, 30);
        }
        if self.u16(at + 34)? != 0 {
            return fault(Rule::MultiDisk, 34);
        }
        if self.u16(at + 8)? & !UTF8_FLAG != 0 {
            return fault(Rule::Flags, 8);
        }
        if [header.compressed, header.size, header.local_offset].contains(&u32::MAX) {
            return fault(Rule::Zip64, 20);
        }
        Ok(header)
    }

    fn name(&self, header: &Header<'_>, at: usize) -> Result<(), ArchiveError> {
        let legal =
            |b: &u8| (0x20..0x7f).contains(b) && !matches!(b, b'\\' | b':' | b'*' | b'?' | b'"' | b'<' | b'>' | b'|');
        let plain = |segment: &[u8]| {
            !matches!(segment, b"" | b"." | b"..") && !segment.ends_with(b".") && !segment.ends_with(b" ")
        };
        match header.name.iter().all(legal) && header.name.split(|b| *b == b'/').all(plain) {
            true => Ok(()),
            false => Err(broken(Rule::Name, at + CENTRAL_BYTES)),
        }
    }

    fn kind_and_sizes(&self, header: &Header<'_>, at: usize) -> Result<(), ArchiveError> {
        // The upper half holds the Unix mode, its top four bits the file type: none, or a regular file. Bit 4 of the lower half
        // is the DOS flag of a directory.
        let file_type = header.external_attributes >> 28;
        let unix_special = header.made_by_unix && !matches!(file_type, 0 | 0o10);
        if unix_special || header.external_attributes & 0x10 != 0 {
            return Err(broken(Rule::FileType, at + 38));
        }
        if u64::from(header.size) > self.limits.entry_bytes {
            return Err(broken(Rule::EntryTooLarge, at + 24));
        }
        match header.method {
            STORED if header.size == header.compressed => Ok(()),
            STORED => Err(broken(Rule::StoredSize, at + 20)),
            DEFLATE if u64::from(header.size) > u64::from(header.compressed).saturating_mul(self.limits.ratio) => {
                Err(broken(Rule::Ratio, at + 20))
            }
            DEFLATE => Ok(()),
            _ => Err(broken(Rule::Method, at + 10)),
        }
    }

    /// Checks the local header and the data after it; where they end.
    fn local_entry(&self, header: &Header<'_>, at: usize, directory: usize) -> Result<usize, ArchiveError> {
        if self.u32(at)? != LOCAL {
            return Err(broken(Rule::Signature, at));
        }
        if self.u16(at + 28)? != 0 {
            return Err(broken(Rule::ExtraField, at + 28));
        }
        let data = at + LOCAL_BYTES + header.name.len();
        // the extra-field length, compared here too, is zero in both
        if self.slice(at + 4, 26)? != header.common || self.slice(at + LOCAL_BYTES, header.name.len())? != header.name {
            return Err(broken(Rule::HeadersDiffer, at));
        }
        let end = data + header.compressed as usize;
        if end > directory {
            return Err(broken(Rule::Tiling, at));
        }
        let stored = self.slice(data, header.compressed as usize)?;
        match header.method {
            DEFLATE => inflates_exactly(stored, header, data)?,
            _ if crc32(stored) != header.crc => return Err(broken(Rule::Checksum, data)),
            _ => {}
        }
        Ok(end)
    }

    fn slice(&self, at: usize, len: usize) -> Result<&'a [u8], ArchiveError> {
        self.bytes.get(at..at + len).ok_or_else(|| broken(Rule::Truncated, at))
    }

    fn u16(&self, at: usize) -> Result<u16, ArchiveError> {
        Ok(u16::from_le_bytes(self.slice(at, 2)?.try_into().expect("two bytes")))
    }

    fn u32(&self, at: usize) -> Result<u32, ArchiveError> {
        Ok(u32::from_le_bytes(self.slice(at, 4)?.try_into().expect("four bytes")))
    }
}

/// Inflates an entry into nothing, to see that it ends exactly where both headers say.
fn inflates_exactly(stored: &[u8], header: &Header<'_>, data: usize) -> Result<(), ArchiveError> {
    let wrong = |at: u64| broken(Rule::DeflateStream, data + at as usize);
    let mut inflate = flate2::Decompress::new(false);
    let mut crc = flate2::Crc::new();
    let mut chunk = [0; 32 << 10];
    loop {
        let (consumed, produced) = (inflate.total_in(), inflate.total_out());
        let rest = &stored[consumed as usize..];
        let status =
            inflate.decompress(rest, &mut chunk, flate2::FlushDecompress::None).map_err(|_| wrong(consumed))?;
        let step = (inflate.total_out() - produced) as usize;
        crc.update(&chunk[..step]);
        if inflate.total_out() > u64::from(header.size) {
            return Err(wrong(consumed));
        }
        if status == flate2::Status::StreamEnd {
            break;
        }
        if step == 0 && inflate.total_in() == consumed {
            return Err(wrong(consumed));
        }
    }
    if inflate.total_in() != stored.len() as u64 || inflate.total_out() != u64::from(header.size) {
        return Err(wrong(inflate.total_in()));
    }
    match crc.sum() == header.crc {
        true => Ok(()),
        false => Err(broken(Rule::Checksum, data)),
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn broken(rule: Rule, offset: usize) -> ArchiveError {
    ArchiveError::Profile { rule, offset, entry: None }
}

fn in_entry(error: ArchiveError, name: &[u8]) -> ArchiveError {
    match error {
        ArchiveError::Profile { rule, offset, entry: None } => {
            let entry = Some(ForeignText::excerpt(&String::from_utf8_lossy(name)));
            ArchiveError::Profile { rule, offset, entry }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
