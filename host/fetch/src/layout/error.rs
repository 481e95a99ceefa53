//! Errors of reading and writing image layouts.

use std::io;

use env_pack_domain::{ForeignText, Sha256Digest};

use crate::error::FetchError;

/// Why a layout cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] FetchError),
    /// An I/O error of the layout file.
    #[error("the image layout cannot be read")]
    Read(#[source] io::Error),
    /// An I/O error of the output.
    #[error("the image layout cannot be written")]
    Write(#[source] io::Error),
    /// An I/O error of the source of a blob.
    #[error("the blob {digest} cannot be read")]
    Source {
        /// The digest of the blob.
        digest: Sha256Digest,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A tar header is invalid.
    #[error("at byte {at} there is no valid tar header: {reason}")]
    Header {
        /// The offset of the header in the file.
        at: u64,
        /// The defect.
        reason: ForeignText,
    },
    /// An entry is neither a regular file nor a folder.
    #[error("`{name}` is {what}; an image layout contains only regular files")]
    FileType {
        /// The entry.
        name: ForeignText,
        /// Its type: `a symbolic link`.
        what: &'static str,
    },
    /// The specification of layouts does not define this file.
    #[error(
        "`{name}` is not a file of an image layout (those are `oci-layout`, `index.json` and `blobs/sha256/<digest>`)"
    )]
    Name {
        /// The entry.
        name: ForeignText,
    },
    /// Two entries have the same name.
    #[error("`{name}` occurs twice")]
    Duplicate {
        /// The entry.
        name: ForeignText,
    },
    /// The limit on the number of entries is exceeded.
    #[error("there are more than {limit} entries, the limit for an image layout")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An entry is too large.
    #[error("`{name}` has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The entry.
        name: ForeignText,
        /// The size in its header.
        bytes: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// Several entries together are too large.
    #[error("the {what} have more than {limit} bytes together")]
    AllTooLarge {
        /// `entries`, or `manifests`.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// An entry extends beyond the end of the file.
    #[error("the file is truncated: it ends before `{name}` does")]
    Truncated {
        /// The entry.
        name: ForeignText,
    },
    /// The end-of-archive marker of tar is missing.
    #[error("the file is truncated: the end of the archive is missing")]
    NoEnd,
    /// There are bytes other than zero after the end of something.
    #[error("at byte {at} there is data after the end of {what}")]
    TrailingData {
        /// The offset of the data in the file.
        at: u64,
        /// `a blob`, or `the archive`.
        what: &'static str,
    },
    /// A required file, or the blob of a manifest, is missing.
    #[error("there is no `{name}` in the image layout")]
    Missing {
        /// The missing entry.
        name: ForeignText,
    },
    /// A JSON document is invalid.
    #[error("`{name}` is not JSON of the expected form: {reason}")]
    Document {
        /// The entry.
        name: &'static str,
        /// The message of the parser.
        reason: ForeignText,
    },
    /// The version of the layout is not supported.
    #[error("the image layout has the version `{found}`; only version 1.0.0 is supported")]
    Version {
        /// The version.
        found: ForeignText,
    },
    /// Two manifests have the same reference.
    #[error("`index.json` has two manifests for `{reference}`")]
    Ambiguous {
        /// The reference.
        reference: ForeignText,
    },
    /// A blob does not have the declared size.
    #[error("the blob {digest} has {found} bytes instead of {declared}")]
    Size {
        /// The digest of the blob.
        digest: Sha256Digest,
        /// The size in the index or manifest.
        declared: u64,
        /// The size in the file.
        found: u64,
    },
    /// The content of a blob does not have the digest of its name.
    #[error("the blob {digest} is damaged: its content has the digest {found}")]
    Damaged {
        /// The digest in the name.
        digest: Sha256Digest,
        /// The digest of the content.
        found: Sha256Digest,
    },
}

impl LayoutError {
    /// A stable identifier of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(error) => error.kind(),
            Self::Read(_) | Self::Write(_) | Self::Source { .. } => "io",
            Self::TooMany { .. } | Self::TooLarge { .. } | Self::AllTooLarge { .. } => {
                "layout-too-large"
            }
            Self::Damaged { .. } | Self::Size { .. } => "damaged",
            Self::Header { .. }
            | Self::FileType { .. }
            | Self::Name { .. }
            | Self::Duplicate { .. }
            | Self::Truncated { .. }
            | Self::NoEnd
            | Self::TrailingData { .. }
            | Self::Missing { .. }
            | Self::Document { .. }
            | Self::Version { .. }
            | Self::Ambiguous { .. } => "invalid-layout",
        }
    }
}
