//! Hostile zip containers, which make readers disagree or take endless work.

use super::rules::{BULKY, pack};
use super::{Hostile, hostile};
use test_support::zips::{EndRecord, Zip, ZipEntry, deflate};

const HANDLER: &str = "components/handler.wasm";
const NOTES: &str = "notes/b.txt";
const DEFLATED: &str = "notes/a.txt";

pub fn hostile_archives() -> Vec<Hostile> {
    let mut found = ends();
    found.extend(zip64());
    found.extend(names());
    found.extend(kinds());
    found.extend(descriptors_and_flags());
    found.extend(disagreements());
    found.extend(streams());
    found.extend(bombs());
    found.extend(at_the_limits());
    found.extend(cut_off());
    found
}

/// A valid pack with one change.
fn with(label: &str, rule: &'static str, change: impl FnOnce(&mut Zip)) -> Hostile {
    let mut zip = pack();
    change(&mut zip);
    hostile(label, rule, zip.bytes())
}

fn ends() -> Vec<Hostile> {
    let whole = pack().bytes();
    let second_end = || {
        let mut bytes = Vec::new();
        EndRecord::default().write(0, 0, 0, &mut bytes);
        bytes
    };
    vec![
        with("appended line", "zip-end-record", |zip| zip.suffix = b"\n".to_vec()),
        with("appended archive", "zip-tiling", |zip| zip.suffix = whole.clone()),
        with("prepended script", "zip-tiling", |zip| zip.prefix = b"#!/bin/sh\n".to_vec()),
        with("prepended archive", "zip-tiling", |zip| zip.prefix = whole.clone()),
        with("prepended, offsets counted without it", "zip-tiling", |zip| {
            let directory = zip.directory();
            let mut at = 0;
            for entry in &mut zip.entries {
                entry.offset = Some(at);
                at += 30 + (entry.local.name.len() + entry.data.len()) as u32;
            }
            zip.end.directory = Some(directory);
            zip.prefix = b"MZ".to_vec();
        }),
        with("comment", "zip-end-record", |zip| zip.end.comment = b"hello".to_vec()),
        with("comment that hides another end record", "zip-tiling", |zip| {
            zip.end.comment = second_end()
        }),
        with("comment without its length", "zip-end-record", |zip| zip.suffix = b"hello".to_vec()),
        with("length without a comment", "zip-end-record", |zip| zip.end.comment_bytes = Some(5)),
        with("second end record", "zip-tiling", |zip| zip.suffix = second_end()),
        with("disks", "zip-multi-disk", |zip| zip.end.disks = (0, 1)),
        with("directory on another disk", "zip-multi-disk", |zip| zip.end.disks = (1, 0)),
        with("fewer entries here than in all", "zip-entry-count", |zip| {
            zip.end.entries_here = Some(1)
        }),
        with("no entries, though there are", "zip-tiling", |zip| {
            (zip.end.entries, zip.end.entries_here) = (Some(0), Some(0));
        }),
        with("one entry more than there is", "zip-signature", |zip| {
            (zip.end.entries, zip.end.entries_here) = (Some(7), Some(7));
        }),
        with("one entry less than there is", "zip-tiling", |zip| {
            (zip.end.entries, zip.end.entries_here) = (Some(5), Some(5));
        }),
        with("directory elsewhere", "zip-tiling", |zip| zip.end.directory = Some(0)),
        with("directory of another size", "zip-tiling", |zip| zip.end.directory_bytes = Some(1)),
        with("offset and size that overflow", "zip-tiling", |zip| {
            (zip.end.directory, zip.end.directory_bytes) = (Some(u32::MAX - 1), Some(u32::MAX - 1));
        }),
        with("gap before the directory", "zip-tiling", |zip| zip.before_directory = vec![1]),
        with("gap after the directory", "zip-tiling", |zip| zip.before_end = vec![0]),
        with("zeros before the directory", "zip-padding", |zip| zip.before_directory = vec![0; 3]),
        with("zeros at the end", "zip-padding", |zip| zip.suffix = vec![0; 10]),
        with("a block of zeros at the end", "zip-padding", |zip| zip.suffix = vec![0; 512]),
        with("one zero at the end", "zip-padding", |zip| zip.suffix = vec![0]),
        with("directory in another order", "zip-tiling", |zip| zip.is_reversed = true),
    ]
}

