//! Reads and writes cached code.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic::AtomicFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::checksum::Checksum;
use super::files::{FILE_MODE, age, engine_name, private_file, private_folder};
use super::inventory::CodeInventory;
use super::listing::CompiledListing;
use crate::error::LoadError;

/// Uses are recorded at most once in this time, so that reading rarely writes to disk.
const USE_RESOLUTION: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder of cached code.
#[derive(Debug)]
pub(crate) struct CompiledStore {
    folder: PathBuf,
    is_swept: AtomicBool,
}

impl CompiledStore {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, is_swept: AtomicBool::new(false) }
    }

    /// Maps the code of a component, if this engine compiled it before.
    ///
    /// # Errors
    /// [`LoadError::Shortage`]. Code that cannot be used for another reason counts as missing.
    pub(crate) fn get(
        &self,
        engine: &Engine,
        digest: &Sha256Digest,
    ) -> Result<Option<Component>, LoadError> {
        let path = self.path(engine, digest);
        let Some(metadata) = self.private_code(&path) else { return Ok(None) };
        // SAFETY: only this user can write to the file and its folder, and `put` wrote it
        // atomically. The engine checks that version and settings match.
        match unsafe { Component::deserialize_file(engine, &path) }.map_err(LoadError::from_mapping)
        {
            Ok(component) => {
                record_use(&path, &metadata);
                Ok(Some(component))
            }
            Err(error @ LoadError::Shortage { .. }) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Returns true if it has the code of a component.
    pub(crate) fn contains(&self, engine: &Engine, digest: &Sha256Digest) -> bool {
        self.private_code(&self.path(engine, digest)).is_some()
    }

    /// Opens the code of a component, if this engine compiled it before. The content is
    /// not checked.
    pub(crate) fn open(&self, engine: &Engine, digest: &Sha256Digest) -> Option<File> {
        let path = self.path(engine, digest);
        let metadata = self.private_code(&path)?;
        let file = File::open(&path).ok()?;
        record_use(&path, &metadata);
        Some(file)
    }

    fn private_code(&self, path: &Path) -> Option<Metadata> {
        private_folder(&self.folder)?;
        private_file(path)
    }

    /// Stores the code of a component, if possible.
    pub(crate) fn put(&self, engine: &Engine, digest: &Sha256Digest, code: &mut dyn Read) {
        // on a full disk or in a read-only folder, the next process compiles again
        let _ = self.write(&self.path(engine, digest), code);
    }

    fn write(&self, path: &Path, code: &mut dyn Read) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        if private_folder(&self.folder).is_none() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.sweep();
        let mut file = AtomicFile::create(path, FILE_MODE)?;
        let checksum = Checksum::copy(code, file.file())?;
        checksum.write(path)?;
        file.commit()
    }

    /// Removes files that killed processes left behind, once per process.
    fn sweep(&self) {
        if self.is_swept.swap(true, Ordering::Relaxed) {
            return;
        }
        let listing = CompiledListing::read(&self.folder, "").unwrap_or_default();
        for file in listing.stale_files {
            let _ = fs::remove_file(&file.path);
        }
    }

    /// Returns the inventory of this cache.
    pub(crate) fn inventory<'a>(&'a self, engine: &Engine) -> CodeInventory<'a> {
        CodeInventory::new(&self.folder, engine)
    }

    fn path(&self, engine: &Engine, digest: &Sha256Digest) -> PathBuf {
        self.folder.join(format!("{}-{}.cwasm", digest.hex(), engine_name(engine)))
    }
}

/// Records that code was used, as the time of its last modification.
fn record_use(path: &Path, metadata: &Metadata) {
    tracing::debug!("the compiled code {path:?} is in the cache");
    let now = SystemTime::now();
    if age(metadata, now) >= USE_RESOLUTION {
        // if this fails, the code is removed from the cache earlier
        let _ = File::open(path).and_then(|file| file.set_modified(now));
    }
}
