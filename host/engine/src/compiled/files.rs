//! Names, ownership and age of the files in the cache.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use wasmtime::Engine;

/// Mode of compiled code and its checksum, which are never modified in place.
pub(super) const FILE_MODE: u32 = 0o400;

/// Returns a hash of everything that compiled code depends on, as part of a file name.
pub(super) fn engine_name(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Returns the metadata of a folder that belongs to this user and that no other user can
/// write to.
pub(super) fn private_folder(path: &Path) -> Option<Metadata> {
    private(path).filter(Metadata::is_dir)
}

/// Returns the metadata of a regular file that belongs to this user and that no other
/// user can write to.
pub(super) fn private_file(path: &Path) -> Option<Metadata> {
    private(path).filter(Metadata::is_file)
}

fn private(path: &Path) -> Option<Metadata> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
    (is_own && metadata.mode() & 0o022 == 0).then_some(metadata)
}

/// Returns the time since a file was written or last used.
pub(super) fn age(metadata: &Metadata, now: SystemTime) -> Duration {
    metadata.modified().ok().and_then(|then| now.duration_since(then).ok()).unwrap_or_default()
}
