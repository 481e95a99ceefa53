//! The files of a layout, and a manifest in its index.

use env_pack_domain::Sha256Digest;

/// The file that identifies a layout, and its content.
pub(super) const MARKER: &str = "oci-layout";
pub(super) const MARKER_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that lists the manifests.
pub(super) const INDEX: &str = "index.json";
/// The folder of blobs.
pub(super) const BLOBS: &str = "blobs/sha256/";
/// The block size of tar files, in bytes.
pub(super) const BLOCK: u64 = 512;

/// The media type of an image manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A manifest in the index of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutEntry {
    /// The name in the index, which is a reference without scheme: `ghcr.io/team/vault:1`.
    pub reference: Option<String>,
    /// The media type in the index.
    pub media_type: String,
    /// The bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The digest of `manifest`.
    pub digest: Sha256Digest,
}

impl LayoutEntry {
    /// An image manifest.
    pub fn new(reference: Option<String>, manifest: Vec<u8>) -> Self {
        let digest = Sha256Digest::compute(&manifest);
        Self { reference, media_type: MANIFEST_TYPE.to_owned(), manifest, digest }
    }
}
