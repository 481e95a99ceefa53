//! The two JSON documents of a layout: `oci-layout` with its version, and `index.json`
//! with its manifests.

use std::collections::{BTreeMap, HashSet};

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entry::{INDEX, LayoutEntry, MARKER};
use super::error::LayoutError;

const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const VERSION: &str = "1.0.0";
/// The annotation with the reference of a manifest.
const REFERENCE: &str = "org.opencontainers.image.ref.name";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutMarker {
    image_layout_version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutIndex {
    schema_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    manifests: Vec<LayoutDescriptor>,
}

/// The descriptor of a manifest in the index.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LayoutDescriptor {
    pub media_type: String,
    digest: String,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
}

impl LayoutDescriptor {
    fn new(entry: &LayoutEntry) -> Self {
        let reference = entry.reference.clone();
        Self {
            media_type: entry.media_type.clone(),
            digest: entry.digest.to_string(),
            size: entry.manifest.len() as u64,
            annotations: reference.map(|reference| [(REFERENCE.to_owned(), reference)].into()),
        }
    }

    /// The digest. Only SHA-256 is supported.
    pub(super) fn digest(&self) -> Result<Sha256Digest, LayoutError> {
        self.digest.parse().map_err(|error| document_error(INDEX, &error))
    }

    pub(super) fn reference(&self) -> Option<&String> {
        self.annotations.as_ref()?.get(REFERENCE)
    }
}

/// Checks the version in `oci-layout`.
pub(super) fn check_marker(bytes: &[u8]) -> Result<(), LayoutError> {
    let LayoutMarker { image_layout_version: version } = parse(MARKER, bytes)?;
    if version != VERSION {
        return Err(LayoutError::Version { found: ForeignText::excerpt(&version) });
    }
    Ok(())
}

/// Parses `index.json`. References are unique.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<LayoutDescriptor>, LayoutError> {
    let index: LayoutIndex = parse(INDEX, bytes)?;
    if index.schema_version != 2
        || index.media_type.is_some_and(|media_type| media_type != INDEX_TYPE)
    {
        return Err(document_error(INDEX, &"it is not an image index of version 2"));
    }
    let mut seen = HashSet::new();
    for reference in index.manifests.iter().filter_map(LayoutDescriptor::reference) {
        if !seen.insert(reference) {
            return Err(LayoutError::Ambiguous { reference: ForeignText::excerpt(reference) });
        }
    }
    Ok(index.manifests)
}

/// The `index.json` of these entries, in this order.
pub(super) fn write(entries: &[&LayoutEntry]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&LayoutIndex {
        schema_version: 2,
        media_type: Some(INDEX_TYPE.to_owned()),
        manifests: entries.iter().map(|entry| LayoutDescriptor::new(entry)).collect(),
    })
}

fn parse<T: DeserializeOwned>(name: &'static str, bytes: &[u8]) -> Result<T, LayoutError> {
    serde_json::from_slice(bytes).map_err(|error| document_error(name, &error))
}

fn document_error(name: &'static str, reason: &dyn std::fmt::Display) -> LayoutError {
    LayoutError::Document { name, reason: ForeignText::sentence(&reason.to_string()) }
}
