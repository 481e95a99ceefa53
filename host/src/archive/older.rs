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

use super::manifest::{Component, Manifest};

#[derive(Deserialize)]
struct Older {
    meta: Meta,
    components: Vec<Packed>,
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
struct Packed {
    name: String,
    file_wasm: String,
    world: Option<String>,
}

/// Reads a manifest of this form, if it is one.
pub(super) fn decode(bytes: &[u8]) -> Option<Manifest> {
    let Older { meta, components, extensions } = from_cbor(bytes).ok()?;
    let component = |packed: Packed| Component {
        id: packed.name,
        world: packed.world.unwrap_or_default(),
        places: vec![packed.file_wasm],
        own: None,
    };
    Some(Manifest {
        id: meta.pack_id,
        version: meta.version.to_string(),
        publisher: meta.vendor.or(meta.authors.into_iter().next()).unwrap_or_default(),
        components: components.into_iter().map(component).collect(),
        extensions,
    })
}
