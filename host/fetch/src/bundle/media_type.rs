//! Types and annotations of artifacts that only bundles contain.

/// The media type of a trust root: the keys that an environment trusts.
pub(super) const TRUST_ROOT: &str = "application/vnd.greentic.trust-root.v1+json";
/// The annotation with the environment of a trust root.
pub(super) const TITLE: &str = "org.opencontainers.image.title";
