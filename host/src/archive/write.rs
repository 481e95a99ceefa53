//! Writing a pack: the same input makes the same bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use env_pack_domain::{ForeignText, Version};
use greentic_types::cbor::canonical::to_canonical_cbor;
use greentic_types::pack_manifest::{ExtensionInline, ExtensionRef, PackKind};
use greentic_types::{
    ComponentManifest, ComponentManifestIndexEntryV1, ComponentManifestIndexV1, ManifestEncoding,
    PackManifest, encode_pack_manifest,
};
use zip::write::SimpleFileOptions;

use super::{
    ArchiveError, HANDLER_WORLD, HandlerDeclaration, MANIFEST, NewEntry, SBOM, component_manifests,
    declaration, sbom,
};

/// A pack to be written.
#[derive(Clone, Debug)]
pub struct NewPack {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// Who publishes it.
    pub publisher: String,
    /// Its handlers.
    pub handlers: Vec<NewHandler>,
}

/// A handler to be packed.
#[derive(Clone, Debug)]
pub struct NewHandler {
    /// The id of its component.
    pub component: String,
    /// The component.
    pub bytes: Vec<u8>,
    /// What the pack declares of it.
    pub declared: HandlerDeclaration,
}

/// Writes a pack: manifest first, components sorted, bill of materials last, nothing
/// compressed, no date but the zip epoch.
///
/// # Errors
/// [`ArchiveError::Unwritable`] when an id is none, or something does not fit the format.
pub fn write(pack: &NewPack) -> Result<Vec<u8>, ArchiveError> {
    let mut handlers: Vec<_> = pack.handlers.iter().collect();
    handlers.sort_by(|a, b| a.component.cmp(&b.component));
    let mut components = Vec::new();
    let mut index = Vec::new();
    let mut files = Vec::new();
    for handler in handlers {
        let component = component_manifest(handler, &pack.version)?;
        let encoded = to_canonical_cbor(&component).map_err(unwritable)?;
        let manifest_file = format!("components/{}.manifest.cbor", handler.component);
        index.push(ComponentManifestIndexEntryV1 {
            component_id: handler.component.clone(),
            manifest_file: manifest_file.clone(),
            encoding: ManifestEncoding::Cbor,
            content_hash: Some(env_pack_domain::Sha256Digest::compute(&encoded).to_string()),
        });
        files.push(NewEntry { name: manifest_file, content: encoded });
        files.push(NewEntry {
            name: format!("components/{}.wasm", handler.component),
            content: handler.bytes.clone(),
        });
        components.push(component);
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = PackManifest {
        schema_version: "pack-v1".to_owned(),
        pack_id: pack.id.parse().map_err(unwritable)?,
        name: None,
        version: pack.version.clone(),
        kind: PackKind::Provider,
        publisher: pack.publisher.clone(),
        components,
        flows: Vec::new(),
        dependencies: Vec::new(),
        capabilities: Vec::new(),
        secret_requirements: Vec::new(),
        signatures: Default::default(),
        bootstrap: None,
        extensions: Some(extensions(pack, index)?),
        agents: Default::default(),
    };
    let manifest = encode_pack_manifest(&manifest).map_err(unwritable)?;
    let mut entries = vec![NewEntry { name: MANIFEST.to_owned(), content: manifest }];
    entries.extend(files);
    let bill = sbom::write(&entries)?;
    entries.push(NewEntry { name: SBOM.to_owned(), content: bill });
    zip(&entries)
}

fn component_manifest(
    handler: &NewHandler,
    version: &Version,
) -> Result<ComponentManifest, ArchiveError> {
    Ok(ComponentManifest {
        id: handler.component.parse().map_err(unwritable)?,
        version: version.clone(),
        supports: Vec::new(),
        world: HANDLER_WORLD.to_owned(),
        profiles: Default::default(),
        capabilities: Default::default(),
        configurators: None,
        operations: Vec::new(),
        config_schema: None,
        resources: Default::default(),
        dev_flows: BTreeMap::new(),
    })
}

fn extensions(
    pack: &NewPack,
    index: Vec<ComponentManifestIndexEntryV1>,
) -> Result<BTreeMap<String, ExtensionRef>, ArchiveError> {
    let handlers =
        pack.handlers.iter().map(|handler| (handler.component.as_str(), &handler.declared));
    let declared = declaration::to_value(handlers).map_err(unwritable)?;
    let manifests =
        ComponentManifestIndexV1::new(index).to_extension_value().map_err(unwritable)?;
    let inline = |kind: &str, version: &str, value| {
        let inline = Some(ExtensionInline::Other(value));
        let (kind, version) = (kind.to_owned(), version.to_owned());
        (kind.clone(), ExtensionRef { kind, version, digest: None, location: None, inline })
    };
    Ok(BTreeMap::from([
        inline(declaration::EXTENSION, declaration::EXTENSION_VERSION, declared),
        inline(component_manifests::INDEX_EXTENSION, "1.0.0", manifests),
    ]))
}

/// Writes a canonical archive of these entries, in this order.
pub(super) fn zip(entries: &[NewEntry]) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        writer.start_file(entry.name.as_str(), options).map_err(unwritable)?;
        writer.write_all(&entry.content).map_err(unwritable)?;
    }
    Ok(writer.finish().map_err(unwritable)?.into_inner())
}

fn unwritable(error: impl ToString) -> ArchiveError {
    ArchiveError::Unwritable { reason: ForeignText::new(error.to_string()) }
}
