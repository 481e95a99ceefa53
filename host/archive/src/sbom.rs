//! The bill of materials: path, size and BLAKE3 hash of every entry of a pack.
//!
//! Its format is `greentic-sbom-v1`: canonical CBOR in `sbom.cbor`, or JSON in
//! `sbom.json`, as the legacy writer has it.

use std::collections::HashMap;

use env_pack_domain::ForeignText;
use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor};
use serde::{Deserialize, Serialize};

use super::cbor;
use super::document_names::{LEGACY_SBOM, SBOM};
use super::entry_reader::EntryReader;
use super::error::ArchiveError;
use super::new_entry::NewEntry;
use super::on_fault::OnFault;
use super::pack::EntryInfo;

const FORMAT: &str = "greentic-sbom-v1";
/// The folder of signatures that other tools add. They are made after the bill of
/// materials, which therefore cannot list them.
const SIGNATURES: &str = "signatures/";

#[derive(Serialize, Deserialize)]
struct SbomDocument {
    format: String,
    files: Vec<SbomEntry>,
}

#[derive(Serialize, Deserialize)]
struct SbomEntry {
    path: String,
    size: u64,
    hash_blake3: String,
    media_type: String,
}

/// The bill of materials of a pack.
pub(super) struct Sbom {
    document: SbomDocument,
    /// The name of the entry that holds it.
    entry: &'static str,
}

/// Reads `sbom.cbor` or `sbom.json`.
pub(super) fn read(reader: &mut EntryReader<'_, '_>) -> Result<Sbom, ArchiveError> {
    let is_legacy = reader.contains(LEGACY_SBOM);
    if is_legacy && reader.contains(SBOM) {
        return Err(ArchiveError::TwoSboms);
    }
    let entry = if is_legacy { LEGACY_SBOM } else { SBOM };
    let bytes = reader.document(entry)?;
    let decoded = if is_legacy {
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    } else {
        cbor::check(&bytes, reader.limits().document_items)
            .and_then(|()| from_cbor(&bytes).map_err(|error| error.to_string()))
    };
    let document = decoded.and_then(|document: SbomDocument| {
        if document.format == FORMAT {
            Ok(document)
        } else {
            Err(format!("its format is `{}`", document.format))
        }
    });
    match document {
        Ok(document) => Ok(Sbom { document, entry }),
        Err(reason) => Err(ArchiveError::InvalidDocument {
            entry,
            what: FORMAT,
            reason: ForeignText::sentence(&reason),
        }),
    }
}

/// Returns true if this is the name of a bill of materials.
pub(super) fn is_sbom(path: &str) -> bool {
    path == SBOM || path == LEGACY_SBOM
}

/// Returns true if this is the name of a signature, which no bill of materials lists.
pub(super) fn is_signature(path: &str) -> bool {
    path.starts_with(SIGNATURES)
}

/// Returns true if no bill of materials lists an entry of this name: its content is not hashed,
/// so that it must not be read as a part of the pack.
pub(super) fn is_unlisted(path: &str) -> bool {
    is_sbom(path) || is_signature(path)
}

/// Checks that the bill of materials lists exactly these entries, with their sizes and
/// hashes.
pub(super) fn verify(
    sbom: &Sbom,
    entries: &[EntryInfo],
    on_fault: OnFault<'_>,
) -> Result<(), ArchiveError> {
    let mut listed = HashMap::new();
    for file in &sbom.document.files {
        if listed.insert(file.path.as_str(), file).is_some() {
            on_fault(ArchiveError::ListedTwice { path: ForeignText::excerpt(&file.path) })?;
        }
    }
    for entry in entries {
        let path = entry.name.as_exact();
        match listed.remove(path) {
            Some(file) => compare(file, entry).or_else(&mut *on_fault)?,
            None if path == sbom.entry || is_signature(path) => {}
            None => {
                on_fault(ArchiveError::PresentButUnlisted { path: ForeignText::excerpt(path) })?
            }
        }
    }
    let mut absent: Vec<_> = listed.into_keys().collect();
    absent.sort_unstable();
    for path in absent {
        on_fault(ArchiveError::ListedButAbsent { path: ForeignText::excerpt(path) })?;
    }
    Ok(())
}

fn compare(file: &SbomEntry, entry: &EntryInfo) -> Result<(), ArchiveError> {
    let what = if file.size != entry.size {
        "size"
    } else if file.hash_blake3 != entry.blake3 {
        "hash"
    } else {
        return Ok(());
    };
    Err(ArchiveError::SbomMismatch { path: ForeignText::excerpt(&file.path), what })
}

/// Encodes the bill of materials of new entries.
pub(super) fn write<'a>(
    entries: impl IntoIterator<Item = &'a NewEntry>,
) -> Result<Vec<u8>, ArchiveError> {
    let files = entries.into_iter().map(|entry| SbomEntry {
        path: entry.name.clone(),
        size: entry.content.len() as u64,
        hash_blake3: blake3::hash(&entry.content).to_hex().to_string(),
        media_type: media_type(&entry.name).to_owned(),
    });
    let document = SbomDocument { format: FORMAT.to_owned(), files: files.collect() };
    to_canonical_cbor(&document)
        .map_err(|error| ArchiveError::Unwritable { reason: ForeignText::new(error.to_string()) })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "wasm")) => "application/wasm",
        Some((_, "cbor")) => "application/cbor",
        Some((_, "json")) => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_follow_the_extension() {
        assert_eq!(media_type("components/a.wasm"), "application/wasm");
        assert_eq!(media_type("manifest.cbor"), "application/cbor");
        assert_eq!(media_type("answers.schema.json"), "application/json");
        assert_eq!(media_type("a.txt"), "application/octet-stream");
        assert_eq!(media_type("wasm"), "application/octet-stream");
    }
}
