//! Pack references to bytes: built-in packs, files, and the content store. This room knows no zip and no WebAssembly.

mod blobs;
mod builtin;
mod error;
mod file;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use env_pack_domain::{PackDescriptor, PackRef, Sha256Digest};

pub use error::FetchError;

/// The bytes of an archive, and their digest.
#[derive(Debug)]
pub struct Fetched {
    /// The archive.
    pub bytes: Cow<'static, [u8]>,
    /// The digest of `bytes`.
    pub digest: Sha256Digest,
    /// Whether it is part of this program.
    pub is_builtin: bool,
}

impl Fetched {
    fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256Digest::of(&bytes);
        Self { bytes, digest, is_builtin: false }
    }
}

/// Finds the bytes that pack references stand for.
#[derive(Debug)]
pub struct Fetcher {
    blobs: blobs::Blobs,
    max_bytes: u64,
}

impl Fetcher {
    /// A fetcher that keeps what it is told to keep under `cache`, and reads no archive beyond `max_bytes`.
    pub fn new(cache: &Path, max_bytes: u64) -> Self {
        Self { blobs: blobs::Blobs::new(cache), max_bytes }
    }

    /// The descriptors of the packs that are part of this program, in the order in which an environment binds them.
    pub fn builtins(&self) -> impl Iterator<Item = PackDescriptor> {
        builtin::descriptors()
    }

    /// Whether a reference names a pack that is part of this program.
    pub fn is_builtin(&self, pack_ref: &PackRef) -> bool {
        matches!(pack_ref, PackRef::Named(name) if builtin::find(name).is_some())
    }

    /// The archive that a reference stands for now.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn fetch(&self, pack_ref: &PackRef) -> Result<Fetched, FetchError> {
        match pack_ref {
            PackRef::Named(name) => match builtin::find(name) {
                Some(bytes) => Ok(Fetched { is_builtin: true, ..Fetched::new(bytes) }),
                None => Err(FetchError::NoSuchBuiltin { name: name.clone() }),
            },
            PackRef::Oci(_) => Err(FetchError::RegistryUnsupported),
            PackRef::OtherScheme(_) => Err(FetchError::UnknownScheme),
            PackRef::File(_) => {
                let path = PathBuf::from(pack_ref.file_path().unwrap_or_default());
                let bytes = file::read(&path, self.max_bytes).map_err(|error| self.or_builtin(error))?;
                Ok(Fetched::new(bytes))
            }
        }
    }

    /// The error, or a better one where somebody meant a built-in pack.
    fn or_builtin(&self, error: FetchError) -> FetchError {
        let FetchError::NotFound { path } = error else { return error };
        let is_meant = |builtin: &PackDescriptor| path.file_name().is_some_and(|name| name == builtin.path().as_str());
        match self.builtins().find(is_meant) {
            Some(builtin) => FetchError::NoVersion { path, builtin },
            None => FetchError::NotFound { path },
        }
    }

    /// A file that is no pack but a document about one.
    ///
    /// # Errors
    /// [`FetchError`] when it is not there, no regular file, or larger than `limit` bytes.
    pub fn document(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read(path, limit)
    }

    /// The archive with this digest, if it was kept and is still what it was.
    pub fn kept(&self, digest: &Sha256Digest) -> Option<Fetched> {
        let bytes = self.blobs.get(digest, self.max_bytes)?;
        Some(Fetched { bytes: bytes.into(), digest: *digest, is_builtin: false })
    }

    /// Keeps an archive under its digest.
    ///
    /// # Errors
    /// [`FetchError::Keep`] when it cannot be written.
    pub fn keep(&self, fetched: &Fetched) -> Result<(), FetchError> {
        self.blobs.put(&fetched.digest, &fetched.bytes)
    }
}
