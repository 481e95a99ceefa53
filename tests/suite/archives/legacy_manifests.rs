//! Packs in the legacy format, with `sbom.json` and the manifest before `pack-v1`, and
//! hostile variants; applications, which have no components.

use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor_allow_floats};
use serde_json::{Value, json};

use super::{Hostile, hostile, open};
use test_support::zips::{Entry, Zip, bill, pack_entries, sealed};

/// The manifest of a pack with one handler.
fn manifest() -> Value {
    let declared = json!({"handlers": [{"component": "vault", "slot": "secrets", "descriptor_path": "acme.secrets.vault",
        "supported_versions": "^1", "permissions": {"tools": [], "network": []}}]});
    json!({
        "meta": {"packVersion": 1, "pack_id": "acme.older", "version": "1.0.0", "name": "Older", "authors": ["ACME", "others"],
            "entry_flows": ["demo"], "created_at_utc": "2025-01-01T00:00:00Z", "annotations": {"ratio": 0.5}},
        "flows": [],
        "components": [component("vault", "components/vault@1.0.0/component.wasm")],
        "extensions": {"greentic.env-pack.v1":
            {"kind": "greentic.env-pack.v1", "version": "1.0.0", "inline": declared}},
    })
}

fn component(name: &str, file: &str) -> Value {
    json!({"name": name, "version": "1.0.0", "file_wasm": file, "hash_blake3": "",
        "world": "greentic:env-pack/env-pack-handler@0.1.0"})
}

/// The entries of the pack, without a bill of materials.
fn entries(manifest: &Value) -> Vec<Entry> {
    let component = b"\0asm\x0d\0\x01\0".to_vec();
    let document = to_canonical_cbor_allow_floats(manifest).expect("CBOR");
    let entries =
        [("components/vault@1.0.0/component.wasm", component), ("manifest.cbor", document)];
    entries.map(|(name, content)| (name.to_owned(), content)).to_vec()
}

/// An archive of these entries with an `sbom.json`, followed by a signature, which it does
/// not list.
fn billed(mut entries: Vec<Entry>, bill: &[u8]) -> Vec<u8> {
    entries.push(("sbom.json".to_owned(), bill.to_vec()));
    entries.push(("signatures/pack.sig".to_owned(), b"{}".to_vec()));
    Zip::stored(&entries).bytes()
}

fn pack(manifest: &Value) -> Vec<u8> {
    let entries = entries(manifest);
    let bill = bill(&entries).to_string();
    billed(entries, bill.as_bytes())
}

pub fn hostile_archives() -> Vec<Hostile> {
    bills().into_iter().chain(manifests()).chain(applications()).collect()
}

fn bills() -> Vec<Hostile> {
    let valid = || entries(&manifest());
    let with = |label: &str, rule, change: &dyn Fn(&mut Value)| {
        let mut document = bill(&valid());
        change(&mut document);
        hostile(format!("JSON: {label}"), rule, billed(valid(), document.to_string().as_bytes()))
    };
    let text = |label: &str, rule, text: &str| {
        hostile(format!("JSON: {label}"), rule, billed(valid(), text.as_bytes()))
    };
    let good = bill(&valid()).to_string();
    let mut both = valid();
    both.push(("sbom.json".to_owned(), good.clone().into_bytes()));
    // each lists everything else, so that each reader finds a complete pack
    let both = sealed(both);
    vec![
        with("missing entry listed", "sbom-lists-absent-entry", &|document| {
            let mut absent = document["files"][0].clone();
            absent["path"] = "notes/absent.txt".into();
            document["files"].as_array_mut().expect("a list").push(absent);
        }),
        with("entry not listed", "sbom-omits-entry", &|document| {
            drop(document["files"].as_array_mut().expect("a list").pop());
        }),
        with("entry listed twice", "sbom-lists-entry-twice", &|document| {
            let twice = document["files"][0].clone();
            document["files"].as_array_mut().expect("a list").push(twice);
        }),
        with("other hash", "sbom-mismatch", &|document| {
            document["files"][0]["hash_blake3"] = "0".repeat(64).into()
        }),
        with("another format", "document-invalid", &|document| {
            document["format"] = "CycloneDX".into()
        }),
        text("a duplicate member", "document-invalid", &good.replacen('{', "{\"files\":[],", 1)),
        text("trailing text", "document-invalid", &format!("{good} x")),
        text("a hundred thousand arrays in each other", "document-invalid", &"[".repeat(100_000)),
        text(
            "the same in an unknown member",
            "document-invalid",
            &format!("{{\"x\":{}", "[".repeat(100_000)),
        ),
        text("too large", "document-too-large", &format!("{good}{}", " ".repeat(1 << 20))),
        hostile("both sbom.json and sbom.cbor", "sbom-ambiguous", Zip::stored(&both).bytes()),
    ]
}

