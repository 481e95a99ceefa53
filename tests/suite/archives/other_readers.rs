//! Independent zip readers find the same names and bytes in every admitted archive.

use std::io::Read as _;
use std::process::Command;

use env_pack_domain::Sha256Digest;
use gtc_archive::{ArchiveLimits, repack};
use serde_json::Value;

use super::{Random, open};
use test_support::footprint::show;
use test_support::zips::{Entry, Zip, ZipEntry, ZipHeader, entries, pack_entries, sealed};

const ARCHIVES: u64 = 4000;

/// A valid pack in one of the forms that the profile allows, sometimes with names that it
/// refuses.
fn assembled(random: &mut Random) -> Zip {
    let mut entries = pack_entries();
    for at in 0..random.below(4) {
        let folder = random.one_of(&["", "notes/", "a/b/c/", "signatures/", "components/"]);
        let name = format!(
            "{folder}{}{at}",
            random.one_of(&["x", "x.txt-", ".hidden", "with space ", "TEN_CHARS", "~"])
        );
        let content = match random.below(3) {
            0 => Vec::new(),
            1 => b"the same again, ".repeat(random.below(50)),
            _ => (0..random.below(300)).map(|_| random.next() as u8).collect(),
        };
        entries.push((name, content));
    }
    let mut zip =
        Zip::new(sealed(entries).iter().map(|(name, content)| entry(random, name, content)));
    if random.below(2) == 0 {
        for at in (1..zip.entries.len()).rev() {
            zip.entries.swap(at, random.below(at + 1));
        }
    }
    zip
}

fn entry(random: &mut Random, name: &str, content: &[u8]) -> ZipEntry {
    let mut entry = match random.below(2) {
        0 => ZipEntry::stored(name, content),
        _ => ZipEntry::deflated(name, content),
    };
    let time = random.next() as u16;
    let date = random.next() as u16;
    let version = random.one_of(&[0, 10, 20]);
    let flags = random.one_of(&[0, 1 << 11]);
    entry.both(|header| {
        (header.time, header.date, header.version, header.flags) = (time, date, version, flags)
    });
    (entry.made_by, entry.internal) = (random.next() as u16, random.next() as u16);
    entry.external = random.one_of(&[0, 0o100_644 << 16, 0o100_755 << 16, 0o644 << 16])
        | random.one_of(&[0, 1, 0x20, 0x80]);
    entry
}

/// Changes a field of a header.
fn change_field(random: &mut Random, zip: &mut Zip) {
    let at = random.below(zip.entries.len());
    let entry = &mut zip.entries[at];
    let number = random.one_of(&[0, 1, 2, 8, 20, 45, 63, 64, 255, 0x7fff, 0xffff, 0xffff_ffff]);
    let name = random.one_of(&[
        "manifest.cbor",
        "MANIFEST.CBOR",
        "sbom.cbor/x",
        "x/",
        "thirteenchars",
        "a//b",
        "é",
        "x\0y",
    ]);
    let field = random.below(10);
    let change = |header: &mut ZipHeader| match field {
        0 => header.version = number as u16,
        1 => header.flags = number as u16,
        2 => header.method = number as u16,
        3 => header.time = number as u16,
        4 => header.crc = number,
        5 => header.compressed = number,
        6 => header.size = number,
        7 => header.name = name.as_bytes().to_vec(),
        8 => header.name_bytes = Some(number as u16),
        _ => header.extra = vec![0; number as usize & 0xff],
    };
    match random.below(6) {
        0 => change(&mut entry.local),
        1 => change(&mut entry.central),
        2 => entry.made_by = number as u16,
        3 => entry.external = number << 16 | number,
        _ => entry.both(change),
    }
}

/// Adds, removes or moves a record.
fn change_structure(random: &mut Random, zip: &mut Zip) {
    let at = random.below(zip.entries.len());
    let rest = vec![random.next() as u8; random.below(40)];
    match random.below(11) {
        0 => zip.prefix = rest,
        1 => zip.suffix = rest,
        2 => zip.end.comment = rest,
        3 => zip.entries[at].gap = rest,
        4 => zip.entries[at].offset = Some(random.below(4000) as u32),
        5 => zip.entries[at].is_phantom = true,
        6 => zip.is_reversed = true,
        7 => zip.entries[at].comment = rest,
        8 => {
            let twin = zip.entries[at].clone();
            zip.entries.push(twin);
        }
        9 => zip.entries.push(ZipEntry::stored("folder/", b"")),
        _ => streamed(random, &mut zip.entries[at]),
    }
}

