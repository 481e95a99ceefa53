//! `gtc pack repack`: unambiguous archives become canonical, and all others are refused.

use serde_json::{Value, json};

use super::rules::pack;
use super::{Hostile, all, container, content, open};
use gtc_archive::{ArchiveLimits, repack};
use test_support::Sandbox;
use test_support::zips::{Entry, Zip, ZipEntry, entries, pack_entries};

/// An archive with the deviations of common writers: folders, extra fields, comments, data
/// descriptors, compression, another order, no bill of materials.
fn non_canonical() -> Zip {
    let mut entries: Vec<_> =
        pack_entries().iter().map(|(name, content)| ZipEntry::deflated(name, content)).collect();
    entries.reverse();
    let folder =
        ZipEntry { external: 0o40_755 << 16 | 0x10, ..ZipEntry::stored("components/", b"") };
    entries.insert(0, folder);
    let streamed = &mut entries[1];
    let numbers = [streamed.central.crc, streamed.central.compressed, streamed.central.size];
    streamed.gap = [b"PK\x07\x08", &numbers.map(u32::to_le_bytes).concat()[..]].concat();
    streamed.both(|header| header.flags = 1 << 3 | 0b10);
    (streamed.local.crc, streamed.local.compressed, streamed.local.size) = (0, 0, 0);
    entries[2].local.extra = b"UT\x05\0\x01\0\0\0\0".to_vec();
    entries[2].central.extra = b"UT\x01\0\x01".to_vec();
    entries[3].comment = b"written by hand".to_vec();
    entries[3].both(|header| header.version = 45);
    let mut zip = Zip::new(entries);
    zip.end.comment = b"packed with love".to_vec();
    zip
}

#[test]
fn repack_makes_a_lenient_archive_canonical() {
    let sandbox = Sandbox::new();
    sandbox.write("input.zip", non_canonical().bytes());
    sandbox.pack().inspect("input.zip").exited(1);
    let report = sandbox.pack().repack("input.zip").output("pack.gtpack").succeeded().result();
    let names = [
        "manifest.cbor",
        "components/handler.manifest.cbor",
        "components/handler.wasm",
        "sbom.cbor",
    ];
    let kept = report["entries"].as_array().expect("a list");
    assert_eq!(kept.iter().map(|entry| entry["name"].clone()).collect::<Vec<_>>(), names);
    let changes: Vec<_> = kept.iter().map(|entry| entry["changes"].clone()).collect();
    assert_eq!(changes[0], json!(["moved", "inflated", "comment-dropped"]));
    assert_eq!(changes[1], json!(["inflated", "extra-fields-dropped"]));
    assert_eq!(changes[2], json!(["moved", "inflated", "data-descriptor-dropped"]));
    assert_eq!(changes[3], json!(["written"]));
    assert_eq!(
        (&report["dropped"][0]["name"], &report["unchanged"]),
        (&json!("components/"), &json!(false))
    );
    assert_eq!(report["dropped"][1], json!({"reason": "a comment of 16 bytes"}));
    let packed = sandbox.read("pack.gtpack");
    assert_eq!(
        entries(&packed).expect("canonical")[..3],
        pack_entries(),
        "the content is unchanged"
    );
    let inspected = sandbox.pack().inspect("pack.gtpack").succeeded().result();
    assert_eq!(inspected["sha256"], report["sha256"]);

    let again = sandbox.pack().repack("pack.gtpack").output("again.gtpack").human().succeeded();
    again.shows(&["repacked again.gtpack", "already canonical; nothing changed"]);
    assert_eq!(sandbox.read("again.gtpack"), packed, "same content, same bytes");
    let human = sandbox.pack().repack("input.zip").output("pack.gtpack").human().succeeded();
    human.shows(&[
        "written, because there was none",
        "dropped `components/`: a folder",
        "a comment of 16 bytes",
    ]);
}

