//! The bill of materials: what every entry of a pack must be. Format `greentic-sbom-v1`, canonical CBOR.

use std::collections::HashMap;

use env_pack_domain::ForeignText;
use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor};
use serde::{Deserialize, Serialize};

use super::{ArchiveError, Entry, SBOM};

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

/// Checks entries against the bill among them, both ways.
pub(super) fn verify(entries: &[Entry]) -> Result<(), ArchiveError> {
    let bytes = super::find(entries, SBOM).ok_or(ArchiveError::NoEntry { entry: SBOM })?;
    let invalid = |reason: String| ArchiveError::Document {
        entry: SBOM,
        what: "greentic-sbom-v1",
        reason: ForeignText::sentence(&reason),
    };
    let sbom: Sbom = from_cbor(bytes).map_err(|error| invalid(error.to_string()))?;
    if sbom.format != FORMAT {
        return Err(invalid(format!("its format is `{}`", sbom.format)));
    }
    let mut listed = HashMap::new();
    for file in &sbom.files {
        if listed.insert(file.path.as_str(), file).is_some() {
            return Err(ArchiveError::ListedTwice { path: ForeignText::excerpt(&file.path) });
        }
    }
    for Entry { name: path, content } in entries {
        let exempt = path == SBOM || path.starts_with(SIGNATURES);
        match listed.remove(path.as_str()) {
            Some(file) => compare(path, file, content)?,
            None if exempt => {}
            None => return Err(ArchiveError::PresentButUnlisted { path: ForeignText::excerpt(path) }),
        }
    }
    match listed.keys().min() {
        Some(path) => Err(ArchiveError::ListedButAbsent { path: ForeignText::excerpt(path) }),
        None => Ok(()),
    }
}

fn compare(path: &str, file: &File, content: &[u8]) -> Result<(), ArchiveError> {
    let mismatch = |what| Err(ArchiveError::Mismatch { path: ForeignText::excerpt(path), what });
    if file.size != content.len() as u64 {
        return mismatch("size");
    }
    match blake3::hash(content).to_hex().as_str() == file.hash_blake3 {
        true => Ok(()),
        false => mismatch("hash"),
    }
}

/// The bill of these entries.
pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>, ArchiveError> {
    let file = |Entry { name: path, content }: &Entry| File {
        path: path.clone(),
        size: content.len() as u64,
        hash_blake3: blake3::hash(content).to_hex().to_string(),
        media_type: media_type(path).to_owned(),
    };
    let sbom = Sbom { format: FORMAT.to_owned(), files: entries.iter().map(file).collect() };
    to_canonical_cbor(&sbom).map_err(|error| ArchiveError::Unwritable { reason: ForeignText::new(error.to_string()) })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "wasm")) => "application/wasm",
        Some((_, "cbor")) => "application/cbor",
        _ => "application/octet-stream",
    }
}
