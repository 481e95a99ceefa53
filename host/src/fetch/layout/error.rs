//! Why a layout is not read, or not written.

use std::io;

use env_pack_domain::{ForeignText, Sha256Digest};

use crate::fetch::FetchError;

/// What is wrong with a layout in a tar file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// There is no file that could be one.
    #[error(transparent)]
    File(#[from] FetchError),
    /// The system did not let us read.
    #[error("the image layout cannot be read")]
    Read(#[source] io::Error),
    /// The system did not let us write.
    #[error("the image layout cannot be written")]
    Write(#[source] io::Error),
    /// A blob that is to be written cannot be read.
    #[error("the blob {digest} cannot be read")]
    Source {
        /// The digest.
        digest: Sha256Digest,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What should be a header is none.
    #[error("at byte {at} there is no tar header: {reason}")]
    Header {
        /// Where.
        at: u64,
        /// What is wrong with it.
        reason: ForeignText,
    },
    /// It is something else than a file or a folder.
    #[error("`{name}` is {what}; an image layout holds regular files only")]
    FileType {
        /// The entry.
        name: ForeignText,
        /// What it is.
        what: &'static str,
    },
    /// No layout has a file of this name.
    #[error(
        "`{name}` is no file of an image layout (those are `oci-layout`, `index.json` and `blobs/sha256/<digest>`)"
    )]
    Name {
        /// The entry.
        name: ForeignText,
    },
    /// Two entries have one name.
    #[error("`{name}` is there twice")]
    Duplicate {
        /// The entry.
        name: ForeignText,
    },
    /// There are more entries than anybody needs.
    #[error("there are more than {limit} entries, the most that is read of an image layout")]
    TooMany {
        /// The most allowed.
        limit: usize,
    },
    /// An entry is larger than allowed.
    #[error("`{name}` has {bytes} bytes, more than the {limit} that are read of it")]
    TooLarge {
        /// The entry.
        name: ForeignText,
        /// How large it says it is.
        bytes: u64,
        /// The most allowed, in bytes.
        limit: u64,
    },
    /// The entries together are larger than allowed.
    #[error("the {what} have more than {limit} bytes together, the most that is read of them")]
    AllTooLarge {
        /// Entries, or manifests.
        what: &'static str,
        /// The most allowed, in bytes.
        limit: u64,
    },
    /// An entry reaches beyond the end of the file.
    #[error("the file ends before `{name}` does: it is cut off")]
    Truncated {
        /// The entry.
        name: ForeignText,
    },
    /// The archive has no end.
    #[error("the file ends without the end of an archive: it is cut off")]
    NoEnd,
    /// Something stands where nothing may.
    #[error("at byte {at} there is something behind the end of {what}")]
    Behind {
        /// Where.
        at: u64,
        /// Of what.
        what: &'static str,
    },
    /// A file that every layout has, or a blob that is named, is not there.
    #[error("there is no `{name}` in the image layout")]
    Missing {
        /// The entry.
        name: ForeignText,
    },
    /// A document is not what it should be.
    #[error("`{name}` is no JSON of the expected form: {reason}")]
    Document {
        /// The entry.
        name: &'static str,
        /// What the parser says.
        reason: ForeignText,
    },
    /// The layout is of a version that we do not know.
    #[error("the image layout has the version `{found}`; this program reads 1.0.0")]
    Version {
        /// The version.
        found: ForeignText,
    },
    /// Two manifests are known by one reference.
    #[error("`index.json` has two manifests for `{reference}`")]
    Ambiguous {
        /// The reference.
        reference: ForeignText,
    },
    /// A blob has another size than the list says.
    #[error("the blob {digest} has {found} bytes, and should have {declared}")]
    Size {
        /// The digest.
        digest: Sha256Digest,
        /// What it should have.
        declared: u64,
        /// What it has.
        found: u64,
    },
    /// A blob is not what its name says.
    #[error("the blob {digest} is damaged: its content has the digest {found}")]
    Damaged {
        /// The name.
        digest: Sha256Digest,
        /// The digest of what is there.
        found: Sha256Digest,
    },
}

impl LayoutError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(error) => error.kind(),
            Self::Read(_) | Self::Write(_) | Self::Source { .. } => "io",
            Self::TooMany { .. } | Self::TooLarge { .. } | Self::AllTooLarge { .. } => {
                "layout-too-large"
            }
            Self::Damaged { .. } | Self::Size { .. } => "damaged",
            _ => "invalid-layout",
        }
    }
}
