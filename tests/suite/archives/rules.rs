//! For every rule of the profile, the smallest change to a valid pack that breaks it.

use std::sync::LazyLock;

use gtc_archive::ZipRule;

use test_support::zips::{Zip, ZipEntry, pack_entries, sealed};

/// The entry in which a rule is broken. There are two, so that two rules can be broken in
/// one archive.
#[derive(Clone, Copy)]
pub enum In {
    First,
    Second,
}

/// A valid pack with two stored and two deflated entries.
pub fn pack() -> Zip {
    let mut entries = pack_entries();
    for name in ["notes/a.txt", "notes/b.txt"] {
        entries.push((name.to_owned(), b"notes without readers, notes without readers".to_vec()));
    }
    let deflated = ["components/handler.manifest.cbor", "notes/a.txt"];
    Zip::new(sealed(entries).iter().map(|(name, content)| {
        if deflated.contains(&name.as_str()) {
            ZipEntry::deflated(name, content)
        } else {
            ZipEntry::stored(name, content)
        }
    }))
}

impl In {
    /// The name of the deflated entry.
    fn deflated(self) -> &'static str {
        match self {
            Self::First => "components/handler.manifest.cbor",
            Self::Second => "notes/a.txt",
        }
    }

    /// The name of the stored entry.
    fn stored(self) -> &'static str {
        match self {
            Self::First => "components/handler.wasm",
            Self::Second => "notes/b.txt",
        }
    }
}

/// Entries of 27 MiB and of just over 32 MiB, with correct headers and within the ratio.
pub static BULKY: LazyLock<ZipEntry> = LazyLock::new(|| bulky(27 << 20));
static TOO_BULKY: LazyLock<ZipEntry> = LazyLock::new(|| bulky((32 << 20) + 1));

fn bulky(size: usize) -> ZipEntry {
    let mut random = super::Random(1);
    let mut content: Vec<u8> = (0..200 << 10).map(|_| random.next() as u8).collect();
    content.resize(size, 0);
    ZipEntry::deflated("bulky", &content)
}

/// Breaks one rule. Panics for a new rule, which needs a hostile archive here.
pub fn breaks(zip: &mut Zip, rule: ZipRule, which: In) {
    match rule {
        ZipRule::EndRecord => zip.suffix.push(b'\n'),
        ZipRule::MultiDisk => zip.entry(which.stored()).disk = 1,
        ZipRule::Zip64 => {
            // only a locator, included in the size of the central directory
            zip.before_end = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
            let directory_bytes = zip.bytes().len() as u32 - 22 - zip.directory();
            zip.end.directory_bytes = Some(directory_bytes);
        }
        ZipRule::Zip64Field => zip.entry(which.stored()).both(|header| header.version = 45),
        ZipRule::Padding => zip.entry(which.stored()).gap = vec![0; 4],
        ZipRule::AlignmentField => zip.entry(which.stored()).local.extra = vec![0; 3],
        ZipRule::EntryCount => zip.end.entries = Some(zip.entries.len() as u16 + 1),
        ZipRule::Tiling => zip.entry(which.stored()).gap = b"hidden".to_vec(),
        ZipRule::Truncated => zip.entry("sbom.cbor").central.name_bytes = Some(199),
        ZipRule::Signature => zip.entry(which.stored()).local.signature = *b"PK\x03\x05",
        ZipRule::HeadersDiffer => zip.entry(which.stored()).local.time ^= 1,
        ZipRule::Version => zip.entry(which.stored()).both(|header| header.version = 64),
        ZipRule::Flags => zip.entry(which.stored()).both(|header| header.flags = 1),
        ZipRule::Method => zip.entry(which.stored()).both(|header| header.method = 12),
        ZipRule::ExtraField => {
            zip.entry(which.stored()).both(|header| header.extra = b"UT\x01\0\x01".to_vec())
        }
        ZipRule::AmbiguousField => {
            zip.entry(which.stored()).both(|header| header.extra = b"up\x05\0\x01abcd".to_vec())
        }
        ZipRule::Name => {
            zip.entry(which.stored()).both(|header| header.name = b"../../etc/passwd".to_vec())
        }
        ZipRule::NameTooLong => {
            zip.entry(which.stored()).both(|header| header.name = vec![b'a'; 201])
        }
        ZipRule::DuplicateName => {
            let twin = zip.entry(which.stored()).clone();
            zip.entries.push(twin);
        }
        ZipRule::FileType => zip.entry(which.stored()).external = 0o120_777 << 16,
        ZipRule::EntryTooLarge => zip.entries.insert(0, TOO_BULKY.clone()),
        ZipRule::TotalTooLarge => {
            let parts = (0..5).map(|part| BULKY.clone().renamed(format!("bulky/{part}")));
            zip.entries.splice(0..0, parts);
        }
        ZipRule::Ratio => {
            *zip.entry(which.deflated()) = ZipEntry::deflated("notes/zeros", &[0; 1 << 20])
        }
        ZipRule::StoredSize => zip.entry(which.stored()).both(|header| header.size += 1),
        ZipRule::DeflateStream => {
            let entry = zip.entry(which.deflated());
            entry.data.push(0);
            entry.both(|header| header.compressed += 1);
        }
        ZipRule::Checksum => zip.entry(which.stored()).both(|header| header.crc ^= 1),
        unknown => panic!("no archive breaks {unknown:?}"),
    }
}
