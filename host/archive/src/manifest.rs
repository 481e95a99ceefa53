//! Reads `manifest.cbor`, finds the handlers among its components, and assembles the
//! [`Pack`].

use std::collections::HashSet;

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{PackManifest, decode_pack_manifest};

use super::application;
use super::cbor;
use super::declaration::{self, Declarations, HandlerDeclaration};
use super::document_names::{ANSWERS_SCHEMA, MANIFEST};
use super::entry_reader::EntryReader;
use super::error::ArchiveError;
use super::legacy_manifest;
use super::limits::ArchiveLimits;
use super::on_fault::OnFault;
use super::pack::{EntryInfo, Pack, PackedHandler};
use super::parsed_manifest::{ManifestComponent, ParsedManifest};
use super::sbom;

const SCHEMA: &str = "pack-v1";
/// Maximum length of each name in a manifest that the host shows, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Reads the manifest of an archive.
pub(super) fn read(reader: &mut EntryReader<'_, '_>) -> Result<ParsedManifest, ArchiveError> {
    if application::is_application(reader)? {
        return Err(ArchiveError::Application);
    }
    let manifest = decode(&reader.document(MANIFEST)?, reader.limits())?;
    refuse_long_names(&manifest)?;
    refuse_duplicates(&manifest)?;
    Ok(manifest)
}

/// Refuses names that would fill the output of every command that names the pack.
fn refuse_long_names(manifest: &ParsedManifest) -> Result<(), ArchiveError> {
    let own =
        [("id", &manifest.id), ("version", &manifest.version), ("publisher", &manifest.publisher)];
    let of_components = manifest.components.iter().flat_map(|component| {
        [("id of a component", &component.id), ("world of a component", &component.world)]
    });
    for (what, text) in own.into_iter().chain(of_components) {
        if text.len() > MAX_NAME_BYTES {
            let bytes = text.len();
            return Err(invalid(&format!(
                "the {what} has {bytes} bytes, more than {MAX_NAME_BYTES}"
            )));
        }
    }
    Ok(())
}

/// Refuses a component that is named twice. Each mention would be a copy of its bytes, so
/// that a manifest of a few kilobytes could take any amount of memory.
fn refuse_duplicates(manifest: &ParsedManifest) -> Result<(), ArchiveError> {
    let mut files = HashSet::new();
    let mut handlers = HashSet::new();
    for component in &manifest.components {
        let is_new_file = files.insert(component.candidate_paths.first());
        let is_new_handler = !component.is_handler() || handlers.insert(&component.id);
        if !is_new_file || !is_new_handler {
            return Err(invalid(&format!("it names component `{}` twice", component.id)));
        }
    }
    Ok(())
}

fn decode(bytes: &[u8], limits: &ArchiveLimits) -> Result<ParsedManifest, ArchiveError> {
    cbor::check(bytes, limits.document_items).map_err(|reason| invalid(&reason))?;
    match (decode_pack_manifest(bytes), legacy_manifest::decode(bytes)) {
        // other readers would take either one
        (Ok(_), Some(_)) => Err(invalid("it is a manifest in two formats at once")),
        (Ok(manifest), None) => from_pack_v1(manifest),
        (Err(_), Some(manifest)) => Ok(manifest),
        (Err(error), None) => Err(invalid(&error.to_string())),
    }
}

fn from_pack_v1(manifest: PackManifest) -> Result<ParsedManifest, ArchiveError> {
    if manifest.schema_version != SCHEMA {
        let found = &manifest.schema_version;
        return Err(invalid(&format!("its schema is `{found}`, expected `{SCHEMA}`")));
    }
    Ok(ParsedManifest {
        id: manifest.pack_id.as_str().to_owned(),
        version: manifest.version.to_string(),
        publisher: manifest.publisher,
        components: manifest.components.into_iter().map(ManifestComponent::from).collect(),
        extensions: manifest.extensions.unwrap_or_default(),
    })
}

fn invalid(reason: &str) -> ArchiveError {
    ArchiveError::InvalidDocument {
        entry: MANIFEST,
        what: "pack manifest",
        reason: ForeignText::sentence(reason),
    }
}

