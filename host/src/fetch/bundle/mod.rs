//! Packs on their way across an air gap: everything of them into an image layout, and out
//! of one.
//!
//! In a layout a pack is what it is in a registry: a manifest, its configuration, its
//! layers. What was signed lies beside it as in a registry too: an envelope as an
//! artifact that refers to the manifest, signatures of cosign under the tag that cosign
//! gives them. So other tools can bring such a layout to a registry, and packs that they
//! put into one can be loaded.
//!
//! Nothing here believes a layout. What is in it is verified before anything of it is
//! kept, and a reference stands for a manifest only once everything of that manifest is
//! there.

mod error;
mod export;
mod import;

pub use error::BundleError;
pub use export::BundleEntry;
pub use import::{BundleContents, BundledPack, BundledTrustRoot};

/// The media type of a trust root: the keys that an environment trusts.
const TRUST_ROOT: &str = "application/vnd.greentic.trust-root.v1+json";
/// The annotation that says whose trust root it is.
const TITLE: &str = "org.opencontainers.image.title";