/// Makes an entry like those of streaming writers, with a data descriptor.
fn streamed(random: &mut Random, entry: &mut ZipEntry) {
    let numbers = [entry.central.crc, entry.central.compressed, entry.central.size]
        .map(u32::to_le_bytes)
        .concat();
    entry.gap = [random.one_of(&[&b"PK\x07\x08"[..], b""]), &numbers].concat();
    entry.both(|header| header.flags |= 1 << 3);
    (entry.local.crc, entry.local.compressed, entry.local.size) = (0, 0, 0);
}

/// Changes, removes, moves or repeats bytes without regard to the format.
fn change_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    // the end of the archive matters most
    let tail = bytes.len().saturating_sub(400);
    let at = if random.below(2) == 0 {
        random.below(bytes.len())
    } else {
        tail + random.below(bytes.len() - tail)
    };
    let end = (at + random.below(50)).min(bytes.len());
    match random.below(6) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = random.one_of(&[0, 1, 0x50, 0x7f, 0x80, 0xff]),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        _ => bytes[at..end].fill(random.next() as u8),
    }
}

/// The generated archives; the same in every run.
fn generated() -> impl Iterator<Item = Vec<u8>> {
    generated_from(1..=ARCHIVES)
}

/// An archive for each seed: a third of them valid, the rest with one to three changes.
fn generated_from(seeds: impl Iterator<Item = u64>) -> impl Iterator<Item = Vec<u8>> {
    seeds.map(|seed| {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut zip = assembled(&mut random);
        let mut byte_changes = 0;
        for _ in 0..[0, 1, 1, 1, 2, 3, 0, 1, 0][random.below(9)] {
            match random.below(3) {
                0 => change_field(&mut random, &mut zip),
                1 => change_structure(&mut random, &mut zip),
                _ => byte_changes += 1,
            }
        }
        let mut bytes = zip.bytes();
        (0..byte_changes).for_each(|_| change_bytes(&mut random, &mut bytes));
        bytes
    })
}

/// The admitted archives, with the names and BLAKE3 hashes of their entries.
fn admitted() -> impl Iterator<Item = (Vec<u8>, Vec<(String, String)>)> {
    admitted_among(generated())
}

fn admitted_among(
    archives: impl Iterator<Item = Vec<u8>>,
) -> impl Iterator<Item = (Vec<u8>, Vec<(String, String)>)> {
    archives.filter_map(|bytes| {
        let pack = open(&bytes).ok()?;
        let read = pack
            .entries
            .iter()
            .map(|entry| (entry.name.as_exact().to_owned(), entry.blake3.clone()));
        let read = read.collect();
        Some((bytes, read))
    })
}

fn hashed(entries: Vec<Entry>) -> Vec<(String, String)> {
    entries
        .into_iter()
        .map(|(name, content)| (name, blake3::hash(&content).to_hex().to_string()))
        .collect()
}

/// The entries of an archive, as `rawzip` reads them.
fn rawzip_entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let archive = rawzip::ZipArchive::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    let mut records = archive.entries();
    while let Some(record) = records.next_entry().map_err(|error| error.to_string())? {
        let entry = archive.get_entry(record.wayfinder()).map_err(|error| error.to_string())?;
        let mut content = Vec::new();
        let read = match record.compression_method() {
            rawzip::CompressionMethod::STORE => {
                entry.verifying_reader(entry.data()).read_to_end(&mut content)
            }
            _ => {
                let inflated = flate2::bufread::DeflateDecoder::new(entry.data());
                entry.verifying_reader(inflated).read_to_end(&mut content)
            }
        };
        read.map_err(|error| error.to_string())?;
        let name = String::from_utf8(record.file_path().as_ref().to_vec())
            .map_err(|error| error.to_string())?;
        found.push((name, content));
    }
    Ok(found)
}