/// Reads the handlers that the manifest names, with their declarations.
///
/// Faults go to `on_fault`, which decides whether to go on.
pub(super) fn build_pack<'a>(
    manifest: ParsedManifest,
    entries: Vec<EntryInfo>,
    reader: &mut EntryReader<'a, '_>,
    on_fault: OnFault<'_>,
) -> Result<Pack<'a>, ArchiveError> {
    let found = manifest.components.iter().filter(|component| component.is_handler()).count();
    let limit = reader.limits().handlers;
    if found > limit {
        on_fault(ArchiveError::TooManyHandlers { found, limit })?;
    }
    let mut declarations = read_declarations(&manifest, on_fault)?;
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.as_exact()).collect();
    let mut handlers = Vec::new();
    for component in &manifest.components {
        let id = component.id.as_str();
        let path = match find_file(component, &names) {
            Ok(path) => path,
            Err(fault) => {
                on_fault(fault)?;
                take(&mut declarations, id);
                continue;
            }
        };
        if !component.is_handler() {
            continue;
        }
        let bytes = reader.component(path)?.ok_or_else(|| missing(component))?;
        handlers.push(PackedHandler {
            component: ForeignText::new(id),
            entry: ForeignText::new(path),
            world: ForeignText::new(&*component.world),
            digest: Sha256Digest::compute(&bytes.read()),
            bytes,
            declared: take(&mut declarations, id),
        });
    }
    for component in declarations.iter().filter(|(_, left)| left.is_some()).map(|(id, _)| id) {
        let reason = ForeignText::sentence(&format!(
            "it declares component `{component}`, which is not a handler of this pack"
        ));
        on_fault(ArchiveError::InvalidDeclaration { reason })?;
    }
    Ok(Pack {
        id: ForeignText::new(manifest.id),
        version: manifest.version,
        publisher: ForeignText::new(manifest.publisher),
        answers_schema: reader.beginning(ANSWERS_SCHEMA)?,
        entries,
        handlers,
    })
}

/// Returns the path of a component's file.
fn find_file<'a>(
    component: &'a ManifestComponent,
    names: &HashSet<&str>,
) -> Result<&'a str, ArchiveError> {
    let mut files = component.candidate_paths.iter().filter(|path| names.contains(path.as_str()));
    let first = files.next().ok_or_else(|| missing(component))?;
    if let Some(second) = files.next() {
        return Err(ArchiveError::ComponentTwice {
            component: ForeignText::excerpt(&component.id),
            first: ForeignText::excerpt(first),
            second: ForeignText::excerpt(second),
        });
    }
    if sbom::is_unlisted(first) {
        return Err(ArchiveError::UnlistedComponent {
            component: ForeignText::excerpt(&component.id),
            file: ForeignText::excerpt(first),
        });
    }
    Ok(first)
}

/// Takes the declaration of a component.
fn take(declarations: &mut Declarations, component: &str) -> Option<HandlerDeclaration> {
    declarations.get_mut(component)?.take()
}

fn missing(component: &ManifestComponent) -> ArchiveError {
    let file = component.candidate_paths.first().unwrap_or(&component.id);
    ArchiveError::MissingComponent {
        component: ForeignText::excerpt(&component.id),
        file: ForeignText::excerpt(file),
    }
}

/// Reads the extension that declares the handlers: component ids with their declarations.
fn read_declarations(
    manifest: &ParsedManifest,
    on_fault: OnFault<'_>,
) -> Result<Declarations, ArchiveError> {
    let Some(extension) = manifest.extensions.get(declaration::EXTENSION) else {
        return Ok(Declarations::new());
    };
    let reason = if extension.kind != declaration::EXTENSION {
        format!("its kind is `{}`", extension.kind)
    } else if !extension.version.starts_with("1.") {
        format!("its version is `{}`, expected `1.x`", extension.version)
    } else if let Some(ExtensionInline::Other(value)) = &extension.inline {
        return declaration::parse(value, on_fault);
    } else {
        "it has no inline value of its own".to_owned()
    };
    on_fault(ArchiveError::InvalidDeclaration { reason: ForeignText::sentence(&reason) })?;
    Ok(Declarations::new())
}
