//! The manifest that the ecosystem's library for building packs writes, which is older
//! than `pack-v1`: plain CBOR, with what a pack is under `meta`, and with the file of
//! each component.
//!
//! What it says beside that, of flows and of where a pack is distributed, is nothing to
//! us.

use std::collections::BTreeMap;

use env_pack_domain::Version;
use greentic_types::cbor::canonical::from_cbor;
use greentic_types::pack_manifest::ExtensionRef;
use serde::Deserialize;

use super::manifest::{ManifestComponent, ParsedManifest};

#[derive(Deserialize)]
struct LegacyManifest {
    meta: Meta,
    components: Vec<LegacyComponent>,
    extensions: Option<BTreeMap<String, ExtensionRef>>,
}

#[derive(Deserialize)]
struct Meta {
    pack_id: String,
    version: Version,
    #[serde(default)]
    authors: Vec<String>,
    vendor: Option<String>,
}

#[derive(Deserialize)]
struct LegacyComponent {
    name: String,
    file_wasm: String,
    world: Option<String>,
}

/// Reads a manifest of this form, if it is one.
pub(super) fn decode(bytes: &[u8]) -> Option<ParsedManifest> {
    let LegacyManifest { meta, components, extensions } = from_cbor(bytes).ok()?;
    let component = |component: LegacyComponent| ManifestComponent {
        id: component.name,
        world: component.world.unwrap_or_default(),
        candidate_paths: vec![component.file_wasm],
        full: None,
    };
    Some(ParsedManifest {
        id: meta.pack_id,
        version: meta.version.to_string(),
        publisher: meta.vendor.or(meta.authors.into_iter().next()).unwrap_or_default(),
        components: components.into_iter().map(component).collect(),
        extensions,
    })
}
