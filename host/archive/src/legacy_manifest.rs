//! The manifest format before `pack-v1`, which the ecosystem's library for building packs
//! still writes: plain CBOR with the pack's identity under `meta`, and the file name of
//! each component.
//!
//! Its other members (flows, distribution) are ignored.

use std::collections::BTreeMap;

use env_pack_domain::Version;
use greentic_types::cbor::canonical::from_cbor;
use greentic_types::pack_manifest::ExtensionRef;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::parsed_manifest::{ManifestComponent, ParsedManifest};

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

impl From<LegacyComponent> for ManifestComponent {
    fn from(component: LegacyComponent) -> Self {
        Self {
            id: component.name,
            world: component.world.unwrap_or_default(),
            candidate_paths: vec![component.file_wasm],
            full: None,
        }
    }
}

/// The member that only a legacy manifest has.
#[derive(Deserialize)]
struct Header {
    #[expect(dead_code, reason = "only whether there is one counts")]
    meta: IgnoredAny,
}

/// Decodes a legacy manifest; returns `None` for any other document.
pub(super) fn decode(bytes: &[u8]) -> Option<ParsedManifest> {
    // without keeping the values of all other manifests in memory twice
    from_cbor::<Header>(bytes).ok()?;
    let LegacyManifest { meta, components, extensions } = from_cbor(bytes).ok()?;
    Some(ParsedManifest {
        id: meta.pack_id,
        version: meta.version.to_string(),
        publisher: meta.vendor.or(meta.authors.into_iter().next()).unwrap_or_default(),
        components: components.into_iter().map(ManifestComponent::from).collect(),
        extensions: extensions.unwrap_or_default(),
    })
}
