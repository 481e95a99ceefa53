//! The cache on disk: archives, their signatures, manifests, and what references resolved to.
//!
//! A process that adds an archive holds the shared lock until the archive is pinned; one that
//! removes files holds the exclusive lock. So no archive is removed between adding and pinning
//! it. This module does not know what pins an archive.

mod archives;
mod blob_cache;
mod blob_folder;
mod inventory;
mod lock;
mod references;
mod roots;
mod signatures;

pub use archives::ArchiveCache;
pub use blob_cache::BlobCache;
pub use inventory::{BlobListing, StoredBlob, TempFile};
pub use lock::{ExclusiveLock, SharedLock};
pub use references::{ListedManifest, ListedReference, ReferenceCache, ReferenceListing};
pub use roots::{GcRootCache, GcRoots};
pub use signatures::{CachedSignature, SignatureCache, SignatureListing};
