//! Fetches packs: pack references to verified bytes, from built-in packs, files, registries
//! and the cache. This room does not interpret archives or WebAssembly.

mod blobs;
mod builtin;
pub mod bundle;
mod error;
mod file;
pub mod layout;
mod limits;
pub mod oci;
mod pack;
pub mod progress;
mod publish;
mod reference_cache;
mod signature_cache;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use blobs::BlobStore;
use env_pack_domain::{OciRef, PackDescriptor, PackRef, Sha256Digest};
use oci::{Registries, ResolvedPack};
use pack::RegistryOrigin;
use reference_cache::ReferenceCache;
use signature_cache::SignatureCache;

pub use blobs::{BlobListing, ExclusiveLock, SharedLock, StoredBlob, TempFile};
pub use bundle::{BundleContents, BundleEntry, BundleError, BundledPack};
pub use error::FetchError;
pub use limits::FetchLimits;
pub use oci::{
    CredentialSources, PackAnnotations, PackFormat, Proxies, PublishedSignature, RegistryError,
    RegistryOption, RegistrySettings, TransportError, is_registry,
};
pub use pack::FetchedPack;
pub use progress::{NoProgress, Progress, Transfer};
pub use reference_cache::{ListedManifest, ListedReference, ReferenceListing};
pub use signature_cache::{CachedSignature, SignatureListing};

/// The most that is read of a recorded store root, in bytes: more than a path takes.
const MAX_PATH_BYTES: u64 = 64 << 10;

/// The roots of garbage collection: the stores whose environments may pin archives.
#[derive(Debug, Default)]
pub struct GcRoots {
    /// The store roots.
    pub found: Vec<PathBuf>,
    /// The digests of store roots that are recorded but cannot be read. What their
    /// environments pin is unknown.
    pub unreadable: Vec<(Sha256Digest, FetchError)>,
}

/// Fetches, caches and publishes packs.
pub struct Fetcher {
    blobs: BlobStore,
    gc_roots: BlobStore,
    signatures: SignatureCache,
    reference_cache: ReferenceCache,
    registries: Registries,
    progress: Box<dyn Progress>,
    max_bytes: u64,
}

/// The settings of a [`Fetcher`].
pub struct FetchSettings {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The size limit of an archive, in bytes.
    pub max_bytes: u64,
    /// Limits on registries and bundles.
    pub limits: FetchLimits,
    /// How registries are reached.
    pub registries: RegistrySettings,
    /// Is notified of transfers.
    pub progress: Box<dyn Progress>,
}

impl Fetcher {
    /// A fetcher. It does no I/O until it is used.
    pub fn new(settings: FetchSettings) -> Self {
        let FetchSettings { cache, max_bytes, limits, registries, progress } = settings;
        Self {
            blobs: BlobStore::archives(&cache),
            gc_roots: BlobStore::roots(&cache),
            signatures: SignatureCache::new(&cache),
            reference_cache: ReferenceCache::new(&cache, limits.manifest_bytes, limits.layers),
            registries: Registries::new(registries, limits),
            progress,
            max_bytes,
        }
    }

    /// Whether offline mode is on, in which no socket is opened.
    pub fn is_offline(&self) -> bool {
        self.registries.is_offline()
    }

    /// The descriptors of the built-in packs, in the order in which a new environment binds
    /// them.
    pub fn builtins(&self) -> impl Iterator<Item = PackDescriptor> {
        builtin::descriptors()
    }

    /// Whether a reference names a built-in pack.
    pub fn is_builtin(&self, pack_ref: &PackRef) -> bool {
        matches!(pack_ref, PackRef::Builtin(name) if builtin::find(name).is_some())
    }

    /// Fetches the pack that a reference names now.
    ///
    /// # Errors
    /// [`FetchError`] if it does not exist or cannot be read.
    pub fn fetch(&self, pack_ref: &PackRef) -> Result<FetchedPack, FetchError> {
        match pack_ref {
            PackRef::Builtin(name) => match builtin::find(name) {
                Some(bytes) => {
                    Ok(FetchedPack { is_builtin: true, ..FetchedPack::from_archive(bytes) })
                }
                None => Err(FetchError::NoSuchBuiltin { name: name.clone() }),
            },
            PackRef::Oci(reference) => self.fetch_from_registry(reference),
            PackRef::Opaque(text) if text.starts_with("oci://") => {
                // the error says what is wrong with it
                self.fetch_from_registry(&text.parse()?)
            }
            PackRef::Opaque(_) => Err(FetchError::UnknownScheme),
            PackRef::File(_) => {
                self.fetch_file(Path::new(pack_ref.file_path().unwrap_or_default()))
            }
        }
    }

