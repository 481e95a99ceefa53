//! Making a sloppy but honest archive canonical.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::Serialize;

use super::output_file::write;
use super::{FilePath, OpError};
use crate::archive;
use crate::host::Host;

/// An archive to make canonical.
#[derive(Clone, Debug)]
pub struct RepackRequest {
    /// The archive.
    pub archive: PathBuf,
    /// Where the canonical one goes; never the same file.
    pub output: PathBuf,
}

/// An archive that was made canonical.
#[derive(Debug, Serialize)]
pub struct RepackReport {
    /// The canonical archive.
    pub path: FilePath,
    /// Its size, in bytes.
    pub size: usize,
    /// Its digest.
    pub sha256: String,
    /// The archive that it was made from.
    pub from: FilePath,
    /// The digest of that.
    pub from_sha256: String,
    /// Whether it was canonical already, so that both are the same.
    pub unchanged: bool,
    /// Its entries, in its order.
    pub entries: Vec<KeptEntry>,
    /// What it does not hold any more.
    pub dropped: Vec<DroppedEntry>,
}

/// An entry of the canonical archive.
#[derive(Debug, Serialize)]
pub struct KeptEntry {
    /// Its name.
    pub name: ForeignText,
    /// Its size, in bytes.
    pub size: u64,
    /// What changed of it, for programs.
    pub changes: Vec<&'static str>,
    /// The same, for people.
    #[serde(skip)]
    pub explained: Vec<String>,
}

/// Something that the canonical archive does not hold any more.
#[derive(Debug, Serialize)]
pub struct DroppedEntry {
    /// The entry; none for the comment of the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ForeignText>,
    /// Why.
    pub reason: String,
}

/// Makes an archive canonical, and opens it as any pack is opened before it is written.
///
/// # Errors
/// [`OpError`] when the archive can be read in more ways than one, its content
/// contradicts its bill of materials, or the output is the archive itself.
pub fn repack(host: &Host, request: &RepackRequest) -> Result<RepackReport, OpError> {
    if is_same_file(&request.archive, &request.output) {
        return Err(OpError::OutputIsInput { path: request.output.clone() });
    }
    let fetched = host.fetcher.fetch_file(&request.archive)?;
    let refused = |source| OpError::Archive {
        pack: ForeignText::new(request.archive.to_string_lossy()),
        source,
    };
    let repacked = archive::repack(&fetched.bytes, &host.limits.archive).map_err(refused)?;
    write(&request.output, &repacked.bytes)?;
    let comment = (repacked.comment_bytes > 0).then(|| DroppedEntry {
        name: None,
        reason: format!("a comment of {} bytes", repacked.comment_bytes),
    });
    let folder = |name| DroppedEntry {
        name: Some(name),
        reason: "a folder, which holds nothing itself".to_owned(),
    };
    Ok(RepackReport {
        path: request.output.as_path().into(),
        size: repacked.bytes.len(),
        sha256: Sha256Digest::compute(&repacked.bytes).hex(),
        from: request.archive.as_path().into(),
        from_sha256: fetched.digest.hex(),
        unchanged: repacked.bytes == *fetched.bytes,
        entries: repacked.entries.into_iter().map(KeptEntry::from).collect(),
        dropped: repacked.dropped.into_iter().map(folder).chain(comment).collect(),
    })
}

/// Whether two paths lead to one file, by whatever links.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity =
        |path: &Path| path.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

impl From<archive::RepackedEntry> for KeptEntry {
    fn from(entry: archive::RepackedEntry) -> Self {
        Self {
            name: entry.name,
            size: entry.size,
            changes: entry.changes.iter().map(|change| change.name()).collect(),
            explained: entry.changes.iter().map(ToString::to_string).collect(),
        }
    }
}
