//! Compares the components of a pack with their own manifests, which other tools read,
//! and finds components that the pack manifest does not name.
//!
//! The host binds a pack by its pack manifest alone. These faults tell `gtc pack validate`
//! whether other tools would read the same pack.

use std::collections::{HashMap, HashSet};

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::cbor::canonical::from_cbor;
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{ComponentManifest, ComponentManifestIndexEntryV1, ComponentManifestIndexV1};

use super::cbor;
use super::error::ArchiveError;
use super::limits::ArchiveLimits;
use super::pack::EntryInfo;
use super::parsed_manifest::{ManifestComponent, ParsedManifest};
use super::sbom;

/// The manifest extension in which other tools look up the component manifests.
pub(super) const INDEX_EXTENSION: &str = "greentic.pack.component_manifests@v1";
const FOLDER: &str = "components/";
const SUFFIX: &str = ".manifest.cbor";
/// The first bytes of a component. Core modules share the first four, but they can be
/// part of a web page as well.
const COMPONENT_MAGIC: &[u8] = b"\0asm\x0d\0\x01\0";

/// An inconsistency of a component that does not keep the pack from being bound.
#[derive(Debug, thiserror::Error)]
pub enum ComponentFault {
    /// An entry is a component, or a component manifest, that the pack manifest does not
    /// name.
    #[error("`{entry}` is a component, or belongs to one, that the manifest does not name")]
    Undeclared {
        /// The entry.
        entry: ForeignText,
    },
    /// The index names a component manifest that is missing.
    #[error(
        "the pack says that the manifest of component `{component}` is `{file}`, which is missing"
    )]
    MissingManifest {
        /// The component.
        component: ForeignText,
        /// The path in the index.
        file: ForeignText,
    },
    /// A component manifest cannot be decoded.
    #[error("`{file}` is not a component manifest: {reason}")]
    InvalidManifest {
        /// The entry.
        file: ForeignText,
        /// The decoder's message.
        reason: ForeignText,
    },
    /// A component manifest and the pack manifest contradict each other.
    #[error("`{file}` and the manifest of the pack differ about component `{component}`: {what}")]
    ManifestMismatch {
        /// The entry.
        file: ForeignText,
        /// The component.
        component: ForeignText,
        /// The difference.
        what: ForeignText,
    },
}

/// Names of the entries that are WebAssembly binaries.
#[derive(Default)]
pub(super) struct WasmEntries {
    names: HashSet<String>,
}

impl WasmEntries {
    /// Adds an entry if it is a component, or a core module among the components.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        let is_module = content.starts_with(&COMPONENT_MAGIC[..4]);
        if content.starts_with(COMPONENT_MAGIC) || (is_module && name.starts_with(FOLDER)) {
            self.names.insert(name.to_owned());
        }
    }
}

/// Compares all components with their own manifests.
///
/// `content` reads an entry by its path. The limits of the pack manifest, which includes the
/// component manifests, fit each of them too.
pub(super) fn compare_all(
    manifest: &ParsedManifest,
    entries: &[EntryInfo],
    wasm_entries: &WasmEntries,
    limits: &ArchiveLimits,
    mut content: impl FnMut(&str) -> Result<Option<Vec<u8>>, ArchiveError>,
) -> Result<Vec<ComponentFault>, ArchiveError> {
    let max_bytes = limits.manifest_bytes;
    let hashes: HashMap<&str, &str> =
        entries.iter().map(|entry| (entry.name.as_exact(), entry.blake3.as_str())).collect();
    let index = read_index(manifest);
    let mut faults = Vec::new();
    let mut known = HashSet::new();
    for component in &manifest.components {
        let mut candidates = component.candidate_paths.iter();
        if !candidates.any(|path| hashes.contains_key(path.as_str())) {
            // already reported as `ArchiveError::MissingComponent`
            known.insert(default_manifest_path(component));
            continue;
        }
        // in both places it is reported as `ArchiveError::ComponentTwice`
        known.extend(component.candidate_paths.iter().cloned());
        let Some(full) = &component.full else { continue };
        let indexed = index.get(&component.id);
        let path = indexed
            .map_or_else(|| default_manifest_path(component), |entry| entry.manifest_file.clone());
        let file = ForeignText::excerpt(&path);
        if !known.insert(path.clone()) {
            // reading one file again for each of thousands of components would take too long
            faults.push(ComponentFault::ManifestMismatch {
                file,
                component: ForeignText::excerpt(&component.id),
                what: ForeignText::new("it belongs to another component as well"),
            });
            continue;
        }
        if sbom::is_unlisted(&path) {
            let reason = ForeignText::new("no bill of materials lists it");
            faults.push(ComponentFault::InvalidManifest { file, reason });
            continue;
        }
        match content(&path)? {
            Some(bytes) if bytes.len() as u64 > max_bytes => {
                let reason = format!("it has {} bytes, more than {max_bytes}", bytes.len());
                let reason = ForeignText::new(reason);
                faults.push(ComponentFault::InvalidManifest { file, reason });
            }
            Some(bytes) => {
                faults.extend(compare(full, indexed, file, &bytes, limits.document_items))
            }
            None if indexed.is_some() => {
                let component = ForeignText::excerpt(&component.id);
                faults.push(ComponentFault::MissingManifest { component, file });
            }
            None => {}
        }
    }
    faults.extend(find_undeclared(entries, wasm_entries, &known, &hashes));
    Ok(faults)
}

