//! The time and the memory that a hostile pack costs, before any of it runs.
//!
//! Each pack is about 1 MiB, or small and decodes to much more. Reading it takes at most twice the
//! CPU time of a well-formed pack of 4,000 files and 1 MiB, and at most 16 MiB of memory in
//! addition to the archive and to its largest component.

use std::time::Duration;

use serde_json::{Value, json};

use test_support::Sandbox;
use test_support::footprint::show;
use test_support::memory::{cpu_time, watched};
use test_support::zips::{Entry, Zip, ZipEntry, bill, cbor, sealed};

/// The size of a hostile document, which must be smaller than `archive.manifest-bytes`.
const SIZE: usize = 1_000_000;
/// The default of the limit `archive.document-items`, less the items around a hostile value.
const ITEMS: usize = 49_900;
/// The memory that a pack may take in addition to its archive and its largest component.
const MEMORY_KIB: u64 = 16 << 10;
/// Time of a hostile pack divided by that of the well-formed one.
const TIMES: f64 = 2.0;
const ROUNDS: usize = 8;

/// A list of equal items, in CBOR.
fn list(item: &[u8], items: usize) -> Vec<u8> {
    let mut bytes = vec![0x9a];
    bytes.extend((items as u32).to_be_bytes());
    bytes.extend(item.repeat(items));
    bytes
}

/// A map of different keys, in CBOR.
fn map(items: usize) -> Vec<u8> {
    let mut bytes = vec![0xba];
    bytes.extend((items as u32).to_be_bytes());
    for at in 0..items {
        bytes.extend(cbor(&format!("{at}")));
        bytes.push(0);
    }
    bytes
}

/// A legacy manifest without components, with an extension of this value.
fn manifest(value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xa3];
    bytes.extend(cbor(&"meta"));
    bytes.extend(cbor(&json!({"pack_id": "acme.large", "version": "1.0.0"})));
    bytes.extend(cbor(&"components"));
    bytes.push(0x80);
    bytes.extend(cbor(&"extensions"));
    bytes.push(0xa1);
    bytes.extend(cbor(&"x"));
    bytes.push(0xa3);
    for (name, text) in [("kind", "x"), ("version", "1.0.0")] {
        bytes.extend(cbor(&name));
        bytes.extend(cbor(&text));
    }
    bytes.extend(cbor(&"inline"));
    bytes.extend(value);
    bytes
}

fn with_manifest(manifest: Vec<u8>) -> Vec<u8> {
    Zip::stored(&sealed(vec![("manifest.cbor".to_owned(), manifest)])).bytes()
}

/// A pack with these entries in addition to its manifest.
fn with_entries(entries: impl Iterator<Item = Entry>) -> Vec<u8> {
    let manifest = ("manifest.cbor".to_owned(), manifest(&[0]));
    Zip::stored(&sealed(std::iter::once(manifest).chain(entries).collect())).bytes()
}

/// A pack whose bill of materials has these rows in addition.
fn with_rows(row: impl Fn(usize) -> Value, rows: usize, name: &str) -> Vec<u8> {
    let manifest = ("manifest.cbor".to_owned(), manifest(&[0]));
    let mut bill = bill(std::slice::from_ref(&manifest));
    bill["files"].as_array_mut().expect("a list").extend((0..rows).map(row));
    let is_json = name.ends_with(".json");
    let bill = if is_json { bill.to_string().into_bytes() } else { cbor(&bill) };
    Zip::stored(&[manifest, (name.to_owned(), bill)]).bytes()
}

