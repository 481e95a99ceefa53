//! Writes packs reproducibly: the same input makes the same bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use env_pack_domain::abi::NEWEST_WORLD;
use env_pack_domain::{ForeignText, Sha256Digest, Version};
use greentic_types::cbor::canonical::to_canonical_cbor;
use greentic_types::pack_manifest::{ExtensionInline, ExtensionRef, PackKind};
use greentic_types::{
    ComponentManifest, ComponentManifestIndexEntryV1, ComponentManifestIndexV1, ManifestEncoding,
    PackManifest, encode_pack_manifest,
};
use zip::write::SimpleFileOptions;

use super::component_manifests;
use super::declaration::{self, HandlerDeclaration};
use super::document_names::{ANSWERS_SCHEMA, MANIFEST, SBOM};
use super::error::ArchiveError;
use super::new_entry::NewEntry;
use super::sbom;

/// The input of [`write`](fn@write).
#[derive(Clone, Debug)]
pub struct NewPack {
    /// The id of the pack; see [`PackId`](env_pack_domain::PackId).
    pub id: String,
    /// The version of the pack, and of its components.
    pub version: Version,
    /// The name of the publisher.
    pub publisher: String,
    /// The JSON Schema of the operator's answers, if the pack ships one. It is not checked.
    pub answers_schema: Option<Vec<u8>>,
    /// The handlers, in any order; none in a pack that can only be bound as an extension.
    pub handlers: Vec<NewHandler>,
}

/// A handler of a [`NewPack`].
#[derive(Clone, Debug)]
pub struct NewHandler {
    /// The id of its component, which names its file.
    pub component: String,
    /// The WebAssembly component.
    pub bytes: Vec<u8>,
    /// Its entry in the extension `greentic.env-pack.v1`.
    pub declared: HandlerDeclaration,
}

/// Writes a pack as a canonical archive: manifest first, the other files sorted by name, bill
/// of materials last, without compression, all dates 1980-01-01.
///
/// # Errors
/// [`ArchiveError::Unwritable`] when an id is malformed, or a value does not fit the
/// format.
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
            content_hash: Some(Sha256Digest::compute(&encoded).to_string()),
        });
        files.push(NewEntry { name: manifest_file, content: encoded });
        files.push(NewEntry {
            name: format!("components/{}.wasm", handler.component),
            content: handler.bytes.clone(),
        });
        components.push(component);
    }
    if let Some(schema) = &pack.answers_schema {
        files.push(NewEntry { name: ANSWERS_SCHEMA.to_owned(), content: schema.clone() });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = pack_manifest(pack, components, extensions(pack, index)?)?;
    let manifest = encode_pack_manifest(&manifest).map_err(unwritable)?;
    let mut entries = vec![NewEntry { name: MANIFEST.to_owned(), content: manifest }];
    entries.extend(files);
    let sbom = sbom::write(&entries)?;
    entries.push(NewEntry { name: SBOM.to_owned(), content: sbom });
    zip(&entries)
}

fn pack_manifest(
    pack: &NewPack,
    components: Vec<ComponentManifest>,
    extensions: BTreeMap<String, ExtensionRef>,
) -> Result<PackManifest, ArchiveError> {
    Ok(PackManifest {
        schema_version: "pack-v1".to_owned(),
        pack_id: pack.id.parse().map_err(unwritable)?,
        name: None,
        version: pack.version.clone(),
        kind: if pack.handlers.is_empty() { PackKind::Library } else { PackKind::Provider },
        publisher: pack.publisher.clone(),
        components,
        flows: Vec::new(),
        dependencies: Vec::new(),
        capabilities: Vec::new(),
        secret_requirements: Vec::new(),
        signatures: Default::default(),
        bootstrap: None,
        extensions: Some(extensions).filter(|extensions| !extensions.is_empty()),
        agents: Default::default(),
    })
}

fn component_manifest(
    handler: &NewHandler,
    version: &Version,
) -> Result<ComponentManifest, ArchiveError> {
    Ok(ComponentManifest {
        id: handler.component.parse().map_err(unwritable)?,
        version: version.clone(),
        supports: Vec::new(),
        world: NEWEST_WORLD.to_owned(),
        profiles: Default::default(),
        capabilities: Default::default(),
        configurators: None,
        operations: Vec::new(),
        config_schema: None,
        resources: Default::default(),
        dev_flows: BTreeMap::new(),
    })
}

/// The manifest extensions: the handler declarations, and the index of component
/// manifests. A pack without components has neither.
fn extensions(
    pack: &NewPack,
    index: Vec<ComponentManifestIndexEntryV1>,
) -> Result<BTreeMap<String, ExtensionRef>, ArchiveError> {
    if pack.handlers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let handlers =
        pack.handlers.iter().map(|handler| (handler.component.as_str(), &handler.declared));
    let declarations = declaration::to_value(handlers).map_err(unwritable)?;
    let index = ComponentManifestIndexV1::new(index).to_extension_value().map_err(unwritable)?;
    let extensions = [
        (declaration::EXTENSION, declaration::EXTENSION_VERSION, declarations),
        (component_manifests::INDEX_EXTENSION, "1.0.0", index),
    ];
    let extensions = extensions.map(|(kind, version, value)| {
        let extension = ExtensionRef {
            kind: kind.to_owned(),
            version: version.to_owned(),
            digest: None,
            location: None,
            inline: Some(ExtensionInline::Other(value)),
        };
        (kind.to_owned(), extension)
    });
    Ok(BTreeMap::from(extensions))
}

/// Writes a canonical archive with these entries in this order.
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