/// Finds components and component manifests that are not in `known`.
fn find_undeclared(
    entries: &[EntryInfo],
    wasm_entries: &WasmEntries,
    known: &HashSet<String>,
    hashes: &HashMap<&str, &str>,
) -> Vec<ComponentFault> {
    let known_hashes: HashSet<&str> =
        known.iter().filter_map(|name| hashes.get(name.as_str()).copied()).collect();
    let mut faults = Vec::new();
    for entry in entries {
        let name = entry.name.as_exact();
        let is_in_folder = name.starts_with(FOLDER);
        let is_manifest = is_in_folder && name.ends_with(SUFFIX);
        // the sources of a pack may include another copy of its component
        let is_copy = !is_in_folder && known_hashes.contains(entry.blake3.as_str());
        let belongs_to_component = is_manifest || wasm_entries.names.contains(name);
        if belongs_to_component && !known.contains(name) && !is_copy {
            faults.push(ComponentFault::Undeclared { entry: ForeignText::excerpt(name) });
        }
    }
    faults
}

/// The path of a component's manifest if the index does not name one.
fn default_manifest_path(component: &ManifestComponent) -> String {
    format!("{FOLDER}{}{SUFFIX}", component.id)
}

/// Reads the index of component manifests, keyed by component id.
fn read_index(manifest: &ParsedManifest) -> HashMap<String, ComponentManifestIndexEntryV1> {
    let extension = manifest.extensions.get(INDEX_EXTENSION);
    let Some(ExtensionInline::Other(value)) =
        extension.and_then(|extension| extension.inline.as_ref())
    else {
        return HashMap::new();
    };
    let entries = ComponentManifestIndexV1::from_extension_value(value)
        .map(|index| index.entries)
        .unwrap_or_default();
    entries.into_iter().map(|entry| (entry.component_id.clone(), entry)).collect()
}

/// Compares a component as the pack manifest describes it (`here`) with the component
/// manifest in `bytes`.
fn compare(
    here: &ComponentManifest,
    indexed: Option<&ComponentManifestIndexEntryV1>,
    file: ForeignText,
    bytes: &[u8],
    max_items: usize,
) -> Option<ComponentFault> {
    let decoded = cbor::check(bytes, max_items)
        .and_then(|()| from_cbor::<ComponentManifest>(bytes).map_err(|error| error.to_string()));
    let there = match decoded {
        Ok(there) => there,
        Err(reason) => {
            let reason = ForeignText::sentence(&reason);
            return Some(ComponentFault::InvalidManifest { file, reason });
        }
    };
    let hash = indexed.and_then(|entry| entry.content_hash.as_deref());
    let what = if there.id != here.id {
        describe("id", here.id.as_str(), there.id.as_str())
    } else if there.version != here.version {
        describe("version", &here.version.to_string(), &there.version.to_string())
    } else if there.world != here.world {
        describe("world", &here.world, &there.world)
    } else if there.capabilities != here.capabilities {
        "its capabilities".to_owned()
    } else if there.operations != here.operations {
        "its operations".to_owned()
    } else if there != *here {
        "other members".to_owned()
    } else if hash.is_some_and(|hash| hash != Sha256Digest::compute(bytes).to_string()) {
        "its hash".to_owned()
    } else {
        return None;
    };
    let component = ForeignText::excerpt(here.id.as_str());
    Some(ComponentFault::ManifestMismatch { file, component, what: ForeignText::sentence(&what) })
}

fn describe(what: &str, here: &str, there: &str) -> String {
    format!("its {what} is `{there}` there, and `{here}` here")
}
