//! Pack references to bytes: built-in packs, files, registries, and the content store.
//! This room knows no zip and no WebAssembly.

mod blobs;
mod builtin;
pub mod carry;
mod error;
mod file;
pub mod layout;
mod limits;
pub mod oci;
pub mod progress;
mod publish;
mod resolutions;
mod signatures;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use blobs::Blobs;
use env_pack_domain::{OciRef, PackDescriptor, PackRef, Sha256Digest};
use oci::{Pulled, Registries};
use resolutions::{KeptManifest, Resolutions};

pub use blobs::{Alone, Blob, BlobListing, Kept, Leftover};
pub use carry::{Carried, CarriedPack, CarryError, Parcel};
pub use error::FetchError;
pub use limits::Limits;
pub use oci::{
    Form, Notes, Pair, Proxies, Published, RegistryError, RegistrySettings, Sources, Transport,
    is_registry,
};
pub use progress::{Progress, Silent, Transfer};
pub use resolutions::{ListedManifest, ListedReference, ResolutionListing};
pub use signatures::{KeptSignature, SignatureListing};

/// More than the path of a folder ever has, in bytes.
const PATH_BYTES: u64 = 64 << 10;

/// The bytes of an archive, and their digest.
#[derive(Debug)]
pub struct Fetched {
    /// The archive.
    pub bytes: Cow<'static, [u8]>,
    /// The digest of `bytes`.
    pub digest: Sha256Digest,
    /// What the bytes are.
    pub form: Form,
    /// Whether it is part of this program.
    pub is_builtin: bool,
    /// Where it was found in a registry.
    found: Option<InRegistry>,
}

/// What a reference to a registry stands for.
#[derive(Clone, Debug)]
struct InRegistry {
    reference: OciRef,
    manifest: Pulled,
}

impl Fetched {
    fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256Digest::of(&bytes);
        Self { bytes, digest, form: Form::Archive, is_builtin: false, found: None }
    }

    /// The digest of the manifest that it was found by, if it comes from a registry.
    pub fn manifest(&self) -> Option<Sha256Digest> {
        self.found.as_ref().map(|found| found.manifest.digest)
    }
}

/// The folders for whose environments archives were kept.
#[derive(Debug, Default)]
pub struct Roots {
    /// Their paths.
    pub known: Vec<PathBuf>,
    /// The digests of paths that cannot be read, and why: nobody knows what is needed
    /// there.
    pub lost: Vec<(Sha256Digest, FetchError)>,
}

