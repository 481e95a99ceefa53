//! An [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
//! in a tar file, which transfers packs to machines without access to a registry.
//!
//! The same content is written as the same bytes. A layout that is read is untrusted: only
//! the file names of the specification, only regular files, no duplicates, no tar
//! extension that readers interpret differently, and every blob is verified against its
//! digest. This module does not know what the blobs are.

mod entry;
mod error;
mod header;
mod index;
pub(super) mod limits;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use entry::{LayoutEntry, MANIFEST_TYPE};
pub use error::LayoutError;
pub use limits::LayoutLimits;
pub use read::Layout;
pub use write::{LayoutBlob, write};
