//! Pack references to bytes: built-in packs, files, registries, and the content store.
//! This room knows no zip and no WebAssembly.

mod blobs;
mod builtin;
pub mod bundle;
mod error;
mod file;
pub mod layout;
mod limits;
pub mod oci;
pub mod progress;
mod publish;
mod reference_cache;
mod signature_cache;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use blobs::BlobStore;
use env_pack_domain::{OciRef, PackDescriptor, PackRef, Sha256Digest};
use oci::{FetchedManifest, Registries};
use reference_cache::{KeptManifest, ReferenceCache};

pub use blobs::{Alone, BlobListing, Kept, StoredBlob, TempFile};
pub use bundle::{BundleContents, BundleEntry, BundleError, BundledPack};
pub use error::FetchError;
pub use limits::FetchLimits;
pub use oci::{
    CredentialSources, PackAnnotations, PackFormat, Proxies, PublishedSignature, RegistryError,
    RegistryOption, RegistrySettings, TransportError, is_registry,
};
pub use progress::{NoProgress, Progress, Transfer};
pub use reference_cache::{ListedManifest, ListedReference, ReferenceListing};
pub use signature_cache::{CachedSignature, SignatureListing};

/// More than the path of a folder ever has, in bytes.
const PATH_BYTES: u64 = 64 << 10;

/// The bytes of an archive, and their digest.
#[derive(Debug)]
pub struct FetchedPack {
    /// The archive.
    pub bytes: Cow<'static, [u8]>,
    /// The digest of `bytes`.
    pub digest: Sha256Digest,
    /// What the bytes are.
    pub format: PackFormat,
    /// Whether it is part of this program.
    pub is_builtin: bool,
    /// Where it was found in a registry.
    origin: Option<RegistryOrigin>,
}

/// What a reference to a registry stands for.
#[derive(Clone, Debug)]
struct RegistryOrigin {
    reference: OciRef,
    manifest: FetchedManifest,
}

impl FetchedPack {
    fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256Digest::compute(&bytes);
        Self { bytes, digest, format: PackFormat::Archive, is_builtin: false, origin: None }
    }

    /// The digest of the manifest that it was found by, if it comes from a registry.
    pub fn manifest(&self) -> Option<Sha256Digest> {
        self.origin.as_ref().map(|origin| origin.manifest.digest)
    }
}

/// The folders for whose environments archives were kept.
#[derive(Debug, Default)]
pub struct GcRoots {
    /// Their paths.
    pub found: Vec<PathBuf>,
    /// The digests of paths that cannot be read, and why: nobody knows what is needed
    /// there.
    pub unreadable: Vec<(Sha256Digest, FetchError)>,
}

/// Finds the bytes that pack references stand for.
pub struct Fetcher {
    blobs: BlobStore,
    roots: BlobStore,
    signatures: signature_cache::SignatureCache,
    reference_cache: ReferenceCache,
    registries: Registries,
    progress: Box<dyn Progress>,
    max_bytes: u64,
}

/// What a fetcher is built from.
pub struct FetchSettings {
    /// Where it keeps what it is told to keep.
    pub cache: PathBuf,
    /// The most that is read of an archive, in bytes.
    pub max_bytes: u64,
    /// What registries may take.
    pub limits: FetchLimits,
    /// How registries are reached.
    pub registries: RegistrySettings,
    /// Who is told how far a transfer is.
    pub progress: Box<dyn Progress>,
}

impl Fetcher {
    /// A fetcher. Nothing is read or written, and no socket opened, before something is
    /// asked of it.
    pub fn new(settings: FetchSettings) -> Self {
        let FetchSettings { cache, max_bytes, limits, registries, progress } = settings;
        Self {
            blobs: BlobStore::archives(&cache),
            roots: BlobStore::roots(&cache),
            signatures: signature_cache::SignatureCache::new(&cache),
            reference_cache: ReferenceCache::new(&cache, limits.manifest_bytes, limits.layers),
            registries: Registries::new(registries, limits),
            progress,
            max_bytes,
        }
    }

    /// Whether no socket is ever opened.
    pub fn is_offline(&self) -> bool {
        self.registries.is_offline()
    }

    /// The descriptors of the packs that are part of this program, in the order in which
    /// an environment binds them.
    pub fn builtins(&self) -> impl Iterator<Item = PackDescriptor> {
        builtin::descriptors()
    }

    /// Whether a reference names a pack that is part of this program.
    pub fn is_builtin(&self, pack_ref: &PackRef) -> bool {
        matches!(pack_ref, PackRef::Builtin(name) if builtin::find(name).is_some())
    }

