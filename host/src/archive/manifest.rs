//! `manifest.cbor`: which components of a pack are handlers, and what it declares of them.

use std::collections::HashSet;

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{ComponentManifest, PackManifest, decode_pack_manifest};

use super::{
    ArchiveError, Declared, EntryInfo, HANDLER_WORLDS, MANIFEST, OnFault, Pack, PackedHandler, cbor, declared,
};

const SCHEMA: &str = "pack-v1";

/// Reads `manifest.cbor`.
pub(super) fn decode(bytes: &[u8]) -> Result<PackManifest, ArchiveError> {
    cbor::check(bytes).map_err(|reason| invalid(&reason))?;
    let manifest = decode_pack_manifest(bytes).map_err(|error| invalid(&error.to_string()))?;
    if manifest.schema_version != SCHEMA {
        return Err(invalid(&format!("its schema is `{}`, expected `{SCHEMA}`", manifest.schema_version)));
    }
    // each would be a copy of the same component: a manifest of a few kilobytes could ask for any amount of memory
    let mut ids = HashSet::new();
    match manifest.components.iter().find(|component| !ids.insert(component.id.as_str())) {
        Some(twice) => Err(invalid(&format!("it names component `{}` twice", twice.id.as_str()))),
        None => Ok(manifest),
    }
}

fn invalid(reason: &str) -> ArchiveError {
    ArchiveError::Document { entry: MANIFEST, what: "pack manifest", reason: ForeignText::sentence(reason) }
}

/// Finds the handlers that the manifest names among the entries.
pub(super) fn read(
    manifest: PackManifest,
    entries: Vec<EntryInfo>,
    mut content: impl FnMut(&str) -> Result<Option<Vec<u8>>, ArchiveError>,
    on_fault: OnFault<'_>,
) -> Result<Pack, ArchiveError> {
    let mut declared = declarations(&manifest, on_fault)?;
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.as_exact()).collect();
    let mut handlers = Vec::new();
    for component in &manifest.components {
        let id = component.id.as_str();
        let absent = || ArchiveError::NoComponent { component: ForeignText::excerpt(id) };
        let Some(place) = places(component).into_iter().find(|place| names.contains(place.as_str())) else {
            on_fault(absent())?;
            declared.retain(|(component, _)| component != id);
            continue;
        };
        if !component.world.starts_with(HANDLER_WORLDS) {
            continue;
        }
        let bytes = content(&place)?.ok_or_else(absent)?;
        let of_this = declared.iter().position(|(component, _)| component == id);
        handlers.push(PackedHandler {
            component: ForeignText::new(id),
            world: ForeignText::new(&*component.world),
            digest: Sha256Digest::of(&bytes),
            bytes,
            declared: of_this.map(|at| declared.remove(at).1),
        });
    }
    for (component, _) in &declared {
        let reason =
            ForeignText::sentence(&format!("it declares component `{component}`, which is no handler of this pack"));
        on_fault(ArchiveError::Declaration { reason })?;
    }
    Ok(Pack {
        id: ForeignText::new(manifest.pack_id.as_str()),
        version: manifest.version.to_string(),
        publisher: ForeignText::new(manifest.publisher),
        entries,
        handlers,
    })
}

fn declarations(manifest: &PackManifest, on_fault: OnFault<'_>) -> Result<Vec<(String, Declared)>, ArchiveError> {
    let extension = manifest.extensions.as_ref().and_then(|extensions| extensions.get(declared::EXTENSION));
    let Some(extension) = extension else { return Ok(Vec::new()) };
    let mut wrong = |reason: &str| {
        on_fault(ArchiveError::Declaration { reason: ForeignText::sentence(reason) }).map(|()| Vec::new())
    };
    if extension.kind != declared::EXTENSION {
        return wrong(&format!("its kind is `{}`", extension.kind));
    }
    if !extension.version.starts_with("1.") {
        return wrong(&format!("its version is `{}`, expected `1.x`", extension.version));
    }
    match &extension.inline {
        Some(ExtensionInline::Other(value)) => declared::parse(value, on_fault),
        _ => wrong("it has no inline value of its own"),
    }
}

/// Where a component's file may be: where today's writers put it, or where older ones did.
fn places(component: &ComponentManifest) -> [String; 2] {
    let id = component.id.as_str();
    [format!("components/{id}.wasm"), format!("components/{id}@{}/component.wasm", component.version)]
}
