//! Builds zip archives field by field. All fields are correct by default, and each can be
//! set to any value.

use std::io::{Cursor, Read as _, Write as _};

use env_pack_domain::Permissions;
use greentic_types::cbor::canonical::to_canonical_cbor;
use serde_json::{Value, json};

/// The name and content of an entry.
pub type Entry = (String, Vec<u8>);

/// The fields of the local and of the central header.
#[derive(Clone, Debug)]
pub struct ZipHeader {
    pub signature: [u8; 4],
    pub version: u16,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub date: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub name: Vec<u8>,
    /// Overrides the length of the name.
    pub name_bytes: Option<u16>,
    pub extra: Vec<u8>,
}

/// An entry: its two headers and its data.
#[derive(Clone, Debug)]
pub struct ZipEntry {
    pub local: ZipHeader,
    pub central: ZipHeader,
    pub made_by: u16,
    pub disk: u16,
    pub internal: u16,
    pub external: u32,
    pub comment: Vec<u8>,
    /// Overrides the offset of the local header.
    pub offset: Option<u32>,
    pub data: Vec<u8>,
    /// Bytes between the data and the next record.
    pub gap: Vec<u8>,
    /// True if only the central directory has the entry.
    pub is_phantom: bool,
}

/// The end record; `None` means the correct value.
#[derive(Clone, Debug, Default)]
pub struct EndRecord {
    pub disks: (u16, u16),
    pub entries_here: Option<u16>,
    pub entries: Option<u16>,
    pub directory_bytes: Option<u32>,
    pub directory: Option<u32>,
    pub comment: Vec<u8>,
    pub comment_bytes: Option<u16>,
}

/// An archive.
#[derive(Clone, Debug, Default)]
pub struct Zip {
    pub prefix: Vec<u8>,
    pub entries: Vec<ZipEntry>,
    pub before_directory: Vec<u8>,
    /// True if the central directory lists the entries in reverse order.
    pub is_reversed: bool,
    pub before_end: Vec<u8>,
    pub end: EndRecord,
    pub suffix: Vec<u8>,
}

impl ZipEntry {
    pub fn stored(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        Self::new(name.as_ref(), 0, content, content.to_vec())
    }

    pub fn deflated(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        Self::new(name.as_ref(), 8, content, deflate(content))
    }

    fn new(name: &[u8], method: u16, content: &[u8], data: Vec<u8>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let header = |signature| ZipHeader {
            signature,
            version: 20,
            flags: 0,
            method,
            time: 0,
            date: 0x21,
            crc: crc.sum(),
            compressed: data.len() as u32,
            size: content.len() as u32,
            name: name.to_vec(),
            name_bytes: None,
            extra: Vec::new(),
        };
        Self {
            local: header(*b"PK\x03\x04"),
            central: header(*b"PK\x01\x02"),
            made_by: 3 << 8 | 20,
            disk: 0,
            internal: 0,
            external: 0o100_644 << 16,
            comment: Vec::new(),
            offset: None,
            data,
            gap: Vec::new(),
            is_phantom: false,
        }
    }

    /// Applies a change to both headers.
    pub fn both(&mut self, change: impl Fn(&mut ZipHeader)) {
        change(&mut self.local);
        change(&mut self.central);
    }

    pub fn renamed(mut self, name: impl AsRef<[u8]>) -> Self {
        self.both(|header| header.name = name.as_ref().to_vec());
        self
    }
}

impl ZipHeader {
    fn write(&self, out: &mut Vec<u8>) {
        for field in [self.version, self.flags, self.method, self.time, self.date] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.compressed, self.size] {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.name_bytes.unwrap_or(self.name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
    }
}

impl Zip {
    /// The entry of this name.
    pub fn entry(&mut self, name: &str) -> &mut ZipEntry {
        let found = self.entries.iter_mut().find(|entry| entry.central.name == name.as_bytes());
        found.unwrap_or_else(|| panic!("no entry {name}"))
    }

