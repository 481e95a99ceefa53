//! Zip archives made of raw records, so that a test can change any byte of them. The suite has
//! `test_support::zips`, which sets fields by name; it needs the engine, which is too much for
//! the tests of this crate.

use crate::records::{DEFLATE, STORED};

/// An archive. [`bytes`](Self::bytes) fills in the offsets.
#[derive(Clone, Default)]
pub(crate) struct RawZip {
    pub entries: Vec<RawEntry>,
    /// Bytes between the entries and the central directory.
    pub before_directory: Vec<u8>,
    pub comment: Vec<u8>,
}

/// An entry, record by record.
#[derive(Clone)]
pub(crate) struct RawEntry {
    /// The local header with its name and extra fields.
    pub local: Vec<u8>,
    pub data: Vec<u8>,
    /// Bytes after the data.
    pub descriptor: Vec<u8>,
    /// The central header with its name, extra fields and comment.
    pub central: Vec<u8>,
}

/// Writes bytes over others.
pub(crate) fn put(record: &mut [u8], at: usize, bytes: &[u8]) {
    record[at..at + bytes.len()].copy_from_slice(bytes);
}

impl RawEntry {
    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        Self::new(name, STORED, content, content.to_vec())
    }

    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        Self::new(name, DEFLATE, content, deflate(content))
    }

    fn new(name: &str, method: u16, content: &[u8], data: Vec<u8>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let numbers = [crc.sum(), data.len() as u32, content.len() as u32];
        // version, flags, method, time, date, numbers, length of name and extra fields
        let mut common = [20, 0, method, 0, 0x21].map(u16::to_le_bytes).concat();
        common.extend(numbers.map(u32::to_le_bytes).concat());
        common.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        let local = [b"PK\x03\x04", &common[..], name.as_bytes()].concat();
        // made by; then comment, disk, attributes and offset
        let central = [b"PK\x01\x02\x14\x03", &common[..], &[0; 14], name.as_bytes()].concat();
        Self { local, data, descriptor: Vec::new(), central }
    }

    /// Changes a field that both headers have, at its offset in the local header.
    pub(crate) fn both(mut self, at: usize, bytes: &[u8]) -> Self {
        put(&mut self.local, at, bytes);
        put(&mut self.central, at + 2, bytes);
        self
    }

    /// Changes a field of the local header.
    pub(crate) fn local(mut self, at: usize, bytes: &[u8]) -> Self {
        put(&mut self.local, at, bytes);
        self
    }

    /// Changes a field of the central header.
    pub(crate) fn central(mut self, at: usize, bytes: &[u8]) -> Self {
        put(&mut self.central, at, bytes);
        self
    }

    /// Gives it another name of the same length.
    pub(crate) fn renamed(self, name: &[u8]) -> Self {
        self.local(30, name).central(46, name)
    }

    /// Moves checksum and sizes to a data descriptor.
    pub(crate) fn streamed(self) -> Self {
        let numbers = self.local[14..26].to_vec();
        let streamed = self.both(6, &[8]).local(14, &[0; 12]);
        Self { descriptor: [b"PK\x07\x08", &numbers[..]].concat(), ..streamed }
    }

    /// Adds extra fields to the local header.
    pub(crate) fn local_extra(mut self, extra: &[u8]) -> Self {
        self.local.extend(extra);
        self.local(28, &(extra.len() as u16).to_le_bytes())
    }

    /// Adds extra fields and a comment to the central header.
    pub(crate) fn central_extra(mut self, extra: &[u8], comment: &[u8]) -> Self {
        self.central.extend([extra, comment].concat());
        self.central(30, &[extra.len() as u8, 0, comment.len() as u8, 0])
    }
}

impl RawZip {
    pub(crate) fn new(entries: impl IntoIterator<Item = RawEntry>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    /// Offset of the central directory.
    pub(crate) fn directory(&self) -> usize {
        let sizes = self.entries.iter().map(RawEntry::bytes);
        sizes.sum::<usize>() + self.before_directory.len()
    }

    /// Offset of the end record.
    pub(crate) fn end(&self) -> usize {
        let sizes = self.entries.iter().map(|entry| entry.central.len());
        self.directory() + sizes.sum::<usize>()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for entry in &self.entries {
            let offset = out.len() as u32;
            directory.extend(entry.clone().central(42, &offset.to_le_bytes()).central);
            out.extend([&entry.local[..], &entry.data, &entry.descriptor].concat());
        }
        out.extend(&self.before_directory);
        out.extend(&directory);
        let count = self.entries.len() as u16;
        out.extend([b"PK\x05\x06", &[0; 4][..]].concat());
        out.extend([count, count].map(u16::to_le_bytes).concat());
        let place = [directory.len(), self.directory()];
        out.extend(place.map(|number| (number as u32).to_le_bytes()).concat());
        out.extend((self.comment.len() as u16).to_le_bytes());
        out.extend(&self.comment);
        out
    }

    /// The archive with other bytes at an offset from the end record.
    pub(crate) fn with_end(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut out = self.bytes();
        put(&mut out, self.end() + at, bytes);
        out
    }
}

impl RawEntry {
    fn bytes(&self) -> usize {
        self.local.len() + self.data.len() + self.descriptor.len()
    }
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}
