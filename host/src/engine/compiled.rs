//! The store of compiled code: what a component was compiled to, kept so that the next process only maps it.
//!
//! An entry is keyed by the digest of the component and by everything that decides about the code: engine version, settings,
//! target and CPU features. Whoever can write here can run code as the user, so the folder and its files belong to the user
//! alone, and what looks otherwise is not used. Nothing wrong here is ever an error: the component is compiled again.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The folder that holds compiled code.
#[derive(Debug)]
pub(super) struct CompiledStore {
    folder: PathBuf,
}

impl CompiledStore {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The component with this digest, if this engine compiled it before.
    pub fn get(&self, engine: &Engine, digest: &Sha256Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        if !(is_private(&self.folder, true) && is_private(&path, false)) {
            return None;
        }
        // SAFETY: the file lies in a folder that only this user can write, is theirs alone, and was written whole by `put`
        // below; the engine itself checks that it was compiled by the same version with the same settings.
        unsafe { Component::deserialize_file(engine, &path) }.ok()
    }

    /// Keeps what a component was compiled to, if it can be kept.
    pub fn put(&self, engine: &Engine, digest: &Sha256Digest, code: &mut dyn Read) {
        // a full disk or a folder that cannot be written costs the next start some time, and nothing else
        let _ = self.write(&self.path(engine, digest), code);
    }

    fn write(&self, path: &Path, code: &mut dyn Read) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        if !is_private(&self.folder, true) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&temporary)?;
            io::copy(code, &mut file)?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn path(&self, engine: &Engine, digest: &Sha256Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.folder.join(format!("{}-{:016x}.cwasm", digest.hex(), hasher.finish()))
    }
}

/// Whether something is this user's own, and nobody else may write it.
fn is_private(path: &Path, folder: bool) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let right_kind = if folder { metadata.is_dir() } else { metadata.is_file() };
    right_kind && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}