#[test]
fn rust_zip_readers_agree_on_admitted_archives() {
    let mut count = 0;
    for (bytes, read) in admitted() {
        count += 1;
        assert_eq!(
            entries(&bytes).map(hashed).as_ref(),
            Ok(&read),
            "the zip crate, archive {count}"
        );
        assert_eq!(
            rawzip_entries(&bytes).map(hashed).as_ref(),
            Ok(&read),
            "rawzip, archive {count}"
        );
    }
    assert!((1000..3000).contains(&count), "{count} of {ARCHIVES} are admitted");
}

/// The same for `GTC_ARCHIVES` more archives, a million by default.
#[test]
#[ignore = "long: GTC_ARCHIVES=10000000 cargo test --release -p gtc --test suite -- --ignored --nocapture millions"]
fn rust_zip_readers_agree_on_millions_of_archives() {
    let archives = std::env::var("GTC_ARCHIVES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(1_000_000);
    let mut count = 0_u64;
    for (bytes, read) in admitted_among(generated_from(ARCHIVES + 1..=ARCHIVES + archives)) {
        count += 1;
        assert_eq!(entries(&bytes).map(hashed).as_ref(), Ok(&read), "the zip crate: {bytes:x?}");
        assert_eq!(rawzip_entries(&bytes).map(hashed).as_ref(), Ok(&read), "rawzip: {bytes:x?}");
    }
    show(&format!("{count} of {archives} archives are admitted, and all readers agree about them"));
    assert!(count > archives / 4);
}

/// Repacking keeps the content that other readers find in a non-canonical archive.
#[test]
fn rust_zip_readers_agree_on_repacked_archives() {
    let mut canonical = 0;
    let mut repaired = 0;
    for bytes in generated() {
        let Ok(repacked) = repack(&bytes, &ArchiveLimits::default()) else {
            assert!(open(&bytes).is_err(), "admitted archives can be repacked");
            continue;
        };
        *(if open(&bytes).is_ok() { &mut canonical } else { &mut repaired }) += 1;
        let sorted = |mut entries: Vec<Entry>| {
            entries.retain(|(name, _)| !name.ends_with('/'));
            entries.sort();
            entries
        };
        let read = sorted(entries(&repacked.bytes).expect("canonical"));
        for (reader, entries) in
            [("the zip crate", entries(&bytes)), ("rawzip", rawzip_entries(&bytes))]
        {
            assert_eq!(entries.map(sorted).as_ref(), Ok(&read), "{reader}");
        }
    }
    assert!(
        canonical > 1000 && repaired > 100,
        "{canonical} canonical and {repaired} other archives are repacked"
    );
}

/// Reads archives, each preceded by its length, and prints a line of JSON for each: names
/// and hashes, or the error.
const PYTHON: &str = r"
import hashlib, io, json, struct, sys, zipfile
data, at = open(sys.argv[1], 'rb').read(), 0
while at < len(data):
    (size,) = struct.unpack_from('<I', data, at)
    archive, at = data[at + 4 : at + 4 + size], at + 4 + size
    try:
        reader = zipfile.ZipFile(io.BytesIO(archive))
        read = [[info.filename, hashlib.sha256(reader.read(info)).hexdigest()] for info in reader.infolist()]
    except Exception as error:
        read = repr(error)
    print(json.dumps(read))
";

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn python_zipfile_agrees_on_admitted_archives() {
    let home = tempfile::tempdir().expect("a folder");
    let archives: Vec<Vec<u8>> = admitted().map(|(bytes, _)| bytes).collect();
    assert!(archives.len() > 1000);
    let framed: Vec<u8> = archives
        .iter()
        .flat_map(|bytes| [&(bytes.len() as u32).to_le_bytes(), &bytes[..]].concat())
        .collect();
    let file = home.path().join("archives");
    std::fs::write(&file, framed).expect("a file");
    let output = Command::new("python3").args(["-c", PYTHON]).arg(file).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    assert_eq!(lines.lines().count(), archives.len());
    for (line, bytes) in lines.lines().zip(&archives) {
        let read: Value = serde_json::from_str(line).expect("JSON");
        // the other test shows that these are the bytes that the host reads
        let digests = entries(bytes).expect("admitted").into_iter();
        let expected: Vec<_> =
            digests.map(|(name, content)| (name, Sha256Digest::compute(&content).hex())).collect();
        assert_eq!(read, serde_json::json!(expected));
    }
}
