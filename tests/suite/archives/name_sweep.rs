//! Independent zip readers extract every admitted name as it is: a sweep over all bytes, in every
//! place of a name, and over names that some reader is known to change.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::json;

use super::open;
use test_support::Sandbox;
use test_support::zips::{Entry, Zip, ZipEntry, pack_entries, sealed};

/// The places of a character in a name.
const PLACES: [&str; 11] =
    ["#", "#a", "a#b", "a#", "a#1", "a#1.w", "a.#", "d#1/x", "##", "x/#", "-#"];

/// Names with a meaning for some reader: versions, metadata, escapes, short names, file types.
const NAMES: [&str; 20] = [
    "v/a;1",
    "v/a;12",
    "__MACOSX/._a",
    "__MACOSX/d/._a",
    "d/__MACOSX/._a",
    "d/._a",
    ".DS_Store",
    "d/a%00b",
    "d/a%2fb",
    "META-INF/MANIFEST.MF",
    "META-INF/x",
    "[Content_Types].xml",
    "@LongLink",
    "PaxHeader/x",
    "d/HANDLE~1.WAS",
    "d/a,ffd",
    "d/$x",
    "desktop.ini",
    "d/a.lnk",
    "d/CLOCK$x",
];

/// The systems that an archive can claim to be made on: DOS, OpenVMS, Unix, Windows and macOS.
/// Some readers translate names by it.
const SYSTEMS: [u8; 5] = [0, 2, 3, 10, 19];

/// The swept names that a pack may have.
static ADMITTED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let bytes = (0..=255_u8).flat_map(|byte| {
        PLACES.iter().enumerate().map(move |(at, place)| {
            // each in a folder of its own, because names must differ without their case
            let name = format!("s/{byte}/{at}/{place}").into_bytes();
            name.split(|it| *it == b'#').collect::<Vec<_>>().join(&byte)
        })
    });
    let names = bytes.chain(NAMES.iter().map(|name| name.as_bytes().to_vec()));
    let base = Zip::stored(&sealed(pack_entries()));
    names.filter(|name| is_admitted(&base, name)).collect()
});

/// Returns true if this pack, with an entry of this name, is opened.
fn is_admitted(base: &Zip, name: &[u8]) -> bool {
    let mut zip = base.clone();
    // no bill of materials lists it, and some of the names are not text
    zip.entries.push(ZipEntry::stored([b"signatures/", name].concat(), b""));
    open(&zip.bytes()).is_ok()
}

/// A pack with an entry for each admitted name, whose content is the name.
fn pack(system: u8) -> (Vec<u8>, Vec<Entry>) {
    let mut entries = pack_entries();
    entries.extend(ADMITTED.iter().cloned().map(|name| {
        let text = String::from_utf8(name.clone()).expect("admitted names are ASCII");
        (text, name)
    }));
    let entries = sealed(entries);
    let mut zip = Zip::stored(&entries);
    for entry in &mut zip.entries {
        (entry.made_by, entry.external) = (u16::from(system) << 8 | 20, 0);
    }
    (zip.bytes(), entries)
}

/// The regular files below a folder, with their names and content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder");
                let name = name.to_str().expect("text").to_owned();
                found.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// Has a reader extract the sweep into its current folder, and compares every name and content.
#[track_caller]
fn extracts_every_name(command: &[&str]) {
    for system in SYSTEMS {
        let (bytes, entries) = pack(system);
        let home = tempfile::tempdir().expect("a folder");
        let archive = home.path().join("sweep.zip");
        std::fs::write(&archive, bytes).expect("a file");
        let folder = home.path().join("extracted");
        std::fs::create_dir(&folder).expect("a folder");
        let mut reader = Command::new(command[0]);
        reader.args(&command[1..]).arg(&archive).current_dir(&folder).stdin(Stdio::null());
        let output = reader.output().expect("the reader is installed");
        let extracted = files(&folder);
        let changed: Vec<_> = entries
            .iter()
            .filter(|(name, content)| extracted.get(name) != Some(content))
            .map(|(name, _)| name)
            .collect();
        assert!(changed.is_empty(), "{command:?}, system {system}: {changed:?}, {output:?}");
        assert_eq!(extracted.len(), entries.len(), "{command:?}, system {system}");
        assert!(output.status.success(), "{command:?}, system {system}: {output:?}");
    }
}

#[test]
fn gtc_reads_every_name_of_the_sweep() {
    let (bytes, entries) = pack(3);
    let opened = open(&bytes).expect("admitted");
    let read: Vec<_> = opened.entries.iter().map(|entry| entry.name.as_exact()).collect();
    assert_eq!(read, entries.iter().map(|(name, _)| name).collect::<Vec<_>>());
    assert!(entries.len() > 700, "{} names", entries.len());
}

/// With Info-ZIP, an auditor would have read the last of the two files.
#[test]
fn a_component_with_a_twin_for_some_reader_is_refused() {
    let sandbox = Sandbox::new();
    for twin in ["components/handler.wasm;1", "components/HANDLE~1.WAS", "__MACOSX/._handler"] {
        let mut entries = pack_entries();
        entries.push((twin.to_owned(), b"\0asm\x0d\0\x01\0 of an auditor".to_vec()));
        sandbox.write("twin.gtpack", Zip::stored(&sealed(entries)).bytes());
        let report = sandbox.pack().validate("twin.gtpack").exited(1).result();
        let finding = &report["packs"][0]["findings"][0];
        assert_eq!((&finding["code"], &finding["subject"]), (&json!("zip-name"), &json!(twin)));
    }
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn python_extracts_every_name() {
    let script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall()";
    extracts_every_name(&["python3", "-c", script]);
}

#[test]
#[ignore = "needs unzip; `cargo xtask test` runs it"]
fn info_zip_extracts_every_name() {
    extracts_every_name(&["unzip", "-q"]);
}

#[test]
#[ignore = "needs bsdtar; `cargo xtask test` runs it"]
fn bsdtar_extracts_every_name() {
    extracts_every_name(&["bsdtar", "-xf"]);
    // as on macOS, where this is the default
    extracts_every_name(&["bsdtar", "--options", "zip:mac-ext", "-xf"]);
}

#[test]
#[ignore = "needs 7z; `cargo xtask test` runs it"]
fn seven_zip_extracts_every_name() {
    extracts_every_name(&["7z", "x", "-y"]);
}

#[test]
#[ignore = "needs a JDK; `cargo xtask test` runs it"]
fn java_extracts_every_name() {
    extracts_every_name(&["jar", "--extract", "--file"]);
}
