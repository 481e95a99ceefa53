//! Packs that other readers read differently, though their container is canonical: two bills of
//! materials, two files of one component, and a component that no bill lists.

use serde_json::json;

use super::{Broken, archives, handler};
use test_support::Sandbox;
use test_support::zips::{Entry, Zip, bill, cbor, sealed};

pub fn broken() -> Vec<Broken> {
    vec![
        Broken::new("sbom-ambiguous", "two bills", two_bills()),
        Broken::new("component-ambiguous", "a component in two places", two_components()),
        Broken::new("component-unlisted", "a component in `signatures/`", unlisted_component()),
    ]
}

/// Each bill lists everything else, so that both kinds of readers find a complete pack.
fn two_bills() -> Vec<u8> {
    let mut entries = archives::valid();
    let json = bill(&entries).to_string();
    entries.push(("sbom.json".to_owned(), json.into_bytes()));
    Zip::stored(&sealed(entries)).bytes()
}

fn two_components() -> Vec<u8> {
    let mut entries = archives::valid();
    let older = "components/handler@1.0.0/component.wasm";
    entries.push((older.to_owned(), handler().component()));
    Zip::stored(&sealed(entries)).bytes()
}

/// A pack of the older form whose handler is among the signatures, so that it can be replaced
/// without changing a hash.
fn unlisted_component() -> Vec<u8> {
    let file = "signatures/handler.wasm";
    let manifest = json!({
        "meta": {"pack_id": "test.state.broken", "version": "1.0.0", "authors": ["ACME"]},
        "components": [{"name": "handler", "file_wasm": file,
            "world": "greentic:env-pack/env-pack-handler@0.1.0"}],
        "extensions": {"greentic.env-pack.v1": {"kind": "greentic.env-pack.v1",
            "version": "1.0.0", "inline": {"handlers": [{"component": "handler", "slot": "state",
                "descriptor_path": "test.state.broken", "supported_versions": "^1"}]}}},
    });
    let entries: Vec<Entry> = vec![("manifest.cbor".to_owned(), cbor(&manifest))];
    let mut entries = sealed(entries);
    entries.push((file.to_owned(), handler().component()));
    Zip::stored(&entries).bytes()
}

/// No verb reads, binds, runs or rewrites such a pack.
#[test]
fn an_ambiguous_pack_is_refused_everywhere() {
    let sandbox = Sandbox::with_local();
    let packs = [
        ("sbom-ambiguous", two_bills()),
        ("component-ambiguous", two_components()),
        ("component-unlisted", unlisted_component()),
    ];
    for (kind, bytes) in packs {
        let path = sandbox.write("packs/one.gtpack", bytes);
        sandbox.pack().inspect(&path).refused(1, kind);
        sandbox.pack().repack(&path).output("out.gtpack").refused(1, kind);
        let update = sandbox.env_packs().update("state").kind("test.state.broken@1.0.0");
        update.pack_ref(path.display().to_string()).grant_declared().refused(1, kind);
    }
}
