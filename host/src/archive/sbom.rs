//! The bill of materials: what every entry of a pack must be. Format `greentic-sbom-v1`, canonical CBOR.

use std::collections::HashMap;

use env_pack_domain::ForeignText;
use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor};
use serde::{Deserialize, Serialize};

use super::{ArchiveError, Entry, EntryInfo, OnFault, SBOM, cbor};

const FORMAT: &str = "greentic-sbom-v1";
/// Where other tools put signatures, which cannot be listed because they are made last.
const SIGNATURES: &str = "signatures/";

#[derive(Serialize, Deserialize)]
struct Sbom {
    format: String,
    files: Vec<File>,
}

#[derive(Serialize, Deserialize)]
struct File {
    path: String,
    size: u64,
    hash_blake3: String,
    media_type: String,
}

/// A bill of materials as it stands in a pack.
pub(super) struct Bill(Sbom);

/// Reads `sbom.cbor`.
pub(super) fn decode(bytes: &[u8]) -> Result<Bill, ArchiveError> {
    let invalid = |reason: String| ArchiveError::Document {
        entry: SBOM,
        what: "greentic-sbom-v1",
        reason: ForeignText::sentence(&reason),
    };
    cbor::check(bytes).map_err(invalid)?;
    let sbom: Sbom = from_cbor(bytes).map_err(|error| invalid(error.to_string()))?;
    match sbom.format == FORMAT {
        true => Ok(Bill(sbom)),
        false => Err(invalid(format!("its format is `{}`", sbom.format))),
    }
}

/// Whether an entry is true without being listed.
pub(super) fn is_exempt(path: &str) -> bool {
    path == SBOM || path.starts_with(SIGNATURES)
}

/// Checks entries against the bill among them, both ways.
pub(super) fn verify(Bill(sbom): &Bill, entries: &[EntryInfo], on_fault: OnFault<'_>) -> Result<(), ArchiveError> {
    let mut listed = HashMap::new();
    for file in &sbom.files {
        if listed.insert(file.path.as_str(), file).is_some() {
            on_fault(ArchiveError::ListedTwice { path: ForeignText::excerpt(&file.path) })?;
        }
    }
    for entry in entries {
        let path = entry.name.as_exact();
        match listed.remove(path) {
            Some(file) => compare(file, entry).or_else(&mut *on_fault)?,
            None if is_exempt(path) => {}
            None => on_fault(ArchiveError::PresentButUnlisted { path: ForeignText::excerpt(path) })?,
        }
    }
    let mut absent: Vec<_> = listed.into_keys().collect();
    absent.sort_unstable();
    absent.into_iter().try_for_each(|path| on_fault(ArchiveError::ListedButAbsent { path: ForeignText::excerpt(path) }))
}

fn compare(file: &File, entry: &EntryInfo) -> Result<(), ArchiveError> {
    let mismatch = |what| Err(ArchiveError::Mismatch { path: ForeignText::excerpt(&file.path), what });
    if file.size != entry.size {
        return mismatch("size");
    }
    match entry.blake3 == file.hash_blake3 {
        true => Ok(()),
        false => mismatch("hash"),
    }
}

/// The bill of these entries.
pub(super) fn write<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Vec<u8>, ArchiveError> {
    let file = |Entry { name: path, content }: &Entry| File {
        path: path.clone(),
        size: content.len() as u64,
        hash_blake3: blake3::hash(content).to_hex().to_string(),
        media_type: media_type(path).to_owned(),
    };
    let sbom = Sbom { format: FORMAT.to_owned(), files: entries.into_iter().map(file).collect() };
    to_canonical_cbor(&sbom).map_err(|error| ArchiveError::Unwritable { reason: ForeignText::new(error.to_string()) })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "wasm")) => "application/wasm",
        Some((_, "cbor")) => "application/cbor",
        _ => "application/octet-stream",
    }
}
