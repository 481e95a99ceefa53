//! The store of compiled code: what a component was compiled to, kept so that the next
//! process only maps it.
//!
//! An entry is keyed by the digest of the component and by everything that decides about
//! the code: engine version, settings, target and CPU features. Whoever can write here
//! can run code as the user, so the folder and its files belong to the user alone, and
//! what looks otherwise is not used. Nothing wrong here is ever an error: the component
//! is compiled again.

mod inventory;
mod record;

use std::fs::{self, DirBuilder, File, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic::AtomicFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use record::Record;

pub use inventory::{CodeFault, CompiledCode, CompiledListing, KeptCode, StaleFile};

/// How exactly the store knows when code was used last. Noting every use would write to
/// the disk whenever anybody only reads.
const USE_RESOLUTION: Duration = Duration::from_secs(24 * 60 * 60);
/// Permission bits of compiled code and its record: nothing modifies them in place.
const FILE_MODE: u32 = 0o400;
/// A half-written file of this age belongs to a process that was killed: copying code
/// takes no longer than moments.
const STALE_AGE: Duration = Duration::from_secs(10 * 60);

/// The folder that holds compiled code.
#[derive(Debug)]
pub(super) struct CompiledStore {
    folder: PathBuf,
    is_swept: AtomicBool,
}

impl CompiledStore {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, is_swept: AtomicBool::new(false) }
    }

    /// The component with this digest, if this engine compiled it before.
    pub fn get(&self, engine: &Engine, digest: &Sha256Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        private(&self.folder, true)?;
        let metadata = private(&path, false)?;
        // SAFETY: the file lies in a folder that only this user can write, is theirs alone, and
        // was written whole by `put` below; the engine itself checks that it was compiled
        // by the same version with the same settings.
        let component = unsafe { Component::deserialize_file(engine, &path) }.ok()?;
        note_use(&path, &metadata);
        Some(component)
    }

    /// What the component with this digest was compiled to, if this engine did so before;
    /// whether it is whole, its user finds out.
    pub fn open(&self, engine: &Engine, digest: &Sha256Digest) -> Option<File> {
        let path = self.path(engine, digest);
        private(&self.folder, true)?;
        let metadata = private(&path, false)?;
        let file = File::open(&path).ok()?;
        note_use(&path, &metadata);
        Some(file)
    }

    /// Keeps what a component was compiled to, if it can be kept.
    pub fn put(&self, engine: &Engine, digest: &Sha256Digest, code: &mut dyn Read) {
        // a full disk or a folder that cannot be written costs the next start some time, and
        // nothing else
        let _ = self.write(&self.path(engine, digest), code);
    }

    fn write(&self, path: &Path, code: &mut dyn Read) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        if private(&self.folder, true).is_none() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.sweep();
        let mut file = AtomicFile::create(path, FILE_MODE)?;
        let record = Record::copy(code, file.file())?;
        record.write(path)?;
        file.commit()
    }

    /// Removes what killed processes left half written, once for each process.
    fn sweep(&self) {
        if self.is_swept.swap(true, Ordering::Relaxed) {
            return;
        }
        let listing = self.list("").unwrap_or_default();
        listing.leftovers.iter().for_each(|leftover| drop(fs::remove_file(&leftover.path)));
    }

    fn path(&self, engine: &Engine, digest: &Sha256Digest) -> PathBuf {
        self.folder.join(format!("{}-{}.cwasm", digest.hex(), engine_name(engine)))
    }
}

/// Everything that decides about compiled code, as names of files have it.
fn engine_name(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Something that is this user's own, and that nobody else may write.
fn private(path: &Path, folder: bool) -> Option<Metadata> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let right_kind = if folder { metadata.is_dir() } else { metadata.is_file() };
    let is_ours =
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
    (right_kind && is_ours).then_some(metadata)
}

/// Notes that code was used: its file counts as changed now. Its content stays what it
/// is.
fn note_use(path: &Path, metadata: &Metadata) {
    let now = SystemTime::now();
    if age(metadata, now) >= USE_RESOLUTION {
        // what is not noted goes away earlier, and is made again
        let _ = File::open(path).and_then(|file| file.set_modified(now));
    }
}

/// How long ago a file was written or used.
fn age(metadata: &Metadata, now: SystemTime) -> Duration {
    metadata.modified().ok().and_then(|then| now.duration_since(then).ok()).unwrap_or_default()
}
