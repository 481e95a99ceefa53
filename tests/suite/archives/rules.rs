//! The smallest change to an honest pack that breaks one rule of the profile, for every
//! rule.

use std::sync::LazyLock;

use gtc::archive::ZipRule;

use crate::support::zips::{Zip, ZipEntry, pack_entries, sealed};

/// Which of two entries of its kind a rule is broken in, so that two rules can be broken
/// in one archive.
#[derive(Clone, Copy)]
pub enum In {
    First,
    Second,
}

/// An honest pack with two entries that are stored and two that are deflated.
pub fn pack() -> Zip {
    let mut entries = pack_entries();
    for name in ["notes/a.txt", "notes/b.txt"] {
        entries
            .push((name.to_owned(), b"notes that nobody reads, notes that nobody reads".to_vec()));
    }
    let deflated = ["components/handler.manifest.cbor", "notes/a.txt"];
    let entry = |(name, content): &(String, Vec<u8>)| match deflated.contains(&name.as_str()) {
        true => ZipEntry::deflated(name, content),
        false => ZipEntry::stored(name, content),
    };
    Zip::new(sealed(entries).iter().map(entry))
}

impl Zip {
    pub fn entry(&mut self, name: &str) -> &mut ZipEntry {
        let found = self.entries.iter_mut().find(|entry| entry.central.name == name.as_bytes());
        found.unwrap_or_else(|| panic!("no entry {name}"))
    }

    fn deflated_in(&mut self, which: In) -> &mut ZipEntry {
        self.entry(match which {
            In::First => "components/handler.manifest.cbor",
            In::Second => "notes/a.txt",
        })
    }

    fn stored_in(&mut self, which: In) -> &mut ZipEntry {
        self.entry(match which {
            In::First => "components/handler.wasm",
            In::Second => "notes/b.txt",
        })
    }
}

/// An entry of 27 MiB and one of more than 32, both with true headers and within the
/// ratio.
pub static BULKY: LazyLock<ZipEntry> = LazyLock::new(|| bulky(27 << 20));
static TOO_BULKY: LazyLock<ZipEntry> = LazyLock::new(|| bulky((32 << 20) + 1));

fn bulky(size: usize) -> ZipEntry {
    let mut random = super::Random(1);
    let mut content: Vec<u8> = (0..200 << 10).map(|_| random.next() as u8).collect();
    content.resize(size, 0);
    ZipEntry::deflated("bulky", &content)
}

/// Breaks a rule, and no other. A rule that is not known here has no hostile archive, and
/// no test passes.
pub fn breaks(zip: &mut Zip, rule: ZipRule, which: In) {
    match rule {
        ZipRule::EndRecord => zip.suffix.push(0),
        ZipRule::MultiDisk => zip.stored_in(which).disk = 1,
        ZipRule::Zip64 => {
            // nothing but a locator, which the end record counts in
            zip.before_end = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
            let directory_bytes = zip.bytes().len() as u32 - 22 - zip.directory();
            zip.end.directory_bytes = Some(directory_bytes);
        }
        ZipRule::EntryCount => zip.end.entries = Some(zip.entries.len() as u16 + 1),
        ZipRule::Tiling => zip.stored_in(which).gap = b"hidden".to_vec(),
        ZipRule::Truncated => zip.entry("sbom.cbor").central.name_bytes = Some(199),
        ZipRule::Signature => zip.stored_in(which).local.signature = *b"PK\x03\x05",
        ZipRule::HeadersDiffer => zip.stored_in(which).local.time ^= 1,
        ZipRule::Version => zip.stored_in(which).both(|header| header.version = 64),
        ZipRule::Flags => zip.stored_in(which).both(|header| header.flags = 1),
        ZipRule::Method => zip.stored_in(which).both(|header| header.method = 12),
        ZipRule::ExtraField => {
            zip.stored_in(which).both(|header| header.extra = vec![0x99, 0x99, 0, 0])
        }
        ZipRule::Name => {
            zip.stored_in(which).both(|header| header.name = b"../../etc/passwd".to_vec())
        }
        ZipRule::NameTooLong => zip.stored_in(which).both(|header| header.name = vec![b'a'; 201]),
        ZipRule::DuplicateName => {
            let twin = zip.stored_in(which).clone();
            zip.entries.push(twin);
        }
        ZipRule::FileType => zip.stored_in(which).external = 0o120_777 << 16,
        ZipRule::EntryTooLarge => zip.entries.insert(0, TOO_BULKY.clone()),
        ZipRule::TotalTooLarge => {
            let parts = (0..5).map(|part| BULKY.clone().renamed(format!("bulky/{part}")));
            zip.entries.splice(0..0, parts);
        }
        ZipRule::Ratio => {
            *zip.deflated_in(which) = ZipEntry::deflated("notes/zeros", &[0; 1 << 20])
        }
        ZipRule::StoredSize => zip.stored_in(which).both(|header| header.size += 1),
        ZipRule::DeflateStream => {
            let entry = zip.deflated_in(which);
            entry.data.push(0);
            entry.both(|header| header.compressed += 1);
        }
        ZipRule::Checksum => zip.stored_in(which).both(|header| header.crc ^= 1),
        unknown => panic!("no archive breaks {unknown:?}"),
    }
}