fn manifests() -> Vec<Hostile> {
    let with = |label: &str, rule, change: &dyn Fn(&mut Value)| {
        let mut document = manifest();
        change(&mut document);
        hostile(format!("legacy manifest: {label}"), rule, pack(&document))
    };
    let also = |document: &mut Value, name: &str, file: &str| {
        document["components"].as_array_mut().expect("a list").push(component(name, file));
    };
    vec![
        with("a manifest in both formats", "document-invalid", &|document| {
            let mut both: Value = from_cbor(&pack_entries()[0].1).expect("a manifest");
            both["components"] = json!([]);
            both["extensions"] = json!({});
            both["meta"] = document["meta"].clone();
            *document = both;
        }),
        with("a malformed version", "document-invalid", &|document| {
            document["meta"]["version"] = json!("newest")
        }),
        with("no components", "document-invalid", &|document| document["components"] = json!({})),
        with("a missing file", "component-missing", &|document| {
            also(document, "other", "components/other")
        }),
        with("a file outside of the archive", "component-missing", &|document| {
            also(document, "other", "../../etc/passwd")
        }),
        // no bill of materials lists a signature, so that its content can be changed afterwards
        with("a component among the signatures", "component-unlisted", &|document| {
            document["components"][0]["file_wasm"] = json!("signatures/pack.sig")
        }),
        with("another component among the signatures", "component-unlisted", &|document| {
            also(document, "other", "signatures/pack.sig")
        }),
        with("the bill of materials as a component", "component-unlisted", &|document| {
            also(document, "other", "sbom.json")
        }),
        with("one file for a thousand components", "document-invalid", &|document| {
            let file = "components/vault@1.0.0/component.wasm";
            (0..1000).for_each(|at| also(document, &format!("c{at}"), file));
        }),
        with("one name for two handlers", "document-invalid", &|document| {
            also(document, "vault", "manifest.cbor")
        }),
        with(
            "a declaration for a component that is not a handler",
            "declaration-invalid",
            &|document| {
                document["components"][0]["world"] = Value::Null;
            },
        ),
    ]
}

/// An application as greentic-designer writes it, and malformed ones.
fn applications() -> Vec<Hostile> {
    let archive = |manifest: &str, other_file: &str| {
        let entries = [("manifest.json", manifest), (other_file, "{\"kind\":\"DwApplication\"}")];
        Zip::stored(&entries.map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec())))
            .bytes()
    };
    let good = "{\"manifest_id\":\"acme.greeter\",\"display_name\":\"Greeter\",\"manifest\":{}}";
    vec![
        hostile("an application", "application", archive(good, "metadata.json")),
        hostile("half an application", "entry-missing", archive(good, "background.js")),
        hostile(
            "a browser extension",
            "entry-missing",
            archive("{\"manifest_version\":3}", "metadata.json"),
        ),
        hostile(
            "an application without a name",
            "entry-missing",
            archive("{\"manifest_id\":\"\"}", "metadata.json"),
        ),
        hostile("a malformed application", "entry-missing", archive("[[[[", "metadata.json")),
        hostile(
            "a huge one",
            "document-too-large",
            archive(&" ".repeat((1 << 20) + 1), "metadata.json"),
        ),
    ]
}

#[test]
fn a_legacy_pack_is_read_like_any_other() {
    let bytes = pack(&manifest());
    let pack = open(&bytes).expect("opened");
    assert_eq!(
        (pack.id.as_exact(), pack.version.as_str(), pack.publisher.as_exact()),
        ("acme.older", "1.0.0", "ACME")
    );
    let [handler] = pack.handlers.as_slice() else { panic!("one handler") };
    assert_eq!(
        (handler.component.as_exact(), &*handler.bytes.read()),
        ("vault", &b"\0asm\x0d\0\x01\0"[..])
    );
    assert_eq!(handler.entry.as_exact(), "components/vault@1.0.0/component.wasm");
    assert_eq!(
        handler.declared.as_ref().expect("declared").descriptor_path.to_string(),
        "acme.secrets.vault"
    );
}

/// `sbom.json` may accompany a `pack-v1` manifest, and `sbom.cbor` a legacy one.
#[test]
fn legacy_sbom_and_legacy_manifest_are_independent() {
    let today = pack_entries();
    let json = bill(&today).to_string();
    assert_eq!(
        open(&billed(today, json.as_bytes())).expect("opened").id.as_exact(),
        "acme.secrets.vault"
    );
    let legacy = Zip::stored(&sealed(entries(&manifest()))).bytes();
    assert_eq!(open(&legacy).expect("opened").id.as_exact(), "acme.older");
}
