//! Pack references to bytes: built-in packs, files, and the content store. This room knows no zip and no WebAssembly.

mod blobs;
mod builtin;
mod error;
mod file;
mod signatures;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use blobs::Blobs;
use env_pack_domain::{PackDescriptor, PackRef, Sha256Digest};

pub use blobs::{Alone, Blob, BlobListing, Kept, Leftover};
pub use error::FetchError;

/// More than the path of a folder ever has, in bytes.
const PATH_BYTES: u64 = 64 << 10;

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

/// The folders for whose environments archives were kept.
#[derive(Debug, Default)]
pub struct Roots {
    /// Their paths.
    pub known: Vec<PathBuf>,
    /// The digests of paths that cannot be read, and why: nobody knows what is needed there.
    pub lost: Vec<(Sha256Digest, FetchError)>,
}

/// Finds the bytes that pack references stand for.
#[derive(Debug)]
pub struct Fetcher {
    blobs: Blobs,
    roots: Blobs,
    signatures: signatures::Signatures,
    max_bytes: u64,
}

impl Fetcher {
    /// A fetcher that keeps what it is told to keep under `cache`, and reads no archive beyond `max_bytes`.
    pub fn new(cache: &Path, max_bytes: u64) -> Self {
        let signatures = signatures::Signatures::new(cache);
        Self { blobs: Blobs::archives(cache), roots: Blobs::roots(cache), signatures, max_bytes }
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

    /// Keeps an archive under its digest, for an environment below `root`. It can be taken away again once what is returned is
    /// dropped and nothing pins it.
    ///
    /// # Errors
    /// [`FetchError::Keep`], [`FetchError::Lock`] or [`FetchError::Busy`] when it cannot be written.
    pub fn keep(&self, fetched: &Fetched, root: &Path) -> Result<Kept, FetchError> {
        let failed = |source| FetchError::Keep { path: root.to_owned(), source };
        let root = std::path::absolute(root).map_err(failed)?.into_os_string().into_vec();
        let kept = self.blobs.put(&fetched.digest, &fetched.bytes)?;
        drop(self.roots.put(&Sha256Digest::of(&root), &root)?);
        Ok(kept)
    }

    /// The folders for whose environments archives were ever kept.
    ///
    /// # Errors
    /// [`FetchError::Read`] when it cannot be found out.
    pub fn roots(&self) -> Result<Roots, FetchError> {
        let mut roots = Roots::default();
        for Blob { digest, .. } in self.roots.list()?.blobs {
            match self.roots.read(&digest, PATH_BYTES) {
                Ok(path) => roots.known.push(OsStr::from_bytes(&path).into()),
                Err(fault) => roots.lost.push((digest, fault)),
            }
        }
        Ok(roots)
    }

    /// Forgets a folder that is gone.
    ///
    /// # Errors
    /// What the system said.
    pub fn forget_root(&self, alone: &Alone, root: &Path) -> std::io::Result<()> {
        self.roots.remove(alone, &Sha256Digest::of(root.as_os_str().as_bytes()))
    }

    /// What is kept.
    ///
    /// # Errors
    /// [`FetchError::Read`] when the folder cannot be read.
    pub fn kept_archives(&self) -> Result<BlobListing, FetchError> {
        self.blobs.list()
    }

    /// Hashes a kept archive again.
    ///
    /// # Errors
    /// [`FetchError`] when it would not be used. Whether it is damaged, or only cannot be read now,
    /// [`is_damage`](FetchError::is_damage) tells.
    pub fn verify_kept(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.blobs.read(digest, self.max_bytes).map(drop)
    }

    /// Waits until nobody is keeping archives, and keeps everybody else from it.
    ///
    /// # Errors
    /// [`FetchError::Busy`] when somebody goes on for too long, [`FetchError::Lock`].
    pub fn alone(&self) -> Result<Alone, FetchError> {
        self.blobs.alone()
    }

    /// Takes a kept archive away.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_kept(&self, alone: &Alone, digest: &Sha256Digest) -> std::io::Result<()> {
        self.blobs.remove(alone, digest)
    }

    /// Takes away what a process left that ended early: while somebody holds the store alone, nobody is writing.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_leftover(&self, _alone: &Alone, leftover: &Leftover) -> std::io::Result<()> {
        std::fs::remove_file(&leftover.path)
    }

    /// Every signature there is of an archive: first the one that lies beside it now, then those that were kept. One that cannot
    /// be read is an error in its place.
    pub fn signatures(
        &self,
        pack_ref: &PackRef,
        archive: &Sha256Digest,
        limit: u64,
    ) -> Vec<Result<Vec<u8>, FetchError>> {
        let beside = signatures::beside(pack_ref).map(|path| file::read(&path, limit));
        let beside = beside.filter(|read| !matches!(read, Err(FetchError::NotFound { .. })));
        let kept = self.signatures.kept(archive, limit);
        beside.into_iter().chain(kept.into_iter().map(Ok)).collect()
    }

    /// Keeps a signature of an archive.
    ///
    /// # Errors
    /// [`FetchError::Keep`] when it cannot be written.
    pub fn keep_signature(&self, archive: &Sha256Digest, signature: &[u8]) -> Result<(), FetchError> {
        self.signatures.keep(archive, signature)
    }
}
