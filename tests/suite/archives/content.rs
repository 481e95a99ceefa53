//! Canonical containers with wrong bills of materials, manifests and declarations.

use greentic_types::pack_manifest::{ExtensionInline, ExtensionRef};
use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use serde_json::{Value, json};

use super::{Hostile, hostile, open};
use test_support::memory::watched;
use test_support::zips::{Entry, Zip, bill, cbor, pack_entries, sealed};
use test_support::{Sandbox, gtc, run};

const EXTENSION: &str = "greentic.env-pack.v1";

pub fn hostile_archives() -> Vec<Hostile> {
    bills().into_iter().chain(documents()).chain(manifests()).chain(declarations()).collect()
}

/// A pack with a changed bill of materials.
fn with_bill(
    label: &str,
    rule: &'static str,
    change: impl FnOnce(&mut Value, &mut Vec<Entry>),
) -> Hostile {
    let mut entries = pack_entries();
    let mut document = bill(&entries);
    change(&mut document, &mut entries);
    entries.push(("sbom.cbor".to_owned(), cbor(&document)));
    hostile(label, rule, Zip::stored(&entries).bytes())
}

fn bills() -> Vec<Hostile> {
    let files = |document: &mut Value| document["files"].as_array_mut().expect("a list").clone();
    vec![
        with_bill("missing entry listed", "sbom-lists-absent-entry", |document, _| {
            let mut absent = files(document)[0].clone();
            absent["path"] = "notes/absent.txt".into();
            document["files"].as_array_mut().expect("a list").push(absent);
        }),
        with_bill("entry taken out", "sbom-lists-absent-entry", |_, entries| drop(entries.pop())),
        with_bill("entry not listed", "sbom-omits-entry", |_, entries| {
            entries.push(("notes/extra.txt".to_owned(), b"smuggled".to_vec()));
        }),
        with_bill("bill without the component", "sbom-omits-entry", |document, _| {
            document["files"].as_array_mut().expect("a list").pop();
        }),
        with_bill("empty bill", "sbom-omits-entry", |document, _| document["files"] = json!([])),
        with_bill("entry listed twice", "sbom-lists-entry-twice", |document, _| {
            let twice = files(document)[0].clone();
            document["files"].as_array_mut().expect("a list").push(twice);
        }),
        with_bill("other path in the bill", "sbom-omits-entry", |document, _| {
            document["files"][2]["path"] = "components/Handler.wasm".into();
        }),
        with_bill("other content", "sbom-mismatch", |_, entries| entries[2].1[0] ^= 1),
        with_bill("other size", "sbom-mismatch", |document, _| {
            document["files"][2]["size"] = 1.into()
        }),
        with_bill("other hash", "sbom-mismatch", |document, _| {
            document["files"][2]["hash_blake3"] = "0".repeat(64).into();
        }),
        with_bill("hash cut short", "sbom-mismatch", |document, _| {
            let hash =
                document["files"][2]["hash_blake3"].as_str().expect("a hash")[..8].to_owned();
            document["files"][2]["hash_blake3"] = hash.into();
        }),
        with_bill("no hash", "sbom-mismatch", |document, _| {
            document["files"][2]["hash_blake3"] = "".into()
        }),
        with_bill("hash of another kind", "document-invalid", |document, _| {
            document["files"][2]["hash_blake3"] = json!([1, 2]);
        }),
        with_bill("negative size", "document-invalid", |document, _| {
            document["files"][2]["size"] = json!(-1)
        }),
        with_bill("bill of itself", "sbom-mismatch", |document, _| {
            let mut own = files(document)[0].clone();
            own["path"] = "sbom.cbor".into();
            document["files"].as_array_mut().expect("a list").push(own);
        }),
        with_bill("bill of another format", "document-invalid", |document, _| {
            document["format"] = "greentic-sbom-v2".into();
        }),
        with_bill("bill of something else", "document-invalid", |document, _| {
            *document = json!("hello")
        }),
        hostile("no bill", "entry-missing", Zip::stored(&pack_entries()).bytes()),
        hostile(
            "no manifest",
            "entry-missing",
            Zip::stored(&sealed(pack_entries()[1..].to_vec())).bytes(),
        ),
    ]
}

