//! Fetches packs: pack references to verified bytes, from built-in packs, files, registries
//! and the cache. This crate does not interpret archives or WebAssembly.
//!
//! [`PackSource`] resolves references, with a [`BlobCache`] and a [`Registry`]. A [`Bundle`]
//! transfers packs to machines without access to a registry.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests prepare files directly"))]

mod builtin;
pub mod bundle;
pub mod cache;
mod error;
mod file;
pub mod layout;
mod limits;
pub mod oci;
mod pack;
pub mod progress;
mod registry;
mod source;

pub use bundle::{Bundle, BundleEntry, BundleError, BundledPack};
pub use cache::{
    BlobCache, BlobListing, CachedSignature, ExclusiveLock, ListedManifest, ListedReference,
    ReferenceListing, SharedLock, SignatureListing, StoredBlob, TempFile,
};
pub use error::FetchError;
pub use limits::FetchLimits;
pub use oci::{
    CredentialSources, PackAnnotations, PackFormat, Proxies, PublishedSignature, RegistryError,
    RegistryOption, RegistrySettings, TransportError, is_registry,
};
pub use pack::FetchedPack;
pub use progress::{NoProgress, Progress, Transfer};
pub use registry::Registry;
pub use source::{FetchSettings, PackSource};
