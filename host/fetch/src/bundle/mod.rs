//! Bundles: packs, their signatures and optionally a trust root in an OCI image layout,
//! for transfer to machines without access to a registry.
//!
//! A pack in a bundle is stored as in a registry: manifest, configuration and layers. So
//! are its signatures: envelopes as artifacts that refer to the manifest, signatures of
//! cosign under cosign's tags. Other tools, such as skopeo, can therefore copy a bundle to
//! a registry, or create one.
//!
//! A bundle is untrusted. All of it is verified before any of it is stored, and a reference
//! is recorded only after everything that its manifest lists.

mod error;
mod export;
mod import;
mod media_type;

pub use error::BundleError;
pub use export::{BundleEntry, BundleWriter};
pub use import::{Bundle, BundledPack, BundledTrustRoot};
