//! Packs whose container or documents are broken.

use std::path::PathBuf;

use gtc_archive::ZipRule;
use serde_json::{Value, json};

use super::{Broken, handler, pack_of};
use crate::archives::rules::{In, breaks, pack};
use test_support::Sandbox;
use test_support::zips::{Entry, Zip, ZipEntry, bill, cbor, entries, sealed};

pub fn broken() -> Vec<Broken> {
    let mut broken: Vec<Broken> = ZipRule::ALL.iter().map(|rule| of_rule(*rule)).collect();
    broken.extend([
        Broken::new("bare-component", "a component without a pack", handler().component()),
        Broken::new(
            "archive-too-large",
            "an archive beyond its cap",
            pack_of(handler().component()),
        )
        .flags(&["--limit", "archive.bytes=1KiB"]),
    ]);
    broken.extend(documents());
    broken.extend(bills());
    broken.extend(odd());
    broken.extend(signatures());
    broken
}

fn of_rule(rule: ZipRule) -> Broken {
    let mut zip = pack();
    breaks(&mut zip, rule, In::First);
    Broken::new(rule.name(), format!("{rule:?} broken"), zip.bytes())
}

/// The entries of a valid pack without its bill of materials.
pub fn valid() -> Vec<Entry> {
    let mut entries = entries(&pack_of(handler().component())).expect("a valid pack");
    entries.retain(|(name, _)| name != "sbom.cbor");
    entries
}

fn zipped(entries: &[Entry]) -> Vec<u8> {
    Zip::stored(entries).bytes()
}

fn documents() -> Vec<Broken> {
    let manifest = |content: Vec<u8>| {
        let mut entries = valid();
        entries[0].1 = content;
        zipped(&sealed(entries))
    };
    let sbom = |content: Vec<u8>| {
        let mut entries = valid();
        entries.push(("sbom.cbor".to_owned(), content));
        zipped(&entries)
    };
    let too_large = vec![0; (1 << 20) + 1];
    vec![
        Broken::new("manifest-missing", "no manifest", zipped(&sealed(valid()[1..].to_vec()))),
        Broken::new(
            "manifest-too-large",
            "a manifest of a MiB and a byte",
            manifest(too_large.clone()),
        ),
        Broken::new("manifest-invalid", "a manifest that is none", manifest(b"\xa0".to_vec())),
        Broken::new("sbom-missing", "no bill", zipped(&valid())),
        Broken::new("sbom-too-large", "a bill of a MiB and a byte", sbom(too_large)),
        Broken::new("sbom-invalid", "a bill that is none", sbom(b"\xa0".to_vec())),
    ]
}

fn bills() -> Vec<Broken> {
    let with = |code, change: &dyn Fn(&mut Value)| {
        let mut entries = valid();
        let mut document = bill(&entries);
        change(&mut document);
        entries.push(("sbom.cbor".to_owned(), cbor(&document)));
        Broken::new(code, format!("a bill for {code}"), zipped(&entries))
    };
    let files = |document: &mut Value| document["files"].as_array_mut().expect("a list").clone();
    vec![
        with("sbom-lists-absent-entry", &|document| {
            let mut absent = files(document)[0].clone();
            absent["path"] = json!("notes/absent.txt");
            document["files"].as_array_mut().expect("a list").push(absent);
        }),
        with("sbom-omits-entry", &|document| {
            drop(document["files"].as_array_mut().expect("a list").pop())
        }),
        with("sbom-lists-entry-twice", &|document| {
            let twice = files(document)[0].clone();
            document["files"].as_array_mut().expect("a list").push(twice);
        }),
        with("sbom-size-differs", &|document| document["files"][1]["size"] = json!(1)),
        with("sbom-hash-differs", &|document| {
            document["files"][1]["hash_blake3"] = json!("0".repeat(64))
        }),
    ]
}

/// Archives with entries in the wrong order.
fn odd() -> Vec<Broken> {
    let mut bill_first = sealed(valid());
    bill_first.swap(1, 2);
    let last = bill_first.len() - 1;
    bill_first.swap(1, last);
    let mut manifest_late = sealed(valid());
    manifest_late.swap(0, 1);
    vec![
        Broken::new("entry-order", "a bill that is not the last", zipped(&bill_first)),
        Broken::new("entry-order", "a manifest that is not the first", zipped(&manifest_late)),
    ]
}

fn signatures() -> Vec<Broken> {
    let sandbox = Sandbox::new();
    let other = sandbox.valid_pack("state", "test.state.other", "^1");
    let key = sandbox.key("key");
    let sig: PathBuf = sandbox.sign(&other, &key);
    let signature = std::fs::read(sig).expect("a signature");
    let pack = pack_of(handler().component());
    let with = |code, flags| Broken {
        signature: Some(signature.clone()),
        ..Broken::new(code, "the signature of another pack", pack.clone()).flags(flags)
    };
    vec![
        Broken::new("unsigned", "no signature", pack.clone()).flags(&["--require-signature"]),
        with("signature-refused", &["--require-signature"]),
        with("signature-useless", &[]),
    ]
}

/// All problems are reported, and what could not be examined because of them.
#[test]
fn all_problems_of_an_archive_are_reported() {
    let sandbox = Sandbox::new();
    let mut entries = valid();
    let mut document = bill(&entries);
    document["files"][0]["size"] = json!(1);
    document["files"][1]["hash_blake3"] = json!("0".repeat(64));
    entries.push(("assets/unlisted".to_owned(), b"x".to_vec()));
    entries.push(("sbom.cbor".to_owned(), cbor(&document)));
    let path = sandbox.write("many.gtpack", zipped(&entries));
    let ran = sandbox.pack().validate(&path).exited(1);
    let findings = super::findings(&ran);
    let expected = ["sbom-hash-differs", "sbom-omits-entry", "sbom-size-differs"];
    assert_eq!(super::codes(&findings).into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(
        ran.result()["packs"][0]["stopped"],
        "the handlers were not run, because the archive is not valid"
    );
    assert_eq!(ran.result()["packs"][0]["handlers"], json!([]));

    let mut zip = pack();
    zip.entries.push(ZipEntry::stored("a\\b", b""));
    let path = sandbox.write("one.gtpack", zip.bytes());
    let ran = sandbox.pack().validate(&path).exited(1);
    let finding = &super::findings(&ran)[0];
    assert_eq!((&finding["code"], &finding["subject"]), (&json!("zip-name"), &json!("a\\b")));
    let stopped = "the contents were not examined, because the container is not valid";
    assert_eq!(ran.result()["packs"][0]["stopped"], stopped);
    assert_eq!(finding["help"], "docs/validate.md#zip-name");
}

/// A bill of materials with thousands of problems makes a report of limited length.
#[test]
fn a_hostile_bill_does_not_flood_the_report() {
    let sandbox = Sandbox::new();
    let mut entries = valid();
    let mut document = bill(&entries);
    let lie = |at: usize| json!({"path": format!("x{at}"), "size": 0, "hash_blake3": "", "media_type": ""});
    document["files"].as_array_mut().expect("a list").extend((0..3_000).map(lie));
    entries.push(("sbom.cbor".to_owned(), cbor(&document)));
    let path = sandbox.write("many.gtpack", zipped(&entries));
    let ran = sandbox.pack().validate(&path).exited(1);
    assert_eq!(
        (super::findings(&ran).len(), &ran.result()["packs"][0]["omitted"]),
        (200, &json!(2_800))
    );
}
