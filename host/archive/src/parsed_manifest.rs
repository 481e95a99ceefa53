//! A manifest after parsing, the same for all formats.

use std::collections::BTreeMap;

use env_pack_domain::abi::is_handler_world;
use greentic_types::ComponentManifest;
use greentic_types::pack_manifest::ExtensionRef;

/// The members of a manifest that the host uses, whichever format it has.
pub(super) struct ParsedManifest {
    pub id: String,
    pub version: String,
    pub publisher: String,
    pub components: Vec<ManifestComponent>,
    pub extensions: BTreeMap<String, ExtensionRef>,
}

/// A component that the manifest names.
pub(super) struct ManifestComponent {
    pub id: String,
    pub world: String,
    /// Paths at which its file may be, in order of preference.
    pub candidate_paths: Vec<String>,
    /// Its complete manifest; `None` in the legacy format, which has none.
    pub full: Option<ComponentManifest>,
}

impl ManifestComponent {
    pub(crate) fn is_handler(&self) -> bool {
        is_handler_world(&self.world)
    }
}

impl From<ComponentManifest> for ManifestComponent {
    fn from(component: ComponentManifest) -> Self {
        let id = component.id.as_str().to_owned();
        let candidate_paths = vec![
            format!("components/{id}.wasm"),
            // written by older tools
            format!("components/{id}@{}/component.wasm", component.version),
        ];
        Self { id, world: component.world.clone(), candidate_paths, full: Some(component) }
    }
}