fn zip64() -> Vec<Hostile> {
    let extra =
        [b"\x01\x00\x10\x00".as_slice(), &1_u64.to_le_bytes(), &1_u64.to_le_bytes()].concat();
    vec![
        with("ZIP64 end record and locator", "zip-zip64", |zip| {
            let start = zip.bytes().len() as u64 - 22;
            let count = zip.entries.len() as u64;
            let mut end =
                [b"PK\x06\x06".as_slice(), &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]]
                    .concat();
            for field in [count, count, 0, 0] {
                end.extend(field.to_le_bytes());
            }
            let locator =
                [b"PK\x06\x07".as_slice(), &[0; 4], &start.to_le_bytes(), &[1, 0, 0, 0]].concat();
            zip.before_end = [end, locator].concat();
        }),
        with("65,535 entries", "zip-zip64", |zip| {
            (zip.end.entries, zip.end.entries_here) = (Some(u16::MAX), Some(u16::MAX));
        }),
        with("ZIP64 directory", "zip-zip64", |zip| zip.end.directory = Some(u32::MAX)),
        with("ZIP64 directory size", "zip-zip64", |zip| zip.end.directory_bytes = Some(u32::MAX)),
        with("ZIP64 size", "zip-zip64", |zip| {
            zip.entry(NOTES).both(|header| header.size = u32::MAX)
        }),
        with("ZIP64 compressed size", "zip-zip64", |zip| {
            zip.entry(NOTES).both(|header| header.compressed = u32::MAX);
        }),
        with("ZIP64 offset", "zip-zip64", |zip| zip.entry(NOTES).offset = Some(u32::MAX)),
        with("ZIP64 extra field", "zip-zip64-field", |zip| {
            zip.entry(NOTES).both(|header| header.extra = extra.clone());
        }),
        with("ZIP64 extra field in the local header", "zip-zip64-field", |zip| {
            zip.entry(NOTES).local.extra = extra.clone();
        }),
        with("version of ZIP64", "zip-zip64-field", |zip| {
            zip.entry(NOTES).both(|header| header.version = 45)
        }),
        spelled_locator(),
    ]
}

/// The last fields of the last entry have the bytes of a ZIP64 locator. Python refuses such
/// an archive; other readers accept it.
fn spelled_locator() -> Hostile {
    let mut zip = pack();
    let last = ZipEntry::stored("signatures/13", b"");
    assert_eq!(last.central.name.len(), 13);
    // the offset of its local header must end in 07
    let pad = (0x107 - (zip.directory() + 30 + 12) % 0x100) % 0x100;
    zip.entries.push(ZipEntry::stored("signatures/p", &vec![b'.'; pad as usize]));
    zip.entries.push(ZipEntry { external: u32::from_le_bytes([0, b'P', b'K', 6]), ..last });
    let bytes = zip.bytes();
    assert_eq!(&bytes[bytes.len() - 42..][..4], b"PK\x06\x07");
    hostile("ZIP64 locator spelled by other fields", "zip-zip64", bytes)
}

fn names() -> Vec<Hostile> {
    let long = format!("notes/{}", "a".repeat(195));
    let bad: [&[u8]; 37] = [
        b"..",
        b"../x",
        b"a/../b",
        b"a/..",
        b"/etc/passwd",
        b"//host/share",
        b"a\\b",
        b"..\\x",
        b"C:x",
        b"C:/x",
        b"a:b",
        b"a\0b",
        b"\0",
        "\u{e9}".as_bytes(),
        b"\x82",
        b"\xff\xfe",
        b"",
        b".",
        b"./a",
        b"a/./b",
        b"a//b",
        b"a/",
        b"a ",
        b"a.",
        b"CON",
        b"aux.txt",
        b"d/NUL",
        b"com1.x",
        b"a\nb",
        b"\x1b[2Jb",
        b"\x7f",
        b"a?",
        b"<a>",
        b"components/handler.wasm;1",
        b"a;",
        b"components/HANDLE~1.WAS",
        b"__MACOSX/._a",
    ];
    let mut found: Vec<_> = bad
        .iter()
        .map(|name| {
            let label = format!("name {:?}", String::from_utf8_lossy(name));
            with(&label, "zip-name", |zip| {
                zip.entry(NOTES).both(|header| header.name = name.to_vec())
            })
        })
        .collect();
    let renamed = |label: &str, rule, name: &str| {
        with(label, rule, |zip| zip.entry(NOTES).both(|header| header.name = name.into()))
    };
    found.extend([
        renamed("case twin", "zip-duplicate-name", "components/HANDLER.wasm"),
        renamed("same name", "zip-duplicate-name", HANDLER),
        renamed("second manifest", "zip-duplicate-name", "manifest.cbor"),
        renamed("folder of a file", "zip-duplicate-name", "components/handler.wasm/x"),
        renamed("name of 201 bytes", "zip-name-too-long", &long),
        with("name of 65,535 bytes", "zip-name-too-long", |zip| {
            zip.entry(NOTES).both(|header| header.name = vec![b'a'; 65_535]);
        }),
        with("UTF-8 flag and a name that is none", "zip-name", |zip| {
            zip.entry(NOTES)
                .both(|header| (header.flags, header.name) = (1 << 11, b"\xc3\x28".to_vec()));
        }),
        with("another name in an extra field", "zip-ambiguous-field", |zip| {
            let unicode_path = b"up\x0e\0\x01\0\0\0\0other.txt".to_vec();
            zip.entry(NOTES).central.extra = unicode_path;
        }),
    ]);
    found
}

