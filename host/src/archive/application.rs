//! Packs of another shape, which greentic-designer writes: applications of digital
//! workers. They have no components, and so no handler; they have no bill of materials
//! either, and nothing of them is ever read but what tells them from other archives.

use serde::Deserialize;

use super::entry_reader::EntryReader;
use super::{ArchiveError, MANIFEST};

const MANIFEST_JSON: &str = "manifest.json";
const METADATA_JSON: &str = "metadata.json";

#[derive(Deserialize)]
struct Application {
    manifest_id: String,
}

/// Whether an archive is an application. Others have a `manifest.json` too: extensions of
/// browsers, for one.
pub(super) fn is_application(reader: &mut EntryReader<'_>) -> Result<bool, ArchiveError> {
    if reader.contains(MANIFEST)
        || !reader.contains(MANIFEST_JSON)
        || !reader.contains(METADATA_JSON)
    {
        return Ok(false);
    }
    let manifest = serde_json::from_slice::<Application>(&reader.document(MANIFEST_JSON)?);
    Ok(manifest.is_ok_and(|manifest| !manifest.manifest_id.is_empty()))
}
