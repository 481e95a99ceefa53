//! Components that differ from their own manifests, or that the pack does not name.

use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor};
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{ComponentManifest, PackManifest, decode_pack_manifest, encode_pack_manifest};

use super::*;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const OWN_MANIFEST: &str = "components/handler.manifest.cbor";

fn entry(name: &str, content: &[u8]) -> NewEntry {
    NewEntry { name: name.to_owned(), content: content.to_vec() }
}

/// The entries of a pack with one component, without its bill of materials: the manifest,
/// the manifest of the component, and the component.
fn valid() -> Vec<NewEntry> {
    let mut new = vault();
    new.handlers[0].bytes = COMPONENT.to_vec();
    let mut entries = entries_of(&write(&new).expect("written"));
    entries.retain(|entry| entry.name != SBOM);
    entries
}

fn faults(entries: Vec<NewEntry>) -> Vec<String> {
    let bytes = pack(entries);
    let diagnosis = diagnose(&bytes, &ArchiveLimits::default(), &mut |_, _| ());
    assert!(diagnosis.faults.is_empty(), "{:?}", diagnosis.faults);
    diagnosis.component_faults.iter().map(ToString::to_string).collect()
}

fn change_manifest(entries: &mut [NewEntry], change: impl FnOnce(&mut PackManifest)) {
    let mut manifest = decode_pack_manifest(&entries[0].content).expect("a manifest");
    change(&mut manifest);
    entries[0].content = encode_pack_manifest(&manifest).expect("a manifest");
}

/// Removes the index of component manifests.
fn without_index(entries: &mut [NewEntry]) {
    change_manifest(entries, |manifest| {
        let extensions = manifest.extensions.as_mut().expect("extensions");
        extensions.remove("greentic.pack.component_manifests@v1").expect("an index");
    });
}

/// Changes the file name of the component's manifest in the index.
fn index_as(entries: &mut [NewEntry], file: &str) {
    change_manifest(entries, |manifest| {
        let extensions = manifest.extensions.as_mut().expect("extensions");
        let index = extensions.get_mut("greentic.pack.component_manifests@v1").expect("an index");
        let Some(ExtensionInline::Other(value)) = &mut index.inline else { panic!("a value") };
        value["entries"][0]["manifest_file"] = file.into();
    });
}

