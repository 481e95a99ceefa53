//! `manifest.cbor`: which components of a pack are handlers, and what it declares of
//! them.

use std::collections::{BTreeMap, HashSet};

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::pack_manifest::{ExtensionInline, ExtensionRef};
use greentic_types::{PackManifest, decode_pack_manifest};

use super::entry_reader::EntryReader;
use super::{
    ArchiveError, EntryInfo, HANDLER_WORLDS, HandlerDeclaration, MANIFEST, OnFault, Pack,
    PackedHandler, application, cbor, declaration, legacy_manifest,
};

const SCHEMA: &str = "pack-v1";

/// What a manifest says, in whichever of its forms, as far as it is anything to us.
pub(super) struct ParsedManifest {
    pub id: String,
    pub version: String,
    pub publisher: String,
    pub components: Vec<ManifestComponent>,
    pub extensions: Option<BTreeMap<String, ExtensionRef>>,
}

/// A component as a manifest names it.
pub(super) struct ManifestComponent {
    pub id: String,
    pub world: String,
    /// Where its file may be; at first, where it should be.
    pub candidate_paths: Vec<String>,
    /// All that the manifest says of it; nothing in the older form, which has no
    /// manifests of components.
    pub full: Option<greentic_types::ComponentManifest>,
}

impl ManifestComponent {
    fn is_handler(&self) -> bool {
        self.world.starts_with(HANDLER_WORLDS)
    }
}

/// Reads the manifest of an archive.
pub(super) fn read(reader: &mut EntryReader<'_>) -> Result<ParsedManifest, ArchiveError> {
    if application::is_application(reader)? {
        return Err(ArchiveError::Application);
    }
    let manifest = decode(&reader.document(MANIFEST)?)?;
    // each would be a copy of the same component: a manifest of a few kilobytes could ask for
    // any amount of memory
    let (mut files, mut handlers) = (HashSet::new(), HashSet::new());
    let mut components = manifest.components.iter();
    let twice = components.find(|component| {
        !files.insert(component.candidate_paths.first())
            || (component.is_handler() && !handlers.insert(&component.id))
    });
    match twice {
        Some(twice) => Err(invalid(&format!("it names component `{}` twice", twice.id))),
        None => Ok(manifest),
    }
}

fn decode(bytes: &[u8]) -> Result<ParsedManifest, ArchiveError> {
    cbor::check(bytes).map_err(|reason| invalid(&reason))?;
    match (decode_pack_manifest(bytes), legacy_manifest::decode(bytes)) {
        // other readers take one or the other
        (Ok(_), Some(_)) => Err(invalid("it is a manifest in two forms at once")),
        (Ok(manifest), None) => from_pack_v1(manifest),
        (Err(_), Some(manifest)) => Ok(manifest),
        (Err(error), None) => Err(invalid(&error.to_string())),
    }
}

fn from_pack_v1(manifest: PackManifest) -> Result<ParsedManifest, ArchiveError> {
    if manifest.schema_version != SCHEMA {
        return Err(invalid(&format!(
            "its schema is `{}`, expected `{SCHEMA}`",
            manifest.schema_version
        )));
    }
    let component = |component: greentic_types::ComponentManifest| {
        let id = component.id.as_str().to_owned();
        // where today's writers put its file, and where older ones did
        let candidate_paths = vec![
            format!("components/{id}.wasm"),
            format!("components/{id}@{}/component.wasm", component.version),
        ];
        ManifestComponent {
            id,
            world: component.world.clone(),
            candidate_paths,
            full: Some(component),
        }
    };
    Ok(ParsedManifest {
        id: manifest.pack_id.as_str().to_owned(),
        version: manifest.version.to_string(),
        publisher: manifest.publisher,
        components: manifest.components.into_iter().map(component).collect(),
        extensions: manifest.extensions,
    })
}

fn invalid(reason: &str) -> ArchiveError {
    ArchiveError::InvalidDocument {
        entry: MANIFEST,
        what: "pack manifest",
        reason: ForeignText::sentence(reason),
    }
}

/// Finds the handlers that the manifest names among the entries.
pub(super) fn build_pack(
    manifest: ParsedManifest,
    entries: Vec<EntryInfo>,
    mut content: impl FnMut(&str) -> Result<Option<Vec<u8>>, ArchiveError>,
    on_fault: OnFault<'_>,
) -> Result<Pack, ArchiveError> {
    let mut declared = declarations(&manifest, on_fault)?;
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.as_exact()).collect();
    let mut handlers = Vec::new();
    for component in &manifest.components {
        let id = component.id.as_str();
        let absent = || ArchiveError::MissingComponent {
            component: ForeignText::excerpt(id),
            file: ForeignText::excerpt(
                component.candidate_paths.first().map_or(id, String::as_str),
            ),
        };
        let Some(path) =
            component.candidate_paths.iter().find(|path| names.contains(path.as_str()))
        else {
            on_fault(absent())?;
            declared.retain(|(component, _)| component != id);
            continue;
        };
        if !component.is_handler() {
            continue;
        }
        let bytes = content(path)?.ok_or_else(absent)?;
        let of_this = declared.iter().position(|(component, _)| component == id);
        handlers.push(PackedHandler {
            component: ForeignText::new(id),
            entry: ForeignText::new(&**path),
            world: ForeignText::new(&*component.world),
            digest: Sha256Digest::compute(&bytes),
            bytes,
            declared: of_this.map(|at| declared.remove(at).1),
        });
    }
    for (component, _) in &declared {
        let reason = ForeignText::sentence(&format!(
            "it declares component `{component}`, which is no handler of this pack"
        ));
        on_fault(ArchiveError::InvalidDeclaration { reason })?;
    }
    Ok(Pack {
        id: ForeignText::new(manifest.id),
        version: manifest.version,
        publisher: ForeignText::new(manifest.publisher),
        entries,
        handlers,
    })
}

fn declarations(
    manifest: &ParsedManifest,
    on_fault: OnFault<'_>,
) -> Result<Vec<(String, HandlerDeclaration)>, ArchiveError> {
    let extension =
        manifest.extensions.as_ref().and_then(|extensions| extensions.get(declaration::EXTENSION));
    let Some(extension) = extension else { return Ok(Vec::new()) };
    let mut wrong = |reason: &str| {
        on_fault(ArchiveError::InvalidDeclaration { reason: ForeignText::sentence(reason) })
            .map(|()| Vec::new())
    };
    if extension.kind != declaration::EXTENSION {
        return wrong(&format!("its kind is `{}`", extension.kind));
    }
    if !extension.version.starts_with("1.") {
        return wrong(&format!("its version is `{}`, expected `1.x`", extension.version));
    }
    match &extension.inline {
        Some(ExtensionInline::Other(value)) => declaration::parse(value, on_fault),
        _ => wrong("it has no inline value of its own"),
    }
}