fn kinds() -> Vec<Hostile> {
    let modes =
        [("symlink", 0o12), ("folder", 0o4), ("character device", 0o2), ("block device", 0o6)];
    let more = [("FIFO", 0o1), ("socket", 0o14), ("unknown", 0o17)];
    let mode = |(label, kind): &(&str, u32)| {
        with(&format!("mode of a {label}"), "zip-file-type", |zip| {
            zip.entry(NOTES).external = kind << 28
        })
    };
    let dos =
        [("volume label", 0x08), ("folder", 0x10), ("device", 0x40), ("reparse point", 0x400)];
    let attribute = |(label, attribute): &(&str, u32)| {
        with(&format!("DOS attribute of a {label}"), "zip-file-type", |zip| {
            zip.entry(NOTES).external = *attribute
        })
    };
    let systems = [("DOS", 0_u16), ("macOS", 19), ("OpenVMS", 2)];
    let elsewhere = |(label, system): &(&str, u16)| {
        with(&format!("symlink made by {label}"), "zip-file-type", |zip| {
            (zip.entry(NOTES).made_by, zip.entry(NOTES).external) = (system << 8, 0o120_777 << 16);
        })
    };
    let modes = modes.iter().chain(&more).map(mode);
    let mut found: Vec<_> =
        modes.chain(dos.iter().map(attribute)).chain(systems.iter().map(elsewhere)).collect();
    found.push(with("folder entry", "zip-name", |zip| {
        zip.entries.insert(1, ZipEntry::stored("components/", b""))
    }));
    found
}

fn descriptors_and_flags() -> Vec<Hostile> {
    let descriptor = |entry: &ZipEntry, signature: &[u8]| {
        let numbers = [entry.central.crc, entry.central.compressed, entry.central.size];
        [signature, &numbers.map(u32::to_le_bytes).concat()].concat()
    };
    let streamed = |signature: &'static [u8], zip: &mut Zip| {
        let entry = zip.entry(DEFLATED);
        entry.gap = descriptor(entry, signature);
        entry.both(|header| header.flags = 1 << 3);
        (entry.local.crc, entry.local.compressed, entry.local.size) = (0, 0, 0);
    };
    let flag = |(label, flag): (&str, u16)| {
        with(label, "zip-flags", |zip| zip.entry(NOTES).both(|header| header.flags = flag))
    };
    let mut found: Vec<_> = [
        ("encrypted", 1),
        ("flag of a descriptor without one", 1 << 3),
        ("patch", 1 << 5),
        ("strong encryption", 1 | 1 << 6),
        ("masked headers", 1 << 13),
        ("flag that means nothing", 1 << 7),
    ]
    .map(flag)
    .into();
    found.extend([
        with("data descriptor", "zip-flags", |zip| streamed(b"PK\x07\x08", zip)),
        with("data descriptor without signature", "zip-flags", |zip| streamed(b"", zip)),
        with("data descriptor of a stored entry", "zip-flags", |zip| {
            let entry = zip.entry(NOTES);
            entry.gap = descriptor(entry, b"PK\x07\x08");
            entry.both(|header| header.flags = 1 << 3);
            (entry.local.crc, entry.local.compressed, entry.local.size) = (0, 0, 0);
        }),
        with("data descriptor without its flag", "zip-tiling", |zip| {
            let entry = zip.entry(DEFLATED);
            entry.gap = descriptor(entry, b"PK\x07\x08");
        }),
        with("flags in the central header only", "zip-flags", |zip| {
            zip.entry(NOTES).central.flags = 1
        }),
        with("comment of an entry", "zip-extra-field", |zip| {
            zip.entry(NOTES).comment = b"hello".to_vec()
        }),
    ]);
    let methods = [1, 6, 9, 12, 14, 93, 95, 98, 99, 0xffff];
    found.extend(methods.map(|method| {
        with(&format!("method {method}"), "zip-method", |zip| {
            zip.entry(NOTES).both(|h| h.method = method)
        })
    }));
    found
}