#[test]
fn components_that_the_manifest_does_not_name_are_found() {
    let with = |name: &str, content: &[u8]| {
        let mut entries = valid();
        entries.push(entry(name, content));
        faults(entries)
    };
    let named = |name: &str| {
        [format!("`{name}` is a component, or belongs to one, that the manifest does not name")]
    };
    let other = [COMPONENT, b"other"].concat();
    for (name, content) in [
        ("components/other.wasm", &other[..]),
        ("components/text", &other),
        ("components/module.wasm", MODULE),
        ("components/other.manifest.cbor", b"\xa0"),
        // a copy among the components is not a source
        ("components/copy.wasm", COMPONENT),
        ("src/other.wasm", &other),
    ] {
        assert_eq!(with(name, content), named(name), "{name}");
    }
    for (name, content) in [
        ("web/module.wasm", MODULE),
        ("src/copy.wasm", COMPONENT),
        ("src/other.manifest.cbor", b"\xa0"),
        ("components/notes.txt", b"notes"),
        ("notes.txt", b"notes"),
    ] {
        assert_eq!(with(name, content), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_component_manifest_may_be_missing_unless_it_is_indexed() {
    let mut entries = valid();
    entries.remove(1);
    let missing = "the pack says that the manifest of component `handler` is \
                   `components/handler.manifest.cbor`, which is missing";
    let mut without = valid();
    without.remove(1);
    without_index(&mut without);
    assert_eq!(faults(entries), [missing]);
    assert_eq!(faults(without), Vec::<String>::new());
}

#[test]
fn the_index_names_the_file_of_a_component_manifest() {
    let mut entries = valid();
    index_as(&mut entries, "elsewhere.cbor");
    entries[1].name = "elsewhere.cbor".to_owned();
    assert_eq!(faults(entries), Vec::<String>::new());
    let mut entries = valid();
    index_as(&mut entries, "components/handler.wasm");
    let found = faults(entries);
    assert!(found[0].ends_with("it belongs to another component as well"), "{found:?}");
    // without an index, the name follows from the id
    let mut entries = valid();
    without_index(&mut entries);
    entries[1].content = b"\xa0".to_vec();
    let found = faults(entries);
    assert!(found[0].starts_with("`components/handler.manifest.cbor` is not"), "{found:?}");
    assert_eq!(found.len(), 1);
}

#[test]
fn a_difference_is_named() {
    let with = |change: &dyn Fn(&mut ComponentManifest)| {
        let mut entries = valid();
        let mut own: ComponentManifest = from_cbor(&entries[1].content).expect("a manifest");
        change(&mut own);
        entries[1].content = to_canonical_cbor(&own).expect("CBOR");
        let found = faults(entries);
        assert_eq!(found.len(), 1, "{found:?}");
        let start = format!(
            "`{OWN_MANIFEST}` and the manifest of the pack differ about component `handler`: "
        );
        found[0].strip_prefix(&start).unwrap_or(&found[0]).to_owned()
    };
    assert_eq!(
        with(&|own| own.id = "other".parse().expect("an id")),
        "its id is `other` there, and `handler` here"
    );
    assert_eq!(
        with(&|own| own.version = "9.0.0".parse().expect("a version")),
        "its version is `9.0.0` there, and `0.4.2` here"
    );
    let world = with(&|own| own.world = "other:world".to_owned());
    assert!(world.starts_with("its world is `other:world` there, and `greentic:"), "{world}");
    assert_eq!(with(&|own| own.config_schema = Some(serde_json::json!({}))), "other members");
}

/// The same content in another encoding has another hash.
#[test]
fn the_hash_in_the_index_is_compared() {
    let mut entries = valid();
    let length = entries[1].content[0] - 0xa0;
    assert!(length < 24, "a small map");
    entries[1].content.splice(..1, [0xb8, length]);
    let found = faults(entries);
    assert!(found[0].ends_with("about component `handler`: its hash"), "{found:?}");
}

#[test]
fn a_large_component_manifest_is_not_decoded() {
    let entries = valid();
    let size = entries[1].content.len() as u64;
    let compared = |max_bytes: u64| {
        let manifest = decode_pack_manifest(&entries[0].content).expect("a manifest");
        let parsed = parsed_manifest::ParsedManifest {
            id: String::new(),
            version: String::new(),
            publisher: String::new(),
            components: manifest.components.into_iter().map(Into::into).collect(),
            extensions: manifest.extensions.unwrap_or_default(),
        };
        let infos: Vec<_> = entries
            .iter()
            .map(|entry| EntryInfo {
                name: env_pack_domain::ForeignText::new(entry.name.clone()),
                size: entry.content.len() as u64,
                blake3: blake3::hash(&entry.content).to_hex().to_string(),
            })
            .collect();
        let wasm_entries = component_manifests::WasmEntries::default();
        let content = |name: &str| Ok(find(&entries, name).map(<[u8]>::to_vec));
        let limits = ArchiveLimits { manifest_bytes: max_bytes, ..ArchiveLimits::default() };
        let faults =
            component_manifests::compare_all(&parsed, &infos, &wasm_entries, &limits, content);
        let faults = faults.expect("all entries can be read");
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(compared(size), Vec::<String>::new());
    assert_eq!(compared(size + 1), Vec::<String>::new());
    let reason = format!("it has {size} bytes, more than {}", size - 1);
    assert_eq!(
        compared(size - 1),
        [format!("`{OWN_MANIFEST}` is not a component manifest: {reason}")]
    );
}
