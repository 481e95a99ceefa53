//! Rewrites a non-canonical archive in canonical form.

use std::path::PathBuf;

use env_pack_domain::{ForeignText, Sha256Digest};
use gtc_fs::metadata::is_same_file;
use serde::Serialize;

use super::file_path::FilePath;
use super::output_file::{OutputError, write};
use super::pack_error::InvalidArchive;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_fetch::FetchError;

/// A request to repack an archive.
#[derive(Clone, Debug)]
pub struct RepackRequest {
    /// The file of the archive.
    pub archive: PathBuf,
    /// The file of the canonical archive; not the same file.
    pub output: PathBuf,
}

/// The result of repacking an archive.
#[derive(Debug, Serialize)]
pub struct RepackReport {
    /// The file of the canonical archive.
    pub path: FilePath,
    /// The size of the canonical archive, in bytes.
    pub size: usize,
    /// The SHA-256 digest of the canonical archive.
    pub sha256: String,
    /// The file of the original archive.
    pub from: FilePath,
    /// The SHA-256 digest of the original archive.
    pub from_sha256: String,
    /// Whether the original was canonical already, so that both are identical.
    pub unchanged: bool,
    /// The entries of the canonical archive, in order.
    pub entries: Vec<KeptEntry>,
    /// The parts of the original that were dropped.
    pub dropped: Vec<DroppedEntry>,
}

/// An entry of the canonical archive.
#[derive(Debug, Serialize)]
pub struct KeptEntry {
    /// The name of the entry.
    pub name: ForeignText,
    /// The uncompressed size, in bytes.
    pub size: u64,
    /// Stable names of the changes.
    pub changes: Vec<&'static str>,
    /// Descriptions of the changes.
    #[serde(skip)]
    pub explained: Vec<String>,
}

/// A part of the original archive that was dropped.
#[derive(Debug, Serialize)]
pub struct DroppedEntry {
    /// The name of the entry; none for the archive comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ForeignText>,
    /// A description of the part.
    pub reason: String,
}

/// Repacks an archive in canonical form, and checks that the result opens before it is
/// written.
///
/// # Errors
/// [`RepackError`] when the archive is ambiguous, its content contradicts its bill of materials,
/// or the output is the archive itself.
pub fn repack(host: &Host, request: &RepackRequest) -> Result<RepackReport, RepackError> {
    if is_same_file(&request.archive, &request.output) {
        return Err(OutputError::IsInput { path: request.output.clone() }.into());
    }
    let fetched = host.fetcher.fetch_file(&request.archive)?;
    let repacked = gtc_archive::repack(&fetched.bytes, &host.limits.archive).map_err(|source| {
        InvalidArchive { pack: ForeignText::new(request.archive.to_string_lossy()), source }
    })?;
    write(&request.output, &repacked.bytes)?;
    let comment = (repacked.comment_bytes > 0).then(|| DroppedEntry {
        name: None,
        reason: format!("a comment of {} bytes", repacked.comment_bytes),
    });
    Ok(RepackReport {
        path: request.output.as_path().into(),
        size: repacked.bytes.len(),
        sha256: Sha256Digest::compute(&repacked.bytes).hex(),
        from: request.archive.as_path().into(),
        from_sha256: fetched.digest.hex(),
        unchanged: repacked.bytes == *fetched.bytes,
        entries: repacked.entries.into_iter().map(KeptEntry::from).collect(),
        dropped: repacked
            .dropped
            .into_iter()
            .map(|name| DroppedEntry {
                name: Some(name),
                reason: "a folder entry, which has no content".to_owned(),
            })
            .chain(comment)
            .collect(),
    })
}

impl From<gtc_archive::RepackedEntry> for KeptEntry {
    fn from(entry: gtc_archive::RepackedEntry) -> Self {
        Self {
            name: entry.name,
            size: entry.size,
            changes: entry.changes.iter().map(|change| change.name()).collect(),
            explained: entry.changes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An archive was not repacked.
#[derive(Debug, thiserror::Error)]
pub enum RepackError {
    /// The archive could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// The canonical archive was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for RepackError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::Output(error) => error.explain(),
        }
    }
}