    pub fn new(entries: impl IntoIterator<Item = ZipEntry>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    /// An archive with these entries, uncompressed.
    pub fn stored(entries: &[Entry]) -> Self {
        Self::new(entries.iter().map(|(name, content)| ZipEntry::stored(name, content)))
    }

    /// Offset of the central directory.
    pub fn directory(&self) -> u32 {
        let entries = self.entries.iter().filter(|entry| !entry.is_phantom);
        let bytes = entries.map(|entry| {
            30 + [&entry.local.name, &entry.local.extra, &entry.data, &entry.gap]
                .map(Vec::len)
                .iter()
                .sum::<usize>()
        });
        (self.prefix.len() + bytes.sum::<usize>() + self.before_directory.len()) as u32
    }

    /// Renders the archive.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut offsets = Vec::new();
        for entry in &self.entries {
            offsets.push(out.len() as u32);
            if entry.is_phantom {
                continue;
            }
            out.extend(entry.local.signature);
            entry.local.write(&mut out);
            for part in [&entry.local.name, &entry.local.extra, &entry.data, &entry.gap] {
                out.extend(part);
            }
        }
        out.extend(&self.before_directory);
        let directory = out.len() as u32;
        let mut order: Vec<_> = self.entries.iter().zip(offsets).collect();
        if self.is_reversed {
            order.reverse();
        }
        for (entry, offset) in order {
            entry.write_central(offset, &mut out);
        }
        let directory_bytes = out.len() as u32 - directory;
        out.extend(&self.before_end);
        self.end.write(self.entries.len() as u16, directory_bytes, directory, &mut out);
        out.extend(&self.suffix);
        out
    }
}

impl ZipEntry {
    fn write_central(&self, offset: u32, out: &mut Vec<u8>) {
        out.extend(self.central.signature);
        out.extend(self.made_by.to_le_bytes());
        self.central.write(out);
        for field in [self.comment.len() as u16, self.disk, self.internal] {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.external.to_le_bytes());
        out.extend(self.offset.unwrap_or(offset).to_le_bytes());
        for part in [&self.central.name, &self.central.extra, &self.comment] {
            out.extend(part);
        }
    }
}

impl EndRecord {
    pub fn write(&self, entries: u16, directory_bytes: u32, directory: u32, out: &mut Vec<u8>) {
        out.extend(b"PK\x05\x06");
        let counts = [self.entries_here.unwrap_or(entries), self.entries.unwrap_or(entries)];
        for field in [self.disks.0, self.disks.1, counts[0], counts[1]] {
            out.extend(field.to_le_bytes());
        }
        for field in
            [self.directory_bytes.unwrap_or(directory_bytes), self.directory.unwrap_or(directory)]
        {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.comment_bytes.unwrap_or(self.comment.len() as u16).to_le_bytes());
        out.extend(&self.comment);
    }
}

pub fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

/// Reads the entries of an archive with the `zip` crate.
pub fn entries(archive: &[u8]) -> Result<Vec<Entry>, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(|error| error.to_string())?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|error| error.to_string())?;
        entries.push((file.name().map_err(|error| error.to_string())?.into_owned(), content));
    }
    Ok(entries)
}

/// The entries of a valid pack, without its bill of materials. Its component is only a
/// header.
pub fn pack_entries() -> Vec<Entry> {
    let component = b"\0asm\x0d\0\x01\0, if you ask".to_vec();
    let pack = crate::packs::archive(
        "secrets",
        "acme.secrets.vault",
        "^1",
        component,
        Permissions::default(),
    );
    let mut entries = entries(&pack).expect("a valid pack");
    entries.retain(|(name, _)| name != "sbom.cbor");
    entries
}

/// The bill of materials of these entries, as a value that can be changed.
pub fn bill(entries: &[Entry]) -> Value {
    let file = |(path, content): &Entry| {
        let hash = blake3::hash(content).to_hex().to_string();
        json!({"path": path, "size": content.len(), "hash_blake3": hash, "media_type": "application/octet-stream"})
    };
    json!({"format": "greentic-sbom-v1", "files": entries.iter().map(file).collect::<Vec<_>>()})
}

pub fn cbor(value: &impl serde::Serialize) -> Vec<u8> {
    to_canonical_cbor(value).expect("CBOR")
}

/// Adds the bill of materials to these entries.
pub fn sealed(mut entries: Vec<Entry>) -> Vec<Entry> {
    let bill = cbor(&bill(&entries));
    entries.push(("sbom.cbor".to_owned(), bill));
    entries
}