fn disagreements() -> Vec<Hostile> {
    type Change = fn(&mut ZipEntry);
    let fields: [(&str, Change); 10] = [
        ("version", |entry| entry.local.version = 10),
        ("flags", |entry| entry.local.flags = 1 << 11),
        ("method", |entry| entry.local.method = 0),
        ("time", |entry| entry.local.time = 1),
        ("date", |entry| entry.local.date = 1),
        ("checksum", |entry| entry.local.crc ^= 1),
        ("compressed size", |entry| entry.local.compressed -= 1),
        ("size", |entry| entry.local.size -= 1),
        ("name", |entry| entry.local.name = b"notes/c.txt".to_vec()),
        ("length of the name", |entry| entry.local.name_bytes = Some(5)),
    ];
    let mut found: Vec<_> = fields
        .iter()
        .map(|(field, change)| {
            let label = format!("headers that disagree about the {field}");
            with(&label, "zip-headers-differ", |zip| change(zip.entry(DEFLATED)))
        })
        .collect();
    found.extend([
        with("extra field in the local header only", "zip-extra-field", |zip| {
            zip.entry(NOTES).local.extra = b"UT\x01\0\x01".to_vec();
        }),
        with("extra field in the central header only", "zip-extra-field", |zip| {
            zip.entry(NOTES).central.extra = b"UT\x01\0\x01".to_vec();
        }),
        with("another name in the local header only", "zip-ambiguous-field", |zip| {
            zip.entry(NOTES).local.extra = b"up\x0e\0\x01\0\0\0\0other.txt".to_vec();
        }),
        with("AES encryption in an extra field", "zip-ambiguous-field", |zip| {
            zip.entry(NOTES).both(|header| {
                header.extra = b"\x01\x99\x07\0\x02\0AE\x03\0\0".to_vec();
            });
        }),
        with("unknown extra field", "zip-ambiguous-field", |zip| {
            zip.entry(NOTES).local.extra = vec![0x99, 0x99, 0, 0];
        }),
        with("extra field that is cut off", "zip-ambiguous-field", |zip| {
            zip.entry(NOTES).central.extra = b"UT\x05\0\x01".to_vec();
        }),
        with("local header elsewhere", "zip-tiling", |zip| zip.entry(NOTES).offset = Some(0)),
        with("central header without signature", "zip-signature", |zip| {
            zip.entry(NOTES).central.signature = *b"PK\x05\x05";
        }),
        with("entry that is in the directory only", "zip-signature", |zip| {
            zip.entry("sbom.cbor").is_phantom = true
        }),
    ]);
    found
}

fn streams() -> Vec<Hostile> {
    // both headers state these sizes, whatever the stream has
    let stream = |label: &str, data: Vec<u8>, size: u32| {
        with(label, "zip-deflate-stream", |zip| {
            let entry = zip.entry(DEFLATED);
            entry.both(|header| (header.compressed, header.size) = (data.len() as u32, size));
            entry.data = data;
        })
    };
    let valid = deflate(b"notes without readers");
    let half = valid[..valid.len() / 2].to_vec();
    vec![
        stream("truncated stream", half, 23),
        stream("stream and something after it", [&valid[..], b"tail"].concat(), 23),
        stream("two streams", [&valid[..], &valid[..]].concat(), 46),
        stream("stream of one byte less", valid.clone(), 24),
        stream("stream of one byte more", valid, 22),
        stream("no stream", Vec::new(), 0),
        stream("reserved block type", vec![0x07, 0, 0], 23),
        stream("stored block with a wrong length", vec![0x01, 5, 0, 5, 0, 1, 2, 3, 4, 5], 5),
        stream("distance before the beginning", vec![0x63, 0x00, 0x02, 0x00], 23),
        stream("stream that never ends", [0, 0, 0, 0xff, 0xff].repeat(1 << 16), 23),
        stream("zlib header", [b"\x78\x9c".as_slice(), &deflate(b"notes")].concat(), 5),
        with("wrong checksum of a stream", "zip-checksum", |zip| {
            zip.entry(DEFLATED).both(|header| header.crc ^= 0x8000_0000);
        }),
        with("changed content", "zip-checksum", |zip| zip.entry(HANDLER).data[3] ^= 1),
        with("stored entry cut by one byte", "zip-stored-size", |zip| {
            zip.entry(HANDLER).both(|header| header.compressed -= 1);
        }),
    ]
}

