//! The documents of a pack: its manifest, its bill of materials, and the directory of its archive.

use std::process::Command;

use serde_json::{Value, json};

use super::check;
use test_support::Sandbox;
use test_support::zips::{Zip, bill, cbor, sealed};

/// A legacy manifest with these components and declared handlers, which are not in the archive.
fn manifest(components: usize, declared: usize) -> Value {
    let component = |at| json!({"name": format!("c{at}"), "file_wasm": format!("c{at}.wasm")});
    let handler = |at| {
        json!({"component": format!("c{at}"), "slot": "state", "descriptor_path": "acme.state",
               "supported_versions": "*"})
    };
    let inline: Vec<Value> = (0..declared).map(handler).collect();
    json!({
        "meta": {"pack_id": "acme.state", "version": "1.0.0"},
        "components": (0..components).map(component).collect::<Vec<_>>(),
        "extensions": {"greentic.env-pack.v1":
            {"kind": "greentic.env-pack.v1", "version": "1.0.0", "inline": {"handlers": inline}}},
    })
}

/// Validates a pack without the limits that keep its documents small.
fn validate(sandbox: &Sandbox, archive: &Zip) -> Command {
    let file = sandbox.write("pack.gtpack", archive.bytes());
    let validate = sandbox.pack().validate(file);
    let limits = [
        "archive.manifest-bytes=1GiB",
        "archive.document-items=100000000",
        "archive.entries=60000",
    ];
    limits.into_iter().fold(validate, |validate, limit| validate.limit(limit)).command()
}

#[test]
fn components_and_handlers_of_a_manifest() {
    let pack =
        |manifest: Value| Zip::stored(&sealed(vec![("manifest.cbor".to_owned(), cbor(&manifest))]));
    for (what, components, declared) in [("components", 1, 0), ("declared", 0, 1), ("both", 1, 1)] {
        check(what, 3_000, 1, |sandbox, number| {
            validate(sandbox, &pack(manifest(components * number, declared * number)))
        });
    }
    check("permissions", 5_000, 0, |sandbox, number| {
        let mut manifest = manifest(1, 1);
        let tools: Vec<Value> = (0..number).map(|at| json!({"tool": format!("t{at}")})).collect();
        let network: Vec<String> = (0..number).map(|at| format!("a{at}:1")).collect();
        let inline = &mut manifest["extensions"]["greentic.env-pack.v1"]["inline"];
        inline["handlers"][0]["permissions"] = json!({"tools": tools, "network": network});
        manifest["components"][0]["world"] = "greentic:env-pack/env-pack-handler@0.1.0".into();
        let component = ("c0.wasm".to_owned(), b"\0asm\x0d\0\x01\0".to_vec());
        let entries = vec![("manifest.cbor".to_owned(), cbor(&manifest)), component];
        let file = sandbox.write("pack.gtpack", Zip::stored(&sealed(entries)).bytes());
        let inspect = sandbox.pack().inspect(file).limit("archive.manifest-bytes=1GiB");
        inspect.limit("archive.document-items=100000000").command()
    });
}

#[test]
fn rows_of_a_bill_of_materials() {
    let entries = |number: usize| {
        let manifest = ("manifest.cbor".to_owned(), cbor(&manifest(0, 0)));
        let mut bill = bill(std::slice::from_ref(&manifest));
        let row =
            |at| json!({"path": format!("{at}"), "size": 0, "hash_blake3": "", "media_type": ""});
        bill["files"].as_array_mut().expect("a list").extend((0..number).map(row));
        (manifest, bill)
    };
    check("sbom.cbor", 7_500, 1, |sandbox, number| {
        let (manifest, bill) = entries(number);
        validate(sandbox, &Zip::stored(&[manifest, ("sbom.cbor".to_owned(), cbor(&bill))]))
    });
    check("sbom.json", 7_500, 1, |sandbox, number| {
        let (manifest, bill) = entries(number);
        let bill = ("sbom.json".to_owned(), bill.to_string().into_bytes());
        validate(sandbox, &Zip::stored(&[manifest, bill]))
    });
}

#[test]
fn entries_of_an_archive() {
    for (what, folders) in [("flat", 0), ("deep", 90)] {
        check(what, 2_500, 0, |sandbox, number| {
            let manifest = ("manifest.cbor".to_owned(), cbor(&manifest(0, 0)));
            let empty = (0..number).map(|at| (format!("{at}{}", "/a".repeat(folders)), Vec::new()));
            let entries = std::iter::once(manifest).chain(empty).collect();
            validate(sandbox, &Zip::stored(&sealed(entries)))
        });
    }
}