/// A list in a list, and so on.
fn nested() -> Vec<u8> {
    [vec![0x81; 49], vec![0]].concat()
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let row = |at| json!({"path": format!("{at}"), "size": 0, "hash_blake3": "", "media_type": ""});
    let component = |at| json!({"name": format!("{at}"), "file_wasm": format!("{at}").repeat(15)});
    let components: Vec<Value> = (0..9_900).map(component).collect();
    let meta = json!({"pack_id": "acme.large", "version": "1.0.0"});
    let vendor = json!({"pack_id": "acme.large", "version": "1.0.0", "vendor": "a".repeat(SIZE)});
    vec![
        ("numbers", with_manifest(manifest(&list(&[0], SIZE)))),
        ("numbers, up to the limit", with_manifest(manifest(&list(&[0], ITEMS)))),
        ("lists", with_manifest(manifest(&list(&[0x80], SIZE)))),
        ("lists, up to the limit", with_manifest(manifest(&list(&[0x81, 0], ITEMS / 2)))),
        ("maps", with_manifest(manifest(&list(&[0xa1, 0x60, 0], SIZE / 3)))),
        ("maps, up to the limit", with_manifest(manifest(&list(&[0xa1, 0x60, 0], ITEMS / 3)))),
        ("deep lists", with_manifest(manifest(&list(&nested(), SIZE / 50)))),
        ("deep lists, up to the limit", with_manifest(manifest(&list(&nested(), ITEMS / 50)))),
        ("a wide map", with_manifest(manifest(&map(SIZE / 8)))),
        ("a wide map, up to the limit", with_manifest(manifest(&map(ITEMS / 2)))),
        ("a text", with_manifest(manifest(&cbor(&"a".repeat(SIZE))))),
        ("a long name", with_manifest(cbor(&json!({"meta": vendor, "components": []})))),
        ("components", with_manifest(cbor(&json!({"meta": meta, "components": components})))),
        ("rows of a bill", with_rows(row, 5_000, "sbom.cbor")),
        ("rows of a bill, beyond the limit", with_rows(row, 18_000, "sbom.cbor")),
        ("rows of a bill in JSON", with_rows(row, 16_000, "sbom.json")),
        ("files in many folders", {
            let name = |at| format!("{at}{}", "/a".repeat(95));
            with_entries((0..1_400).map(|at| (name(at), Vec::new())))
        }),
    ]
}

#[track_caller]
fn best_time(sandbox: &Sandbox, words: &str, file: &str) -> Duration {
    let times = (0..3).map(|_| cpu_time(&mut sandbox.verb(words).arg(file).command()).1);
    times.min().expect("a time")
}

#[test]
fn a_hostile_pack_costs_no_more_time_than_a_large_one() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "large.gtpack",
        with_entries((0..4_000).map(|at| (format!("{at}/file"), vec![0; 50]))),
    );
    let hostile = hostile();
    for (at, (_, bytes)) in hostile.iter().enumerate() {
        assert!(bytes.len() < SIZE * 6 / 5, "{}", bytes.len());
        sandbox.write(format!("{at}.gtpack"), bytes);
    }
    for words in ["pack inspect", "pack validate"] {
        let mut reference = Duration::MAX;
        let mut times = vec![Duration::MAX; hostile.len()];
        for _ in 0..ROUNDS {
            reference = reference.min(best_time(&sandbox, words, "large.gtpack"));
            let limit = reference.mul_f64(TIMES);
            for (at, time) in times.iter_mut().enumerate().filter(|(_, time)| **time > limit) {
                *time = best_time(&sandbox, words, &format!("{at}.gtpack")).min(*time);
            }
            if times.iter().all(|time| *time <= limit) {
                break;
            }
        }
        for ((name, _), time) in hostile.iter().zip(&times) {
            show(&format!("{words}: {name}: {time:?}, {reference:?} for a large pack"));
            assert!(*time <= reference.mul_f64(TIMES), "{words}: {name}: {time:?}, {reference:?}");
        }
    }
}

/// The peak memory of a command, in KiB.
fn peak(sandbox: &Sandbox, words: &str, file: &str) -> u64 {
    peak_of_runs(sandbox, words, file, 3)
}

/// The peak memory of a command with a small pack, in KiB. The process ends so soon that most looks
/// at it come before its peak, if the machine is busy.
fn base(sandbox: &Sandbox, words: &str) -> u64 {
    peak_of_runs(sandbox, words, "small.gtpack", 25)
}