fn bombs() -> Vec<Hostile> {
    let zeros = ZipEntry::deflated("bomb/0", &vec![0; 16 << 20]);
    let nested = ZipEntry::deflated("bomb.zip", &Zip::new([zeros.clone()]).bytes().repeat(300));
    let copies = |count: usize| (0..count).map(|at| ZipEntry::stored(format!("many/{at}"), b""));
    vec![
        with("16 MiB of zeros", "zip-ratio", |zip| zip.entries.push(zeros.clone())),
        with("archives in an archive", "zip-ratio", |zip| zip.entries.push(nested)),
        with("entries without end", "zip-entry-count", |zip| zip.entries.extend(copies(4091))),
        with("60,000 entries", "zip-entry-count", |zip| zip.entries.extend(copies(60_000))),
        with("one stream for four thousand entries", "zip-tiling", |zip| {
            let at = zip.directory();
            let kernel = ZipEntry::deflated("kernel", &[7; 1000]);
            zip.entries.push(kernel.clone());
            let offset = Some(at);
            let phantoms = (0..4000).map(|at| ZipEntry {
                is_phantom: true,
                offset,
                ..kernel.clone().renamed(format!("k/{at:04}"))
            });
            zip.entries.extend(phantoms);
        }),
        with("entries that quote each other", "zip-headers-differ", |zip| {
            // each entry contains the headers and data of the following ones
            let inner = zip.entry(NOTES).clone();
            let whole = Zip::new([inner.clone()]).bytes();
            let quoted = &whole[..30 + inner.local.name.len() + inner.data.len()];
            let outer = ZipEntry::stored("notes/quote", quoted);
            let at = zip.directory();
            let inside = ZipEntry {
                is_phantom: true,
                offset: Some(at + 30 + 11),
                ..inner.renamed("notes/c.txt")
            };
            zip.entries.extend([outer, inside]);
            zip.entries.swap(4, 7);
            zip.entries[4].offset = None;
        }),
        with("archive that is its own entry", "zip-truncated", |zip| {
            let size = zip.bytes().len() as u32;
            zip.entries[0].both(|header| (header.compressed, header.size) = (size, size));
        }),
        hostile("more than 64 MiB", "archive-too-large", vec![0; (64 << 20) + 1]),
    ]
}

/// Bombs within all limits: each takes the maximum work.
fn at_the_limits() -> Vec<Hostile> {
    let bulky = |label: &str, rule, change: fn(&mut ZipEntry)| {
        let bomb = with(label, rule, |zip| {
            zip.entries.extend((0..4).map(|part| BULKY.clone().renamed(format!("bulky/{part}"))));
            change(zip.entries.last_mut().expect("one"));
        });
        Hostile { unpacked: 4 * BULKY.central.size as usize, ..bomb }
    };
    vec![
        bulky("maximum inflated size with a wrong checksum at the end", "zip-checksum", |entry| {
            entry.both(|header| header.crc ^= 1);
        }),
        bulky("maximum inflated size, not listed", "sbom-omits-entry", |_| ()),
    ]
}

fn cut_off() -> Vec<Hostile> {
    let whole = pack().bytes();
    let cut =
        |at: usize| hostile(format!("cut off at {at}"), "zip-end-record", whole[..at].to_vec());
    let mut found: Vec<_> = [0, 1, 21, whole.len() / 2, whole.len() - 1].map(cut).into();
    found.push(hostile("zeros", "zip-end-record", vec![0; 1 << 16]));
    found.push(hostile("nothing but an end record", "entry-missing", Zip::default().bytes()));
    found.push(hostile(
        "nothing but end records",
        "zip-tiling",
        Zip::default().bytes().repeat(1000),
    ));
    found
}
