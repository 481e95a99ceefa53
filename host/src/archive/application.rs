//! Packs of another shape, which greentic-designer writes: applications of digital
//! workers. They have no components, and so no handler; they have no bill of materials
//! either, and nothing of them is ever read but what tells them from other archives.

use serde::Deserialize;

use super::reader::Reader;
use super::{ArchiveError, MANIFEST};

const FILE: &str = "manifest.json";
const BESIDE: &str = "metadata.json";

#[derive(Deserialize)]
struct Application {
    manifest_id: String,
}

/// Whether an archive is an application. Others have a `manifest.json` too: extensions of
/// browsers, for one.
pub(super) fn is(reader: &mut Reader<'_>) -> Result<bool, ArchiveError> {
    if reader.holds(MANIFEST) || !reader.holds(FILE) || !reader.holds(BESIDE) {
        return Ok(false);
    }
    let manifest = serde_json::from_slice::<Application>(&reader.document(FILE)?);
    Ok(manifest.is_ok_and(|manifest| !manifest.manifest_id.is_empty()))
}
