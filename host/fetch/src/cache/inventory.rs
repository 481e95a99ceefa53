//! Lists and removes files that are named after digests.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic::temporary_of;

use crate::error::FetchError;

/// A file that is named after a digest. Its content is not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The digest in the name.
    pub digest: Sha256Digest,
    /// The size, in bytes.
    pub size: u64,
}

/// A temporary file of an interrupted or running write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TempFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The size, in bytes.
    pub size: u64,
}

/// The content of a folder, each list sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobListing {
    /// Files that are named after digests.
    pub blobs: Vec<StoredBlob>,
    /// Temporary files.
    pub temp_files: Vec<TempFile>,
    /// Files and folders with other names. They are never removed.
    pub unknown_files: Vec<PathBuf>,
}

/// Lists a folder. If it does not exist, the listing is empty.
pub(super) fn list(folder: &Path) -> Result<BlobListing, FetchError> {
    let read_error = |source| FetchError::Read { path: folder.to_owned(), source };
    let mut listing = BlobListing::default();
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(read_error)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(error) => return Err(read_error(error)),
    };
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        // another process may have removed it; links are not followed
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.path();
        let size = metadata.len();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if let Some(digest) = parse_digest(&name) {
            listing.blobs.push(StoredBlob { digest, size });
        } else if temporary_of(&name).and_then(parse_digest).is_some() && !metadata.is_dir() {
            listing.temp_files.push(TempFile { path, size });
        } else {
            listing.unknown_files.push(path);
        }
    }
    Ok(listing)
}

/// Removes a file, or an empty folder. A folder with content is not from this program. If the
/// path does not exist, nothing happens.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let result = fs::symlink_metadata(path).and_then(|metadata| {
        if metadata.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }
    });
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn parse_digest(name: &str) -> Option<Sha256Digest> {
    format!("sha256:{name}").parse().ok()
}
