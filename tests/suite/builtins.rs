//! The built-in packs match their sources and the default bindings of a new environment.

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::Value;

use test_support::{Sandbox, repository, text};

fn packed() -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(repository().join("builtins/packed")).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let packs =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "gtpack"));
    packs
        .map(|path| {
            (
                path.file_stem().expect("a name").to_string_lossy().into_owned(),
                std::fs::read(path).expect("a pack"),
            )
        })
        .collect()
}

fn entries(pack: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(pack)).expect("a zip");
    let count = zip.len();
    let read = |index: usize| {
        let mut entry = zip.by_index(index).expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        (entry.name().expect("a name").into_owned(), content)
    };
    (0..count).map(read).collect()
}

#[test]
fn sources_packs_and_defaults_are_the_same_five() {
    let sandbox = Sandbox::new();
    let bound = sandbox.env().init().succeeded().result()["bound"].clone();
    let bound: Vec<_> =
        bound.as_array().expect("a list").iter().map(|kind| text(kind).to_owned()).collect();
    let mut paths: Vec<_> =
        bound.iter().map(|kind| kind.split('@').next().expect("a path").to_owned()).collect();
    paths.sort();
    assert_eq!(paths, packed().into_keys().collect::<Vec<_>>());

    let manifest =
        std::fs::read_to_string(repository().join("builtins/Cargo.toml")).expect("a manifest");
    for kind in &bound {
        let krate = kind
            .trim_start_matches("greentic.")
            .split('@')
            .next()
            .expect("a path")
            .replace('.', "-");
        assert!(manifest.contains(&format!("\"{krate}\"")), "{krate}");
        let source =
            std::fs::read_to_string(repository().join("builtins").join(&krate).join("src/lib.rs"))
                .expect(&krate);
        let path = kind.split('@').next().expect("a path");
        assert!(
            source.contains(&format!("DescriptorPath::new(\"{path}\")"))
                && source.contains("VersionReq::new(\"^0.1.0\")")
        );
    }
    for binding in sandbox.document("local")["packs"].as_array().expect("a list") {
        assert!(
            text(&binding["kind"]).starts_with(&format!("greentic.{}.", text(&binding["slot"]))),
            "{binding}"
        );
    }
}

#[test]
fn builtins_decode_with_greentic_types_and_hashes_match() {
    for (path, pack) in packed() {
        let entries = entries(&pack);
        let manifest = greentic_types::decode_pack_manifest(&entries["manifest.cbor"])
            .expect("decoded by its own crate");
        assert_eq!(manifest.pack_id.as_str(), path);
        let [component] = manifest.components.as_slice() else { panic!("one component") };
        assert_eq!(component.world, env_pack_domain::abi::NEWEST_WORLD);
        let sbom: Value =
            greentic_types::cbor::canonical::from_cbor(&entries["sbom.cbor"]).expect("CBOR");
        assert_eq!(sbom["format"], "greentic-sbom-v1");
        let files = sbom["files"].as_array().expect("a list");
        assert_eq!(files.len(), entries.len() - 1);
        for file in files {
            let content = &entries[text(&file["path"])];
            assert_eq!(file["size"], content.len());
            assert_eq!(text(&file["hash_blake3"]), blake3::hash(content).to_hex().as_str());
        }
        greentic_types::cbor::canonical::ensure_canonical(&entries["sbom.cbor"])
            .expect("canonical CBOR");
    }
}

#[test]
fn builtins_import_only_the_log() {
    for (path, pack) in packed() {
        let component = &entries(&pack)["components/handler.wasm"];
        let imports = gtc_engine::inspect_interface(component).imports;
        let names: Vec<_> = imports
            .iter()
            .map(|import| import.as_exact())
            .filter(|name| !name.contains("/types@"))
            .collect();
        assert_eq!(names, ["greentic:env-pack/log@0.1.0"], "{path}");
    }
}