    /// The archive that a reference stands for now.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn fetch(&self, pack_ref: &PackRef) -> Result<FetchedPack, FetchError> {
        match pack_ref {
            PackRef::Builtin(name) => match builtin::find(name) {
                Some(bytes) => Ok(FetchedPack { is_builtin: true, ..FetchedPack::new(bytes) }),
                None => Err(FetchError::NoSuchBuiltin { name: name.clone() }),
            },
            PackRef::Oci(reference) => self.in_registry(reference),
            PackRef::Opaque(text) if text.starts_with("oci://") => self.in_registry(&text.parse()?),
            PackRef::Opaque(_) => Err(FetchError::UnknownScheme),
            PackRef::File(_) => {
                self.fetch_file(Path::new(pack_ref.file_path().unwrap_or_default()))
            }
        }
    }

    /// The archive in a file, whose path need not be text.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn fetch_file(&self, path: &Path) -> Result<FetchedPack, FetchError> {
        file::read(path, self.max_bytes)
            .map(FetchedPack::new)
            .map_err(|error| self.or_builtin(error))
    }

    /// The archive that a reference stood for when it was bound: in a registry, that of
    /// the manifest, whatever the tag stands for now.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn fetch_pinned(
        &self,
        pack_ref: &PackRef,
        manifest: Option<Sha256Digest>,
    ) -> Result<FetchedPack, FetchError> {
        match (pack_ref, manifest) {
            (PackRef::Oci(reference), Some(manifest)) => {
                self.in_registry(&reference.pinned(manifest))
            }
            _ => self.fetch(pack_ref),
        }
    }

    /// The digest of the manifest that a tag stood for when a registry was last asked;
    /// none when nobody knows.
    pub fn last_known_digest(&self, pack_ref: &PackRef) -> Option<Sha256Digest> {
        match pack_ref {
            PackRef::Oci(reference) => self.reference_cache.noted(reference),
            _ => None,
        }
    }

    fn in_registry(&self, reference: &OciRef) -> Result<FetchedPack, FetchError> {
        // what a digest stands for never changes
        if reference.digest().is_some() || self.registries.is_offline() {
            let kept = self.reference_cache.of(reference);
            if let Some(kept) = kept.and_then(|kept| self.kept_layer(reference, kept)) {
                return Ok(kept);
            }
        }
        let failed = |source| FetchError::Registry { reference: reference.clone(), source };
        let (mut access, resolved) = self.registries.resolve(reference).map_err(failed)?;
        let oci::ResolvedPack { manifest, layer, format } = resolved;
        let kept = KeptManifest { manifest: manifest.clone(), layer: layer.clone(), format };
        let fetched = match self.kept_layer(reference, kept) {
            Some(kept) => kept,
            None => {
                let bytes =
                    access.blob(&layer, self.max_bytes, self.progress.as_ref()).map_err(failed)?;
                let origin = Some(RegistryOrigin {
                    reference: reference.clone(),
                    manifest: manifest.clone(),
                });
                FetchedPack {
                    bytes: bytes.into(),
                    digest: layer.digest,
                    format,
                    is_builtin: false,
                    origin,
                }
            }
        };
        // `doctor` says that a tag moved when somebody saw it; a cache that cannot be written is
        // no reason to fail here. Nothing is kept of a registry that did not give what
        // its manifest names.
        let _ = self.reference_cache.keep(reference, &manifest);
        Ok(fetched)
    }

    /// The layer of a manifest, if it was kept and is still what it was.
    fn kept_layer(&self, reference: &OciRef, kept: KeptManifest) -> Option<FetchedPack> {
        let KeptManifest { manifest, layer, format } = kept;
        let bytes = self.blobs.get(&layer.digest, self.max_bytes)?;
        let origin = Some(RegistryOrigin { reference: reference.clone(), manifest });
        Some(FetchedPack {
            bytes: bytes.into(),
            digest: layer.digest,
            format,
            is_builtin: false,
            origin,
        })
    }

    /// The error, or a better one where somebody meant a built-in pack.
    fn or_builtin(&self, error: FetchError) -> FetchError {
        let FetchError::NotFound { path } = error else { return error };
        let is_meant = |builtin: &PackDescriptor| {
            path.file_name().is_some_and(|name| name == builtin.path().as_str())
        };
        match self.builtins().find(is_meant) {
            Some(builtin) => FetchError::MissingVersion { path, builtin },
            None => FetchError::NotFound { path },
        }
    }

    /// A file that is no pack but a document about one.
    ///
    /// # Errors
    /// [`FetchError`] when it is not there, no regular file, or larger than `limit`
    /// bytes.
    pub fn read_document(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read(path, limit)
    }

    /// The archive with this digest, if it was kept and is still what it was.
    pub fn cached_archive(&self, digest: &Sha256Digest) -> Option<FetchedPack> {
        let bytes = self.blobs.get(digest, self.max_bytes)?;
        let format = PackFormat::of_kept(&bytes);
        Some(FetchedPack {
            bytes: bytes.into(),
            digest: *digest,
            format,
            is_builtin: false,
            origin: None,
        })
    }

    /// Keeps an archive under its digest, for an environment below `root`. It can be
    /// taken away again once what is returned is dropped and nothing pins it.
    ///
    /// # Errors
    /// [`FetchError::Write`], [`FetchError::Lock`] or [`FetchError::CacheLocked`] when it cannot
    /// be written.
    pub fn cache_archive(&self, fetched: &FetchedPack, root: &Path) -> Result<Kept, FetchError> {
        let failed = |source| FetchError::Write { path: root.to_owned(), source };
        let root = std::path::absolute(root).map_err(failed)?.into_os_string().into_vec();
        let kept = self.blobs.put(&fetched.digest, &fetched.bytes)?;
        if let Some(RegistryOrigin { reference, manifest }) = &fetched.origin {
            self.reference_cache.keep(reference, manifest)?;
        }
        drop(self.roots.put(&Sha256Digest::compute(&root), &root)?);
        Ok(kept)
    }

    /// The folders for whose environments archives were ever kept.
    ///
    /// # Errors
    /// [`FetchError::Read`] when it cannot be found out.
    pub fn gc_roots(&self) -> Result<GcRoots, FetchError> {
        let mut roots = GcRoots::default();
        for StoredBlob { digest, .. } in self.roots.list()?.blobs {
            match self.roots.read(&digest, PATH_BYTES) {
                Ok(path) => roots.found.push(OsStr::from_bytes(&path).into()),
                Err(fault) => roots.unreadable.push((digest, fault)),
            }
        }
        Ok(roots)
    }

    /// Forgets a folder that is gone.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_gc_root(&self, alone: &Alone, root: &Path) -> std::io::Result<()> {
        self.roots.remove(alone, &Sha256Digest::compute(root.as_os_str().as_bytes()))
    }

    /// What is kept.
    ///
    /// # Errors
    /// [`FetchError::Read`] when the folder cannot be read.
    pub fn cached_archives(&self) -> Result<BlobListing, FetchError> {
        self.blobs.list()
    }

    /// Hashes a kept archive again.
    ///
    /// # Errors
    /// [`FetchError`] when it would not be used. Whether it is damaged, or only cannot be
    /// read now, [`is_damage`](FetchError::is_damage) tells.
    pub fn verify_cached_archive(&self, digest: &Sha256Digest) -> Result<(), FetchError> {
        self.blobs.read(digest, self.max_bytes).map(drop)
    }

    /// Waits until nobody is keeping archives, and keeps everybody else from it.
    ///
    /// # Errors
    /// [`FetchError::CacheLocked`] when somebody goes on for too long, [`FetchError::Lock`].
    pub fn lock_exclusive(&self) -> Result<Alone, FetchError> {
        self.blobs.alone()
    }

    /// Takes a kept archive away.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_cached_archive(
        &self,
        alone: &Alone,
        digest: &Sha256Digest,
    ) -> std::io::Result<()> {
        self.blobs.remove(alone, digest)
    }

    /// Takes away what a process left that ended early: while somebody holds the store
    /// alone, nobody is writing.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_temp_file(&self, _alone: &Alone, temp_file: &TempFile) -> std::io::Result<()> {
        std::fs::remove_file(&temp_file.path)
    }

    /// Every signature there is of an archive: first the one that lies beside it now,
    /// then those that were kept. One that cannot be read is an error in its place.
    pub fn local_signatures(
        &self,
        pack_ref: &PackRef,
        archive: &Sha256Digest,
        limit: u64,
    ) -> Vec<Result<Vec<u8>, FetchError>> {
        let beside = signature_cache::beside(pack_ref).map(|path| file::read(&path, limit));
        let beside = beside.filter(|read| !matches!(read, Err(FetchError::NotFound { .. })));
        let kept = self.signatures.kept(archive, limit);
        beside.into_iter().chain(kept.into_iter().map(Ok)).collect()
    }

    /// Keeps a signature of an archive.
    ///
    /// # Errors
    /// [`FetchError::Write`] when it cannot be written.
    pub fn cache_signature(
        &self,
        archive: &Sha256Digest,
        signature: &[u8],
    ) -> Result<(), FetchError> {
        self.signatures.keep(archive, signature)
    }
}
