//! An [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
//! in a tar file, which transfers packs to machines without access to a registry.
//!
//! The same content is written as the same bytes. A layout that is read is untrusted: only
//! the file names of the specification, only regular files, no duplicates, no tar
//! extension that readers interpret differently, and every blob is verified against its
//! digest. This module does not know what the blobs are.

mod error;
mod header;
mod index;
mod limits;
mod read;
#[cfg(test)]
mod tests;
mod write;

use env_pack_domain::Sha256Digest;

pub use error::LayoutError;
pub use limits::LayoutLimits;
pub use read::Layout;
pub use write::{LayoutBlob, write};

/// The file that identifies a layout, and its content.
const MARKER: &str = "oci-layout";
const MARKER_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that lists the manifests.
const INDEX: &str = "index.json";
/// The folder of blobs.
const BLOBS: &str = "blobs/sha256/";
/// The block size of tar files, in bytes.
const BLOCK: u64 = 512;

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
