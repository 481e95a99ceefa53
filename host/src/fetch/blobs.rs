//! The content store: archives under their digests, in `blobs/sha256/<hex>` of the cache.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;

use super::{FetchError, file};

#[derive(Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub fn new(cache: &Path) -> Self {
        Self { folder: cache.join("blobs").join("sha256") }
    }

    /// The blob, hashed again: a damaged one is as good as none.
    pub fn get(&self, digest: &Sha256Digest, limit: u64) -> Option<Vec<u8>> {
        let bytes = file::read(&self.folder.join(digest.hex()), limit).ok()?;
        (Sha256Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Keeps a blob. It is written beside its place and renamed into it, so that nobody ever reads half of one.
    pub fn put(&self, digest: &Sha256Digest, bytes: &[u8]) -> Result<(), FetchError> {
        let path = self.folder.join(digest.hex());
        if self.get(digest, bytes.len() as u64).is_some() {
            return Ok(());
        }
        let temporary = self.folder.join(format!(".{}.{}.tmp", digest.hex(), std::process::id()));
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        };
        write().map_err(|source| {
            let _ = fs::remove_file(&temporary);
            FetchError::Keep { path: path.clone(), source }
        })
    }
}
