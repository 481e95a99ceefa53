//! An OCI image layout in a tar file, which carries packs to where no registry can be
//! reached.
//!
//! What we write is the same, byte for byte, for the same content. What we read may come
//! from anybody: only names that a layout has, only regular files, nothing twice, nothing
//! that one reader of tar files understands and another does not; and no blob is given
//! away that is not what its name says. This module does not know what the blobs are, nor
//! who needs them.

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

/// The file that says that this is a layout, and all that is in it.
const MARKER: &str = "oci-layout";
const MARKER_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that lists what is in it.
const INDEX: &str = "index.json";
/// What a tar file is made of, in bytes.
const BLOCK: u64 = 512;
/// The folder of blobs.
const BLOBS: &str = "blobs/sha256/";

/// The media type of an image manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A manifest that the list of a layout names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutEntry {
    /// The reference it is known by, as it is written there.
    pub reference: Option<String>,
    /// The media type that the list has for it.
    pub media_type: String,
    /// The manifest itself.
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