/// Finds the bytes that pack references stand for.
pub struct Fetcher {
    blobs: Blobs,
    roots: Blobs,
    signatures: signatures::Signatures,
    resolutions: Resolutions,
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
    pub limits: Limits,
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
            blobs: Blobs::archives(&cache),
            roots: Blobs::roots(&cache),
            signatures: signatures::Signatures::new(&cache),
            resolutions: Resolutions::new(&cache, limits.manifest_bytes, limits.layers),
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
            PackRef::Oci(text) => self.in_registry(&text.parse()?),
            PackRef::OtherScheme(_) => Err(FetchError::UnknownScheme),
            PackRef::File(_) => self.file(Path::new(pack_ref.file_path().unwrap_or_default())),
        }
    }

    /// The archive in a file, whose path need not be text.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn file(&self, path: &Path) -> Result<Fetched, FetchError> {
        file::read(path, self.max_bytes).map(Fetched::new).map_err(|error| self.or_builtin(error))
    }

    /// The archive that a reference stood for when it was bound: in a registry, that of
    /// the manifest, whatever the tag stands for now.
    ///
    /// # Errors
    /// [`FetchError`] when there is none, or it cannot be read.
    pub fn fetch_again(
        &self,
        pack_ref: &PackRef,
        manifest: Option<Sha256Digest>,
    ) -> Result<Fetched, FetchError> {
        match (pack_ref, manifest) {
            (PackRef::Oci(text), Some(manifest)) => {
                self.in_registry(&text.parse::<OciRef>()?.pinned(manifest))
            }
            _ => self.fetch(pack_ref),
        }
    }

    /// The digest of the manifest that a tag stood for when a registry was last asked;
    /// none when nobody knows.
    pub fn last_seen(&self, pack_ref: &PackRef) -> Option<Sha256Digest> {
        match pack_ref {
            PackRef::Oci(text) => self.resolutions.noted(&text.parse().ok()?),
            _ => None,
        }
    }

    fn in_registry(&self, reference: &OciRef) -> Result<Fetched, FetchError> {
        // what a digest stands for never changes
        if reference.digest().is_some() || self.registries.is_offline() {
            let kept = self.resolutions.of(reference);
            if let Some(kept) = kept.and_then(|kept| self.kept_layer(reference, kept)) {
                return Ok(kept);
            }
        }
        let failed = |source| FetchError::Registry { reference: reference.clone(), source };
        let (mut access, resolved) = self.registries.resolve(reference).map_err(failed)?;
        let oci::Resolved { manifest, layer, form } = resolved;
        let kept = KeptManifest { manifest: manifest.clone(), layer: layer.clone(), form };
        let fetched = match self.kept_layer(reference, kept) {
            Some(kept) => kept,
            None => {
                let bytes =
                    access.blob(&layer, self.max_bytes, self.progress.as_ref()).map_err(failed)?;
                let found =
                    Some(InRegistry { reference: reference.clone(), manifest: manifest.clone() });
                Fetched {
                    bytes: bytes.into(),
                    digest: layer.digest,
                    form,
                    is_builtin: false,
                    found,
                }
            }
        };
        // `doctor` says that a tag moved when somebody saw it; a cache that cannot be written is
        // no reason to fail here. Nothing is kept of a registry that did not give what
        // its manifest names.
        let _ = self.resolutions.keep(reference, &manifest);
        Ok(fetched)
    }

    /// The layer of a manifest, if it was kept and is still what it was.
    fn kept_layer(&self, reference: &OciRef, kept: KeptManifest) -> Option<Fetched> {
        let KeptManifest { manifest, layer, form } = kept;
        let bytes = self.blobs.get(&layer.digest, self.max_bytes)?;
        let found = Some(InRegistry { reference: reference.clone(), manifest });
        Some(Fetched { bytes: bytes.into(), digest: layer.digest, form, is_builtin: false, found })
    }

    /// The error, or a better one where somebody meant a built-in pack.
    fn or_builtin(&self, error: FetchError) -> FetchError {
        let FetchError::NotFound { path } = error else { return error };
        let is_meant = |builtin: &PackDescriptor| {
            path.file_name().is_some_and(|name| name == builtin.path().as_str())
        };
        match self.builtins().find(is_meant) {
            Some(builtin) => FetchError::NoVersion { path, builtin },
            None => FetchError::NotFound { path },
        }
    }

    /// A file that is no pack but a document about one.
    ///
    /// # Errors
    /// [`FetchError`] when it is not there, no regular file, or larger than `limit`
    /// bytes.
    pub fn document(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read(path, limit)
    }

    /// The archive with this digest, if it was kept and is still what it was.
    pub fn kept(&self, digest: &Sha256Digest) -> Option<Fetched> {
        let bytes = self.blobs.get(digest, self.max_bytes)?;
        let form = Form::of_kept(&bytes);
        Some(Fetched { bytes: bytes.into(), digest: *digest, form, is_builtin: false, found: None })
    }

    /// Keeps an archive under its digest, for an environment below `root`. It can be
    /// taken away again once what is returned is dropped and nothing pins it.
    ///
    /// # Errors
    /// [`FetchError::Keep`], [`FetchError::Lock`] or [`FetchError::Busy`] when it cannot
    /// be written.
    pub fn keep(&self, fetched: &Fetched, root: &Path) -> Result<Kept, FetchError> {
        let failed = |source| FetchError::Keep { path: root.to_owned(), source };
        let root = std::path::absolute(root).map_err(failed)?.into_os_string().into_vec();
        let kept = self.blobs.put(&fetched.digest, &fetched.bytes)?;
        if let Some(InRegistry { reference, manifest }) = &fetched.found {
            self.resolutions.keep(reference, manifest)?;
        }
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
    /// [`FetchError`] when it would not be used. Whether it is damaged, or only cannot be
    /// read now, [`is_damage`](FetchError::is_damage) tells.
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

    /// Takes away what a process left that ended early: while somebody holds the store
    /// alone, nobody is writing.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_leftover(&self, _alone: &Alone, leftover: &Leftover) -> std::io::Result<()> {
        std::fs::remove_file(&leftover.path)
    }

    /// Every signature there is of an archive: first the one that lies beside it now,
    /// then those that were kept. One that cannot be read is an error in its place.
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
    pub fn keep_signature(
        &self,
        archive: &Sha256Digest,
        signature: &[u8],
    ) -> Result<(), FetchError> {
        self.signatures.keep(archive, signature)
    }
}
