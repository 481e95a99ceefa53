//! What is in the content store, ours or not, and how it goes away.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic::temporary_of;

use super::{Alone, BlobStore, FetchError};

/// What lies under a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The digest that it is named after.
    pub digest: Sha256Digest,
    /// Its size, in bytes.
    pub size: u64,
}

/// What a process that was killed left behind, or is writing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TempFile {
    /// The file.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub size: u64,
}

/// Everything in the folder of the content store, each part sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobListing {
    /// What is named after a digest, damaged or not.
    pub blobs: Vec<StoredBlob>,
    /// Half-written files.
    pub temp_files: Vec<TempFile>,
    /// What has a name that we give to nothing. It is never touched.
    pub unknown_files: Vec<PathBuf>,
}

impl BlobStore {
    /// Lists what is there; nothing when there is no folder yet.
    pub fn list(&self) -> Result<BlobListing, FetchError> {
        let failed = |source| FetchError::Read { path: self.folder.clone(), source };
        let mut listing = BlobListing::default();
        let mut entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(failed(error)),
        };
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            // it may be gone by now; and a link counts as itself
            let Ok(metadata) = entry.metadata() else { continue };
            let (name, path, size) = (entry.file_name(), entry.path(), metadata.len());
            let name = name.to_string_lossy();
            match digest(&name) {
                Some(digest) => listing.blobs.push(StoredBlob { digest, size }),
                None if temporary_of(&name).and_then(digest).is_some() && !metadata.is_dir() => {
                    listing.temp_files.push(TempFile { path, size })
                }
                None => listing.unknown_files.push(path),
            }
        }
        Ok(listing)
    }

    /// Takes a blob away, whatever lies in its place; a folder only when it is empty,
    /// because nothing of ours is in one.
    pub fn remove(&self, _alone: &Alone, digest: &Sha256Digest) -> io::Result<()> {
        remove(&self.path(digest))
    }
}

/// Takes a file away, or an empty folder. What is gone already is no error.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn digest(name: &str) -> Option<Sha256Digest> {
    format!("sha256:{name}").parse().ok()
}
