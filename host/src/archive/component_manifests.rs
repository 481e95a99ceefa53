//! Components beside what the manifest of the pack says of them: manifests of their own,
//! which other readers take for the truth, and components that no manifest names.
//!
//! Nothing of it decides about a pack that is bound, which is read by its manifest alone.
//! It is looked at for whoever wants to know whether others read the same pack.

use std::collections::{HashMap, HashSet};

use env_pack_domain::{ForeignText, Sha256Digest};
use greentic_types::cbor::canonical::from_cbor;
use greentic_types::pack_manifest::ExtensionInline;
use greentic_types::{ComponentManifest, ComponentManifestIndexEntryV1, ComponentManifestIndexV1};

use super::manifest::{ManifestComponent, ParsedManifest};
use super::{ArchiveError, EntryInfo, cbor};

/// The extension by which the ecosystem's readers find the component manifests.
pub(super) const INDEX_EXTENSION: &str = "greentic.pack.component_manifests@v1";
const FOLDER: &str = "components/";
const SUFFIX: &str = ".manifest.cbor";
/// How a component begins; what begins otherwise is a core module, which web pages have
/// too.
const COMPONENT_MAGIC: &[u8] = b"\0asm\x0d\0\x01\0";

/// What is odd about a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentFault {
    /// No manifest names it.
    #[error("`{entry}` is a component, or belongs to one, that the manifest does not name")]
    Undeclared {
        /// The entry.
        entry: ForeignText,
    },
    /// Its own manifest is not where the pack says.
    #[error(
        "the pack says that the manifest of component `{component}` is `{file}`, which is not there"
    )]
    MissingManifest {
        /// The component.
        component: ForeignText,
        /// Where its manifest should be.
        file: ForeignText,
    },
    /// Its own manifest is none.
    #[error("`{file}` is no manifest of a component: {reason}")]
    InvalidManifest {
        /// The entry.
        file: ForeignText,
        /// What is wrong.
        reason: ForeignText,
    },
    /// Its own manifest says something else than that of the pack.
    #[error("`{file}` and the manifest of the pack differ about component `{component}`: {what}")]
    ManifestMismatch {
        /// The entry.
        file: ForeignText,
        /// The component.
        component: ForeignText,
        /// What differs.
        what: ForeignText,
    },
}

/// Which entries begin as components do.
#[derive(Default)]
pub(super) struct WasmEntries {
    names: HashSet<String>,
}

impl WasmEntries {
    /// Notes an entry, if it is one.
    pub fn note(&mut self, name: &str, content: &[u8]) {
        if content.starts_with(COMPONENT_MAGIC)
            || (name.starts_with(FOLDER) && content.starts_with(&COMPONENT_MAGIC[..4]))
        {
            self.names.insert(name.to_owned());
        }
    }
}

