//! `manifest.cbor`: which components of a pack are handlers, and what it declares of them.

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{ComponentManifest, PackManifest, decode_pack_manifest};

use super::{ArchiveError, Declared, Entry, EntryInfo, HANDLER_WORLDS, MANIFEST, Pack, PackedHandler, declared};

const SCHEMA: &str = "pack-v1";

/// Reads the manifest and takes the handlers out of the entries.
pub(super) fn read(entries: Vec<Entry>) -> Result<Pack, ArchiveError> {
    let manifest = decode(super::find(&entries, MANIFEST).ok_or(ArchiveError::NoEntry { entry: MANIFEST })?)?;
    let mut declared = declarations(&manifest)?;
    let info = |entry: &Entry| EntryInfo {
        name: ForeignText::new(&*entry.name),
        size: entry.content.len() as u64,
        blake3: blake3::hash(&entry.content).to_hex().to_string(),
    };
    let infos = entries.iter().map(info).collect();
    let mut handlers = Vec::new();
    for component in &manifest.components {
        let id = component.id.as_str();
        let bytes = component_bytes(&entries, component)
            .ok_or_else(|| ArchiveError::NoComponent { component: ForeignText::excerpt(id) })?;
        if !component.world.starts_with(HANDLER_WORLDS) {
            continue;
        }
        let of_this = declared.iter().position(|(component, _)| component == id);
        handlers.push(PackedHandler {
            component: ForeignText::new(id),
            world: ForeignText::new(&*component.world),
            bytes: bytes.to_vec(),
            digest: Sha256Digest::of(bytes),
            declared: of_this.map(|at| declared.remove(at).1),
        });
    }
    if let Some((component, _)) = declared.first() {
        let reason =
            ForeignText::sentence(&format!("it declares component `{component}`, which is no handler of this pack"));
        return Err(ArchiveError::Declaration { reason });
    }
    Ok(Pack {
        id: ForeignText::new(manifest.pack_id.as_str()),
        version: manifest.version.to_string(),
        publisher: ForeignText::new(manifest.publisher),
        entries: infos,
        handlers,
    })
}

fn decode(bytes: &[u8]) -> Result<PackManifest, ArchiveError> {
    let invalid = |reason: String| ArchiveError::Document {
        entry: MANIFEST,
        what: "pack manifest",
        reason: ForeignText::sentence(&reason),
    };
    let manifest = decode_pack_manifest(bytes).map_err(|error| invalid(error.to_string()))?;
    match manifest.schema_version == SCHEMA {
        true => Ok(manifest),
        false => Err(invalid(format!("its schema is `{}`, expected `{SCHEMA}`", manifest.schema_version))),
    }
}

fn declarations(manifest: &PackManifest) -> Result<Vec<(String, Declared)>, ArchiveError> {
    let extension = manifest.extensions.as_ref().and_then(|extensions| extensions.get(declared::EXTENSION));
    let Some(extension) = extension else { return Ok(Vec::new()) };
    let wrong = |reason: &str| Err(ArchiveError::Declaration { reason: ForeignText::sentence(reason) });
    if extension.kind != declared::EXTENSION {
        return wrong(&format!("its kind is `{}`", extension.kind));
    }
    if !extension.version.starts_with("1.") {
        return wrong(&format!("its version is `{}`, expected `1.x`", extension.version));
    }
    match &extension.inline {
        Some(ExtensionInline::Other(value)) => declared::parse(value),
        _ => wrong("it has no inline value of its own"),
    }
}

/// The component's file, where today's writers put it or where older ones did.
fn component_bytes<'a>(entries: &'a [Entry], component: &ComponentManifest) -> Option<&'a [u8]> {
    let id = component.id.as_str();
    let places = [format!("components/{id}.wasm"), format!("components/{id}@{}/component.wasm", component.version)];
    places.iter().find_map(|place| super::find(entries, place))
}