/// Malformed CBOR as manifest and as bill of materials.
fn documents() -> Vec<Hostile> {
    let long = |first: u8, length: u64| [&[first][..], &length.to_be_bytes()].concat();
    let nested = |open: &[u8], levels: usize| [open.repeat(levels), b"\0".to_vec()].concat();
    let documents: [(&str, Vec<u8>); 19] = [
        ("nothing", Vec::new()),
        ("not CBOR", b"\xff\xff".to_vec()),
        ("text", b"schema_version: pack-v1".to_vec()),
        ("a number", b"\0".to_vec()),
        ("an empty map", b"\xa0".to_vec()),
        ("100,000 arrays in each other", nested(b"\x81", 100_000)),
        ("100,000 maps in each other", nested(b"\xa1\x61a", 80_000)),
        ("100,000 endless arrays", nested(b"\x9f", 100_000)),
        ("100,000 tags", nested(b"\xc1", 100_000)),
        ("100,000 texts in each other", nested(b"\x7f", 100_000)),
        ("a text of 2⁶⁴ bytes", long(0x7b, u64::MAX)),
        ("bytes of 2⁶³", long(0x5b, 1 << 63)),
        ("bytes of 4 GiB", long(0x5b, 1 << 32)),
        ("an array of 2⁶⁴", long(0x9b, u64::MAX)),
        ("an array of 2³²", long(0x9b, 1 << 32)),
        ("a map of 2⁶⁴", long(0xbb, u64::MAX)),
        ("a million empty arrays", [&[0x9a, 0, 0x0f, 0x42, 0x40][..], &[0x80; 1_000_000]].concat()),
        ("500,000 endless texts", [&[0x9f][..], &b"\x7f\xff".repeat(500_000), b"\xff"].concat()),
        ("a map with 60,000 keys", [&[0xb9, 0xea, 0x60][..], &b"\x61a\0".repeat(60_000)].concat()),
    ];
    let mut found = Vec::new();
    for (label, document) in documents {
        let mut entries = pack_entries();
        entries[0].1.clone_from(&document);
        found.push(hostile(
            format!("manifest: {label}"),
            "document-invalid",
            Zip::stored(&sealed(entries)).bytes(),
        ));
        let mut entries = pack_entries();
        entries.push(("sbom.cbor".to_owned(), document));
        found.push(hostile(
            format!("bill: {label}"),
            "document-invalid",
            Zip::stored(&entries).bytes(),
        ));
    }
    // some decoders take a key of bytes for the text of the same bytes
    let mut entries = pack_entries();
    entries[0].1 = with_key_as_bytes(&entries[0].1, "publisher");
    found.push(hostile(
        "manifest: a key of bytes",
        "document-invalid",
        Zip::stored(&sealed(entries)).bytes(),
    ));
    let mut entries = sealed(pack_entries());
    let bill = entries.last_mut().expect("a bill");
    bill.1 = with_key_as_bytes(&bill.1, "hash_blake3");
    found.push(hostile("bill: a key of bytes", "document-invalid", Zip::stored(&entries).bytes()));
    let huge = || ("sbom.cbor".to_owned(), vec![0; (1 << 20) + 1]);
    let mut entries = pack_entries();
    entries[0].1 = huge().1;
    found.push(hostile(
        "manifest too large",
        "document-too-large",
        Zip::stored(&sealed(entries)).bytes(),
    ));
    let entries: Vec<_> = pack_entries().into_iter().chain([huge()]).collect();
    found.push(hostile("bill too large", "document-too-large", Zip::stored(&entries).bytes()));
    let mut entries = pack_entries();
    entries[0].1.push(0);
    found.push(hostile(
        "manifest and a byte",
        "document-invalid",
        Zip::stored(&sealed(entries)).bytes(),
    ));
    found
}

/// A document in CBOR in which the first key of this name is a byte string instead of a text.
fn with_key_as_bytes(document: &[u8], key: &str) -> Vec<u8> {
    let text = [&[0x60 | key.len() as u8], key.as_bytes()].concat();
    let at = document.windows(text.len()).position(|found| found == text).expect("a short key");
    let mut changed = document.to_vec();
    changed[at] = 0x40 | key.len() as u8;
    changed
}

/// A pack with a changed manifest.
fn with_manifest(change: impl FnOnce(&mut PackManifest)) -> Vec<u8> {
    let mut entries = pack_entries();
    let mut manifest = decode_pack_manifest(&entries[0].1).expect("a manifest");
    change(&mut manifest);
    entries[0].1 = encode_pack_manifest(&manifest).expect("a manifest");
    Zip::stored(&sealed(entries)).bytes()
}

fn manifests() -> Vec<Hostile> {
    let second = |manifest: &mut PackManifest, id: &str| {
        let mut component = manifest.components[0].clone();
        component.id = id.parse().expect("an id");
        manifest.components.push(component);
    };
    vec![
        hostile(
            "other schema",
            "document-invalid",
            with_manifest(|manifest| {
                manifest.schema_version = "pack-v2".to_owned();
            }),
        ),
        hostile(
            "missing component",
            "component-missing",
            with_manifest(|manifest| second(manifest, "other")),
        ),
        hostile(
            "component named a thousand times",
            "document-invalid",
            with_manifest(|manifest| {
                let component = manifest.components[0].clone();
                manifest.components.extend(std::iter::repeat_n(component, 1000));
            }),
        ),
        component_in_two_places(),
        hostile(
            "declaration without its component",
            "declaration-invalid",
            with_manifest(|manifest| {
                manifest.components.clear();
            }),
        ),
        hostile(
            "declaration for a component that is not a handler",
            "declaration-invalid",
            with_manifest(|manifest| {
                manifest.components[0].world = "acme:other/world@1.0.0".to_owned();
            }),
        ),
    ]
}