#[test]
fn repack_keeps_a_correct_sbom() {
    let canonical = pack();
    let mut reordered = canonical.clone();
    reordered.entries.reverse();
    reordered.entries.push(ZipEntry::stored("signatures/one", b"made last"));
    let repacked = repack(&reordered.bytes(), &ArchiveLimits::default()).expect("repacked");
    let bill = |archive: &[u8]| {
        entries(archive).expect("read").into_iter().find(|(name, _)| name == "sbom.cbor")
    };
    assert_eq!(bill(&repacked.bytes), bill(&canonical.bytes()));
    let names: Vec<_> = repacked.entries.iter().map(|entry| entry.name.as_exact()).collect();
    assert_eq!((names[0], names[5], names[6]), ("manifest.cbor", "signatures/one", "sbom.cbor"));
}

#[test]
fn repack_refuses_a_wrong_sbom_or_manifest() {
    for Hostile { label, rule, bytes, .. } in content::hostile_archives() {
        let repacked = repack(&bytes, &ArchiveLimits::default());
        match label.as_str() {
            // only a missing bill of materials is added
            "no bill" => drop(repacked.expect("repacked")),
            _ => assert_eq!(repacked.expect_err(&label).rule(), rule, "{label}"),
        }
    }
}

/// All hostile archives that can be repacked: readers agree about their content.
const REPACKABLE: [&str; 17] = [
    "Zip64Field alone",
    "AlignmentField alone",
    "HeadersDiffer alone",
    "Version alone",
    "ExtraField alone",
    "comment",
    "directory in another order",
    "version of ZIP64",
    "data descriptor",
    "data descriptor without signature",
    "comment of an entry",
    "headers that disagree about the version",
    "headers that disagree about the time",
    "headers that disagree about the date",
    "extra field in the local header only",
    "extra field in the central header only",
    "no bill",
];

#[test]
fn repack_accepts_only_unambiguous_archives() {
    let original: Vec<Entry> = entries(&pack().bytes()).expect("a valid pack");
    let mut repackable = Vec::new();
    for Hostile { label, bytes, .. } in all() {
        let Ok(repacked) = repack(&bytes, &ArchiveLimits::default()) else { continue };
        open(&repacked.bytes).expect("canonical");
        let mut read = entries(&repacked.bytes).expect("canonical");
        if label != "no bill" {
            read.sort();
            let mut expected = original.clone();
            expected.sort();
            assert!(read == expected, "{label} is repacked with other content");
        }
        repackable.push(label);
    }
    assert_eq!(repackable, REPACKABLE);
    assert!(container::hostile_archives().len() > 100);
}

#[test]
fn repack_never_overwrites_its_input() {
    let sandbox = Sandbox::new();
    let bytes = non_canonical().bytes();
    let path = sandbox.write("input.zip", &bytes);
    std::os::unix::fs::symlink(&path, sandbox.home().join("link")).expect("a link");
    std::fs::hard_link(&path, sandbox.home().join("twin")).expect("a link");
    for output in ["input.zip", "./input.zip", "link", "twin", &path.display().to_string()] {
        sandbox.pack().repack("input.zip").output(output).refused(1, "conflict");
    }
    sandbox.pack().repack("link").output("input.zip").refused(1, "conflict");
    assert_eq!(std::fs::read(&path).expect("a file"), bytes);
}

#[test]
fn a_refused_repack_writes_nothing() {
    let sandbox = Sandbox::new();
    let mut zip = non_canonical();
    zip.entries.push(ZipEntry::stored("manifest.CBOR", b"another"));
    sandbox.write("hostile.zip", zip.bytes());
    let message =
        sandbox.pack().repack("hostile.zip").output("out").refused(1, "zip-duplicate-name");
    assert!(message.contains("hostile.zip") && message.contains("manifest.CBOR"), "{message}");
    assert!(!sandbox.home().join("out").exists());
    sandbox.pack().repack("absent.zip").output("out").refused(1, "file-not-found");
    sandbox.pack().repack("hostile.zip").refused(2, "invalid-argument");
    sandbox.write("valid.gtpack", pack().bytes());
    sandbox.pack().repack("valid.gtpack").output("/nowhere/out").refused(2, "io");
    let schema: Value = serde_json::from_str(&sandbox.gtc(["pack", "repack", "--schema"]).stdout)
        .expect("a schema");
    assert_eq!(schema["required"], json!(["archive", "output"]));
}