/// Compares the components of a pack with what else is said of them.
pub(super) fn compare_all(
    manifest: &ParsedManifest,
    entries: &[EntryInfo],
    wasm_entries: &WasmEntries,
    max_bytes: u64,
    mut content: impl FnMut(&str) -> Result<Option<Vec<u8>>, ArchiveError>,
) -> Result<Vec<ComponentFault>, ArchiveError> {
    let hashes: HashMap<&str, &str> =
        entries.iter().map(|entry| (entry.name.as_exact(), entry.blake3.as_str())).collect();
    let index = index(manifest);
    let (mut faults, mut known) = (Vec::new(), HashSet::new());
    for component in &manifest.components {
        let Some(path) =
            component.candidate_paths.iter().find(|path| hashes.contains_key(path.as_str()))
        else {
            // that it is not there is told already
            known.insert(default_manifest_path(component));
            continue;
        };
        known.insert(path.clone());
        let Some(own) = &component.full else { continue };
        let entry = index.get(&component.id);
        let file = entry
            .map_or_else(|| default_manifest_path(component), |entry| entry.manifest_file.clone());
        if !known.insert(file.clone()) {
            // nor would it end soon to read one file for each of thousands of components
            let what = ForeignText::new("it belongs to another component as well");
            let (component, file) =
                (ForeignText::excerpt(&component.id), ForeignText::excerpt(&file));
            faults.push(ComponentFault::ManifestMismatch { file, component, what });
            continue;
        }
        match content(&file)? {
            Some(bytes) if bytes.len() as u64 > max_bytes => {
                let reason = ForeignText::new(format!(
                    "it has {} bytes, more than {max_bytes}",
                    bytes.len()
                ));
                faults.push(ComponentFault::InvalidManifest {
                    file: ForeignText::excerpt(&file),
                    reason,
                });
            }
            Some(bytes) => faults.extend(compare(own, entry, &file, &bytes)),
            None if entry.is_some() => {
                let (component, file) =
                    (ForeignText::excerpt(&component.id), ForeignText::excerpt(&file));
                faults.push(ComponentFault::MissingManifest { component, file });
            }
            None => {}
        }
    }
    let is_of_component = |name: &str| {
        wasm_entries.names.contains(name) || name.starts_with(FOLDER) && name.ends_with(SUFFIX)
    };
    let copied: HashSet<&str> =
        known.iter().filter_map(|name| hashes.get(name.as_str()).copied()).collect();
    let odd = entries.iter().filter(|entry| {
        let name = entry.name.as_exact();
        // the sources of a pack may have its component once more
        let is_copy = !name.starts_with(FOLDER) && copied.contains(entry.blake3.as_str());
        is_of_component(name) && !known.contains(name) && !is_copy
    });
    faults.extend(odd.map(|entry| ComponentFault::Undeclared {
        entry: ForeignText::excerpt(entry.name.as_exact()),
    }));
    Ok(faults)
}

/// Where the manifest of a component is, if nothing else is said.
fn default_manifest_path(component: &ManifestComponent) -> String {
    format!("{FOLDER}{}{SUFFIX}", component.id)
}

/// What the pack says of the manifests of its components, by their ids.
fn index(manifest: &ParsedManifest) -> HashMap<String, ComponentManifestIndexEntryV1> {
    let extension =
        manifest.extensions.as_ref().and_then(|extensions| extensions.get(INDEX_EXTENSION));
    let Some(ExtensionInline::Other(value)) =
        extension.and_then(|extension| extension.inline.as_ref())
    else {
        return HashMap::new();
    };
    let index = ComponentManifestIndexV1::from_extension_value(value)
        .map(|index| index.entries)
        .unwrap_or_default();
    index.into_iter().map(|entry| (entry.component_id.clone(), entry)).collect()
}

fn compare(
    own: &ComponentManifest,
    entry: Option<&ComponentManifestIndexEntryV1>,
    file: &str,
    bytes: &[u8],
) -> Option<ComponentFault> {
    let file = ForeignText::excerpt(file);
    let decoded = cbor::check(bytes)
        .and_then(|()| from_cbor::<ComponentManifest>(bytes).map_err(|error| error.to_string()));
    let there = match decoded {
        Ok(there) => there,
        Err(reason) => {
            return Some(ComponentFault::InvalidManifest {
                file,
                reason: ForeignText::sentence(&reason),
            });
        }
    };
    let differ = |what: &str, own: &str, there: &str| {
        format!("its {what} is `{there}` there, and `{own}` here")
    };
    let hash = entry.and_then(|entry| entry.content_hash.as_deref());
    let what = if there.id != own.id {
        differ("id", own.id.as_str(), there.id.as_str())
    } else if there.version != own.version {
        differ("version", &own.version.to_string(), &there.version.to_string())
    } else if there.world != own.world {
        differ("world", &own.world, &there.world)
    } else if there.capabilities != own.capabilities {
        "its capabilities".to_owned()
    } else if there.operations != own.operations {
        "its operations".to_owned()
    } else if there != *own {
        "something of what it says".to_owned()
    } else if hash.is_some_and(|hash| hash != Sha256Digest::compute(bytes).to_string()) {
        "its hash".to_owned()
    } else {
        return None;
    };
    let component = ForeignText::excerpt(own.id.as_str());
    Some(ComponentFault::ManifestMismatch { file, component, what: ForeignText::sentence(&what) })
}
