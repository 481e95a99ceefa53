//! Recognises applications of digital workers, which greentic-designer exports as
//! `.gtpack` files too.
//!
//! They have no components, no handlers and no bill of materials. The host reads only
//! enough of them to say what they are.

use serde::Deserialize;

use super::document_names::MANIFEST;
use super::entry_reader::EntryReader;
use super::error::ArchiveError;

const MANIFEST_JSON: &str = "manifest.json";
const METADATA_JSON: &str = "metadata.json";

#[derive(Deserialize)]
struct ApplicationManifest {
    manifest_id: String,
}

/// Returns true if the archive is an application.
///
/// A `manifest.json` alone does not make one: browser extensions have such a file too.
pub(super) fn is_application(reader: &mut EntryReader<'_, '_>) -> Result<bool, ArchiveError> {
    if reader.contains(MANIFEST) {
        return Ok(false);
    }
    if !reader.contains(MANIFEST_JSON) || !reader.contains(METADATA_JSON) {
        return Ok(false);
    }
    let document = reader.document(MANIFEST_JSON)?;
    let manifest = serde_json::from_slice::<ApplicationManifest>(&document);
    Ok(manifest.is_ok_and(|manifest| !manifest.manifest_id.is_empty()))
}