/// A pack with one file of the component where current tools look, and another where older tools
/// do.
fn component_in_two_places() -> Hostile {
    let mut entries = pack_entries();
    let manifest = decode_pack_manifest(&entries[0].1).expect("a manifest");
    let version = &manifest.components[0].version;
    let name = format!("components/handler@{version}/component.wasm");
    entries.push((name, b"\0asm\x0d\0\x01\0".to_vec()));
    hostile("component in two places", "component-ambiguous", Zip::stored(&sealed(entries)).bytes())
}

/// A pack with a changed extension.
fn with_extension(label: &str, change: impl FnOnce(&mut ExtensionRef)) -> Hostile {
    let bytes = with_manifest(|manifest| {
        change(
            manifest
                .extensions
                .as_mut()
                .and_then(|all| all.get_mut(EXTENSION))
                .expect("an extension"),
        );
    });
    hostile(label, "declaration-invalid", bytes)
}

fn declarations() -> Vec<Hostile> {
    let value = |label: &str, value: Value| {
        with_extension(label, |extension| extension.inline = Some(ExtensionInline::Other(value)))
    };
    let handler = |label: &str, field: &str, wrong: Value| {
        let mut handler = json!({"component": "handler", "slot": "secrets", "descriptor_path": "acme.secrets.vault",
            "supported_versions": "^1", "permissions": {"tools": [], "network": []}});
        handler[field] = wrong;
        value(label, json!({"handlers": [handler]}))
    };
    let twice = json!({"component": "handler", "slot": "secrets", "descriptor_path": "a.b", "supported_versions": "^1"});
    vec![
        with_extension("extension of another kind", |extension| {
            extension.kind = "acme.other.v1".to_owned()
        }),
        with_extension("extension of another version", |extension| {
            extension.version = "2.0.0".to_owned()
        }),
        with_extension("extension elsewhere", |extension| {
            (extension.inline, extension.location) =
                (None, Some("https://acme.example/x".to_owned()));
        }),
        value("extension of another shape", json!([])),
        value("declared twice", json!({"handlers": [twice.clone(), twice]})),
        handler("declared slot", "slot", json!("widgets")),
        handler("declared path", "descriptor_path", json!("../up")),
        handler("declared versions", "supported_versions", json!("newest")),
        handler(
            "declared tool",
            "permissions",
            json!({"tools": [{"tool": "/bin/sh", "args": ["-c", "id"]}]}),
        ),
        handler("declared address", "permissions", json!({"network": ["everywhere"]})),
        handler("declared component", "component", json!("unknown")),
    ]
}

/// A value with this many levels of arrays or maps.
fn nested(levels: usize, is_map: bool) -> Value {
    (0..levels)
        .fold(Value::Null, |inner, _| if is_map { json!({"a": inner}) } else { json!([inner]) })
}

/// With a very small stack, the deepest allowed nesting is decoded, and deeper nesting is
/// refused.
#[test]
fn deep_nesting_does_not_overflow_a_small_stack() {
    let sandbox = Sandbox::new();
    let inspect = |label: &str, bytes: &[u8]| {
        let path = sandbox.write("deep.gtpack", bytes).display().to_string();
        let mut shell = sandbox.command("/bin/sh");
        shell.args(["-c", &format!("ulimit -s 256; exec {} pack inspect {path}", gtc())]);
        let code = run(&mut shell).code;
        assert_eq!(code == 0, open(bytes).is_ok(), "{label} ends with {code}");
        code == 0
    };
    let deep = |levels, is_map| {
        let kind = "acme.deep.v1".to_owned();
        let inline = Some(ExtensionInline::Other(nested(levels, is_map)));
        let extension = ExtensionRef {
            kind: kind.clone(),
            version: "1.0.0".to_owned(),
            digest: None,
            location: None,
            inline,
        };
        with_manifest(|manifest| {
            drop(manifest.extensions.as_mut().expect("extensions").insert(kind, extension))
        })
    };
    for is_map in [false, true] {
        assert!(inspect("shallow", &deep(50, is_map)));
        assert!((51..70).any(|levels| !inspect("at the border", &deep(levels, is_map))));
    }
    for Hostile { label, bytes, .. } in documents() {
        assert!(!inspect(&label, &bytes));
    }
}

/// A manifest may have small values up to a limit, which keeps the memory to inspect it small.
#[test]
fn a_manifest_full_of_values_takes_bounded_memory() {
    let sandbox = Sandbox::new();
    let inspect = |values: usize| {
        let kind = "acme.full.v1".to_owned();
        let extension = ExtensionRef {
            kind: kind.clone(),
            version: "1.0.0".to_owned(),
            digest: None,
            location: None,
            inline: Some(ExtensionInline::Other(vec![Value::Null; values].into())),
        };
        let full = with_manifest(|manifest| {
            drop(manifest.extensions.as_mut().expect("extensions").insert(kind, extension))
        });
        watched(&mut sandbox.pack().inspect(sandbox.write("full.gtpack", full)).command())
    };
    for (values, code) in [(49_000, 0), (1_000_000, 1)] {
        let (ran, peak) = inspect(values);
        ran.exited(code);
        assert!(peak <= 64 << 10, "{values} values: {peak} KiB");
    }
}