    /// Reads a pack from a file, whose path need not be UTF-8.
    ///
    /// # Errors
    /// [`FetchError`] if it does not exist or cannot be read.
    pub fn fetch_file(&self, path: &Path) -> Result<FetchedPack, FetchError> {
        match file::read(path, self.max_bytes) {
            Ok(bytes) => Ok(FetchedPack::from_archive(bytes)),
            Err(error) => Err(self.suggest_builtin(error)),
        }
    }

    /// Fetches the pack that was bound: from a registry, the one with this manifest, even if
    /// the tag moved.
    ///
    /// # Errors
    /// [`FetchError`] if it does not exist or cannot be read.
    pub fn fetch_pinned(
        &self,
        pack_ref: &PackRef,
        manifest: Option<Sha256Digest>,
    ) -> Result<FetchedPack, FetchError> {
        match (pack_ref, manifest) {
            (PackRef::Oci(reference), Some(manifest)) => {
                self.fetch_from_registry(&reference.pinned(manifest))
            }
            _ => self.fetch(pack_ref),
        }
    }

    /// The manifest digest that a registry reported last for a tag, if it is known.
    pub fn last_known_digest(&self, pack_ref: &PackRef) -> Option<Sha256Digest> {
        match pack_ref {
            PackRef::Oci(reference) => self.reference_cache.last_digest(reference),
            _ => None,
        }
    }

    fn fetch_from_registry(&self, reference: &OciRef) -> Result<FetchedPack, FetchError> {
        // the manifest of a digest never changes
        if reference.digest().is_some() || self.is_offline() {
            let resolved = self.reference_cache.resolve(reference);
            let cached = resolved.and_then(|resolved| self.cached_layer(reference, &resolved));
            if let Some(cached) = cached {
                return Ok(cached);
            }
        }
        let registry_error = |source| FetchError::Registry { reference: reference.clone(), source };
        let (mut client, resolved) = self.registries.resolve(reference).map_err(registry_error)?;
        let pack = match self.cached_layer(reference, &resolved) {
            Some(cached) => cached,
            None => {
                let bytes = client
                    .blob(&resolved.layer, self.max_bytes, self.progress.as_ref())
                    .map_err(registry_error)?;
                pack_from_registry(reference, &resolved, bytes)
            }
        };
        // recorded only after the layer was fetched; `doctor` uses the record to report moved
        // tags, which a read-only cache must not prevent
        let _ = self.reference_cache.insert(reference, &resolved.manifest);
        Ok(pack)
    }

    /// The pack from the cache, if it is there and not damaged.
    fn cached_layer(&self, reference: &OciRef, resolved: &ResolvedPack) -> Option<FetchedPack> {
        let bytes = self.blobs.get(&resolved.layer.digest, self.max_bytes)?;
        Some(pack_from_registry(reference, resolved, bytes))
    }

    /// Replaces a missing-file error if the path is the name of a built-in pack.
    fn suggest_builtin(&self, error: FetchError) -> FetchError {
        let FetchError::NotFound { path } = error else { return error };
        let builtin = self
            .builtins()
            .find(|builtin| path.file_name().is_some_and(|name| name == builtin.path().as_str()));
        match builtin {
            Some(builtin) => FetchError::MissingVersion { path, builtin },
            None => FetchError::NotFound { path },
        }
    }

    /// Reads a file that is not a pack, such as a signature or key.
    ///
    /// # Errors
    /// [`FetchError`] if it does not exist, is not a regular file, or has more than `limit`
    /// bytes.
    pub fn read_document(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read(path, limit)
    }

    /// The archive with this digest, if it is cached and not damaged.
    pub fn cached_archive(&self, digest: &Sha256Digest) -> Option<FetchedPack> {
        let bytes = self.blobs.get(digest, self.max_bytes)?;
        let format = PackFormat::detect(&bytes);
        let bytes = bytes.into();
        Some(FetchedPack { bytes, digest: *digest, format, is_builtin: false, origin: None })
    }

