//! The bill of materials: what every entry of a pack must be. Format `greentic-sbom-v1`,
//! canonical CBOR; JSON of an older writer.

use std::collections::HashMap;

use env_pack_domain::ForeignText;
use greentic_types::cbor::canonical::{from_cbor, to_canonical_cbor};
use serde::{Deserialize, Serialize};

use super::entry_reader::EntryReader;
use super::{ArchiveError, EntryInfo, LEGACY_SBOM, NewEntry, OnFault, SBOM, cbor};

const FORMAT: &str = "greentic-sbom-v1";
/// Where other tools put signatures, which cannot be listed because they are made last.
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

/// A bill of materials as it stands in a pack.
pub(super) struct Sbom {
    sbom: SbomDocument,
    /// Where it stands.
    entry: &'static str,
}

/// Reads the bill of an archive: `sbom.cbor`, or `sbom.json` where there is only that.
pub(super) fn read(reader: &mut EntryReader<'_>) -> Result<Sbom, ArchiveError> {
    let is_older = !reader.contains(SBOM) && reader.contains(LEGACY_SBOM);
    let entry = if is_older { LEGACY_SBOM } else { SBOM };
    let invalid = |reason: String| ArchiveError::InvalidDocument {
        entry,
        what: "greentic-sbom-v1",
        reason: ForeignText::sentence(&reason),
    };
    let bytes = reader.document(entry)?;
    let sbom: SbomDocument = match is_older {
        true => serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?,
        false => {
            cbor::check(&bytes).map_err(invalid)?;
            from_cbor(&bytes).map_err(|error| invalid(error.to_string()))?
        }
    };
    match sbom.format == FORMAT {
        true => Ok(Sbom { sbom, entry }),
        false => Err(invalid(format!("its format is `{}`", sbom.format))),
    }
}

/// Whether this is the name of a bill of materials.
pub(super) fn is_sbom(path: &str) -> bool {
    path == SBOM || path == LEGACY_SBOM
}

/// Whether an entry is made after the bill, which therefore cannot list it.
pub(super) fn is_signature(path: &str) -> bool {
    path.starts_with(SIGNATURES)
}

/// Checks entries against the bill among them, both ways.
pub(super) fn verify(
    bill: &Sbom,
    entries: &[EntryInfo],
    on_fault: OnFault<'_>,
) -> Result<(), ArchiveError> {
    let mut listed = HashMap::new();
    for file in &bill.sbom.files {
        if listed.insert(file.path.as_str(), file).is_some() {
            on_fault(ArchiveError::ListedTwice { path: ForeignText::excerpt(&file.path) })?;
        }
    }
    for entry in entries {
        let path = entry.name.as_exact();
        match listed.remove(path) {
            Some(file) => compare(file, entry).or_else(&mut *on_fault)?,
            None if path == bill.entry || is_signature(path) => {}
            None => {
                on_fault(ArchiveError::PresentButUnlisted { path: ForeignText::excerpt(path) })?
            }
        }
    }
    let mut absent: Vec<_> = listed.into_keys().collect();
    absent.sort_unstable();
    absent.into_iter().try_for_each(|path| {
        on_fault(ArchiveError::ListedButAbsent { path: ForeignText::excerpt(path) })
    })
}

fn compare(file: &SbomEntry, entry: &EntryInfo) -> Result<(), ArchiveError> {
    let mismatch =
        |what| Err(ArchiveError::SbomMismatch { path: ForeignText::excerpt(&file.path), what });
    if file.size != entry.size {
        return mismatch("size");
    }
    match entry.blake3 == file.hash_blake3 {
        true => Ok(()),
        false => mismatch("hash"),
    }
}

/// The bill of these entries.
pub(super) fn write<'a>(
    entries: impl IntoIterator<Item = &'a NewEntry>,
) -> Result<Vec<u8>, ArchiveError> {
    let file = |NewEntry { name: path, content }: &NewEntry| SbomEntry {
        path: path.clone(),
        size: content.len() as u64,
        hash_blake3: blake3::hash(content).to_hex().to_string(),
        media_type: media_type(path).to_owned(),
    };
    let sbom =
        SbomDocument { format: FORMAT.to_owned(), files: entries.into_iter().map(file).collect() };
    to_canonical_cbor(&sbom)
        .map_err(|error| ArchiveError::Unwritable { reason: ForeignText::new(error.to_string()) })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "wasm")) => "application/wasm",
        Some((_, "cbor")) => "application/cbor",
        _ => "application/octet-stream",
    }
}