fn peak_of_runs(sandbox: &Sandbox, words: &str, file: &str, runs: usize) -> u64 {
    let peaks = (0..runs).map(|_| watched(&mut sandbox.verb(words).arg(file).command()).1);
    peaks.max().expect("a peak")
}

#[test]
fn a_hostile_pack_takes_little_memory() {
    let sandbox = Sandbox::new();
    sandbox.write("small.gtpack", with_entries(std::iter::empty()));
    for words in ["pack inspect", "pack validate"] {
        let small = base(&sandbox, words);
        for (name, bytes) in hostile() {
            sandbox.write("hostile.gtpack", &bytes);
            let peak = peak(&sandbox, words, "hostile.gtpack");
            let beyond = peak.saturating_sub(small + (bytes.len() as u64 >> 10));
            show(&format!("{words}: {name}: {beyond} KiB"));
            assert!(beyond <= MEMORY_KIB, "{words}: {name}: {beyond} KiB");
        }
    }
}

/// The components of an archive of 2 MiB take 80 MiB, but not at the same time.
#[test]
fn components_are_inflated_one_at_a_time() {
    const COMPONENT: usize = 20 << 20;
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c", "d"];
    let component = |name: &str| {
        let mut content = b"\0asm\x0d\0\x01\0".to_vec();
        // so that it is not compressed more than the limit allows
        let mut random = fastrand::Rng::with_seed(7);
        while content.len() < COMPONENT {
            content.extend([0; 400]);
            content.extend(random.u64(..).to_le_bytes());
        }
        (format!("{name}.wasm"), content)
    };
    let components = names.map(|name| {
        json!({"name": name, "file_wasm": format!("{name}.wasm"), "world": "greentic:env-pack/env-pack-handler@0.1.0"})
    });
    let meta = json!({"pack_id": "acme.large", "version": "1.0.0"});
    let manifest = cbor(&json!({"meta": meta, "components": components}));
    let mut entries = vec![("manifest.cbor".to_owned(), manifest)];
    entries.extend(names.map(component));
    let entries = sealed(entries);
    let zip = Zip::new(entries.iter().map(|(name, content)| ZipEntry::deflated(name, content)));
    let bytes = zip.bytes();
    assert!(bytes.len() < COMPONENT / 8, "{}", bytes.len());
    sandbox.write("hostile.gtpack", &bytes);
    sandbox.write("small.gtpack", with_entries(std::iter::empty()));
    let allowed = MEMORY_KIB + ((bytes.len() + COMPONENT) as u64 >> 10);
    for words in ["pack inspect", "pack validate"] {
        let beyond = peak(&sandbox, words, "hostile.gtpack") - base(&sandbox, words);
        show(&format!("{words}: {beyond} KiB of {allowed}"));
        assert!(beyond <= allowed, "{words}: {beyond} KiB, more than {allowed}");
    }
}

/// Names of a pack that every command prints.
#[test]
fn long_names_are_refused_in_few_words() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(300);
    let meta = |member: &str| {
        let mut meta = json!({"pack_id": "acme.large", "version": "1.0.0", "vendor": "acme"});
        meta[member] =
            if member == "version" { format!("1.0.0-{long}") } else { long.clone() }.into();
        json!({"meta": meta, "components": []})
    };
    let component = |member: &str| {
        let mut component = json!({"name": "a", "file_wasm": "a.wasm", "world": ""});
        component[member] = long.clone().into();
        let meta = json!({"pack_id": "acme.large", "version": "1.0.0"});
        json!({"meta": meta, "components": [component]})
    };
    for (what, manifest) in [
        ("the id has 300 bytes, more than 256", meta("pack_id")),
        ("the version has 306 bytes, more than 256", meta("version")),
        ("the publisher has 300 bytes, more than 256", meta("vendor")),
        ("the id of a component has 300 bytes, more than 256", component("name")),
        ("the world of a component has 300 bytes, more than 256", component("world")),
    ] {
        sandbox.write("long.gtpack", with_manifest(cbor(&manifest)));
        let message = sandbox.pack().inspect("long.gtpack").refused(1, "document-invalid");
        assert!(message.contains(what) && message.len() < 400, "{message}");
    }
}
