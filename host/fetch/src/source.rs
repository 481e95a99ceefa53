//! Pack references to packs: built-in packs, files, the cache, and registries.

use std::path::{Path, PathBuf};

use env_pack_domain::{OciRef, PackDescriptor, PackRef, Sha256Digest};

use super::builtin;
use super::bundle::{Bundle, BundleError, BundleWriter};
use super::cache::BlobCache;
use super::error::FetchError;
use super::file;
use super::limits::FetchLimits;
use super::oci::pull::ResolvedPack;
use super::oci::settings::RegistrySettings;
use super::pack::{FetchedPack, RegistryOrigin};
use super::progress::Progress;
use super::registry::Registry;

/// Fetches packs by reference.
pub struct PackSource {
    /// The cache on disk.
    pub cache: BlobCache,
    /// Registries, which are used for what is not in the cache.
    pub registry: Registry,
    max_bytes: u64,
}

/// The settings of a [`PackSource`].
pub struct FetchSettings {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The size limit of an archive, in bytes.
    pub max_bytes: u64,
    /// Limits on registries and bundles.
    pub limits: FetchLimits,
    /// Settings for the access to registries.
    pub registries: RegistrySettings,
    /// Is notified of transfers.
    pub progress: Box<dyn Progress>,
}

impl PackSource {
    /// A source, which does no I/O until it is used.
    pub fn new(settings: FetchSettings) -> Self {
        let FetchSettings { cache, max_bytes, limits, registries, progress } = settings;
        Self {
            cache: BlobCache::new(&cache, max_bytes, &limits),
            registry: Registry::new(registries, limits, progress),
            max_bytes,
        }
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
                // `parse` fails here, and says why: a valid reference is `PackRef::Oci`
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
            Err(error) => Err(suggest_builtin(error)),
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
            // nothing else has a manifest to fetch by
            (PackRef::Oci(_), None)
            | (PackRef::Builtin(_) | PackRef::File(_) | PackRef::Opaque(_), _) => {
                self.fetch(pack_ref)
            }
        }
    }

    /// The manifest digest that a registry reported last for a tag, if it is known.
    pub fn last_known_digest(&self, pack_ref: &PackRef) -> Option<Sha256Digest> {
        match pack_ref {
            PackRef::Oci(reference) => self.cache.references.last_digest(reference),
            PackRef::Builtin(_) | PackRef::File(_) | PackRef::Opaque(_) => None,
        }
    }

    fn fetch_from_registry(&self, reference: &OciRef) -> Result<FetchedPack, FetchError> {
        // the manifest of a digest never changes
        if reference.digest().is_some() || self.registry.is_offline() {
            let resolved = self.cache.references.resolve(reference);
            let cached = resolved.and_then(|resolved| self.cached_pack(reference, &resolved));
            if let Some(cached) = cached {
                return Ok(cached);
            }
        }
        let pack = self
            .registry
            .fetch(reference, self.max_bytes, |resolved| self.cached_pack(reference, resolved))?;
        // `doctor` uses the record to report moved tags. An error here is ignored: a read-only
        // cache must not make the fetch fail
        if let Some(RegistryOrigin { manifest, .. }) = &pack.origin {
            let _ = self.cache.references.insert(reference, manifest);
        }
        Ok(pack)
    }

    /// The pack from the cache, if it is there and not damaged.
    fn cached_pack(&self, reference: &OciRef, resolved: &ResolvedPack) -> Option<FetchedPack> {
        let bytes = self.cache.archives.read_blob(&resolved.layer.digest)?;
        tracing::debug!("`{reference}` is in the cache as {}", resolved.layer.digest);
        Some(FetchedPack::from_registry(reference, resolved.clone(), bytes))
    }

    /// Reads a file that is not a pack, such as a signature or key.
    ///
    /// # Errors
    /// [`FetchError`] if it does not exist, is not a regular file, or has more than `limit`
    /// bytes.
    pub fn read_document(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read(path, limit)
    }

    /// Reads the input of a command; `-` is standard input, and a FIFO is read to its end.
    ///
    /// # Errors
    /// [`FetchError`] when it cannot be read, or has more than `limit` bytes.
    pub fn read_input(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
        file::read_input(path, limit)
    }

    /// The signatures of an archive on this machine: the one next to it, then the cached
    /// ones. A file that cannot be read is an error in the list; cached signatures that cannot be
    /// read are skipped.
    pub fn local_signatures(
        &self,
        pack_ref: &PackRef,
        archive: &Sha256Digest,
        limit: u64,
    ) -> Vec<Result<Vec<u8>, FetchError>> {
        let mut signatures = Vec::new();
        if let Some(path) = pack_ref.file_path() {
            let result = file::read(Path::new(&format!("{path}.sig")), limit);
            if !matches!(result, Err(FetchError::NotFound { .. })) {
                signatures.push(result);
            }
        }
        let cached = self.cache.signatures.get_all(archive, limit);
        signatures.extend(cached.into_iter().map(Ok));
        signatures
    }

    /// Opens a bundle and verifies all of it. Signatures are limited to `max_signature`
    /// bytes each.
    ///
    /// # Errors
    /// [`BundleError`] if anything in it is invalid.
    pub fn open_bundle(&self, path: &Path, max_signature: u64) -> Result<Bundle, BundleError> {
        Bundle::open(path, self.registry.limits(), self.max_bytes, max_signature)
    }

    /// A writer of bundles.
    pub fn bundle_writer(&self) -> BundleWriter<'_> {
        BundleWriter::new(&self.cache.archives, &self.registry)
    }
}

/// Replaces a missing-file error if the path is the name of a built-in pack.
fn suggest_builtin(error: FetchError) -> FetchError {
    let FetchError::NotFound { path } = error else { return error };
    let builtin = builtin::descriptors()
        .find(|builtin| path.file_name().is_some_and(|name| name == builtin.path().as_str()));
    match builtin {
        Some(builtin) => FetchError::MissingVersion { path, builtin },
        None => FetchError::NotFound { path },
    }
}