    /// Caches an archive for an environment in the store at `root`. Garbage collection
    /// keeps it while the returned lock exists, and afterwards if the environment pins it.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn cache_archive(&self, pack: &FetchedPack, root: &Path) -> Result<SharedLock, FetchError> {
        let root = std::path::absolute(root)
            .map_err(|source| FetchError::Write { path: root.to_owned(), source })?
            .into_os_string()
            .into_vec();
        let lock = self.blobs.put(&pack.digest, &pack.bytes)?;
        if let Some(RegistryOrigin { reference, manifest }) = &pack.origin {
            self.reference_cache.insert(reference, manifest)?;
        }
        drop(self.gc_roots.put(&Sha256Digest::compute(&root), &root)?);
        Ok(lock)
    }

    /// The stores for whose environments archives were cached.
    ///
    /// # Errors
    /// [`FetchError::Read`] if the folder cannot be read.
    pub fn gc_roots(&self) -> Result<GcRoots, FetchError> {
        let mut roots = GcRoots::default();
        for StoredBlob { digest, .. } in self.gc_roots.list()?.blobs {
            match self.gc_roots.read(&digest, MAX_PATH_BYTES) {
                Ok(path) => roots.found.push(OsStr::from_bytes(&path).into()),
                Err(error) => roots.unreadable.push((digest, error)),
            }
        }
        Ok(roots)
    }

    /// Removes the record of a store that does not exist any more.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_gc_root(&self, lock: &ExclusiveLock, root: &Path) -> io::Result<()> {
        self.gc_roots.remove(lock, &Sha256Digest::compute(root.as_os_str().as_bytes()))
    }

    /// Lists the cached archives.
    ///
    /// # Errors
    /// [`FetchError::Read`] if the folder cannot be read.
    pub fn cached_archives(&self) -> Result<BlobListing, FetchError> {
        self.blobs.list()
    }

    /// Verifies the digest of a cached archive.
    ///
    /// # Errors
    /// [`FetchError`] if it cannot be used. [`FetchError::is_damage`] tells damage from a
    /// failure to read it.
    pub fn verify_cached_archive(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.blobs.read(digest, self.max_bytes).map(drop)
    }

    /// Locks the cache exclusively, after all processes that write to it finished.
    ///
    /// # Errors
    /// [`FetchError::CacheLocked`] after a timeout of 10 s, or [`FetchError::Lock`].
    pub fn lock_exclusive(&self) -> Result<ExclusiveLock, FetchError> {
        self.blobs.lock_exclusive()
    }

    /// Removes a cached archive.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_cached_archive(
        &self,
        lock: &ExclusiveLock,
        digest: &Sha256Digest,
    ) -> io::Result<()> {
        self.blobs.remove(lock, digest)
    }

    /// Removes a temporary file. Under the exclusive lock no process is writing to it.
    ///
    /// # Errors
    /// An I/O error.
    pub fn remove_temp_file(&self, _lock: &ExclusiveLock, file: &TempFile) -> io::Result<()> {
        std::fs::remove_file(&file.path)
    }

    /// The signatures of an archive on this machine: the one next to it, then the cached
    /// ones. A signature that cannot be read is an error.
    pub fn local_signatures(
        &self,
        pack_ref: &PackRef,
        archive: &Sha256Digest,
        limit: u64,
    ) -> Vec<Result<Vec<u8>, FetchError>> {
        let mut signatures = Vec::new();
        if let Some(path) = signature_cache::signature_path(pack_ref) {
            let result = file::read(&path, limit);
            if !matches!(result, Err(FetchError::NotFound { .. })) {
                signatures.push(result);
            }
        }
        signatures.extend(self.signatures.get_all(archive, limit).into_iter().map(Ok));
        signatures
    }

    /// Caches a signature of an archive.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`].
    pub fn cache_signature(
        &self,
        archive: &Sha256Digest,
        signature: &[u8],
    ) -> Result<(), FetchError> {
        self.signatures.insert(archive, signature)
    }
}

fn pack_from_registry(reference: &OciRef, resolved: &ResolvedPack, bytes: Vec<u8>) -> FetchedPack {
    let manifest = resolved.manifest.clone();
    FetchedPack {
        bytes: bytes.into(),
        digest: resolved.layer.digest,
        format: resolved.format,
        is_builtin: false,
        origin: Some(RegistryOrigin { reference: reference.clone(), manifest }),
    }
}
