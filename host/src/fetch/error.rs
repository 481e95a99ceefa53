//! Why there are no bytes.

use std::io;
use std::path::PathBuf;

use env_pack_domain::{ForeignText, InvalidOciRef, OciRef, PackDescriptor};
use gtc_fs::read::FileKind;

use super::oci::RegistryError;

/// Why an archive could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The name is not one of the built-in packs.
    #[error("`{name}` is no built-in pack (there are {})", super::builtin::names())]
    NoSuchBuiltin {
        /// The name.
        name: PackDescriptor,
    },
    /// The file is not there, and has the name of a built-in pack.
    #[error("there is no file `{}`, and a built-in pack is named with its version: `{builtin}`", shown(.path))]
    MissingVersion {
        /// The path.
        path: PathBuf,
        /// The built-in pack.
        builtin: PackDescriptor,
    },
    /// The file is not there.
    #[error("there is no file `{}`", shown(.path))]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// There is something else than a file.
    #[error("`{}` is {what}, not a regular file", shown(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: FileKind,
    },
    /// The file is larger than any pack may be.
    #[error("`{}` has more than {limit} bytes, the most that is read of it", shown(.path))]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The most allowed, in bytes.
        limit: u64,
    },
    /// The system did not let us read.
    #[error("`{}` cannot be read", shown(.path))]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system did not let us keep an archive.
    #[error("the archive cannot be kept as `{}`", shown(.path))]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What is kept under a digest has another one.
    #[error("`{}` is damaged: its content has the digest {found}", shown(.path))]
    Damaged {
        /// The path.
        path: PathBuf,
        /// The digest of what is there.
        found: env_pack_domain::Sha256Digest,
    },
    /// The system did not let us lock the content store.
    #[error("`{}` cannot be locked", shown(.path))]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody else is keeping archives, or taking some away.
    #[error("the cache is in use by another process: `{}` is locked", shown(.lock))]
    CacheLocked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The reference names nothing in a registry.
    #[error(transparent)]
    Reference(#[from] InvalidOciRef),
    /// The registry did not give it.
    #[error("`{reference}` cannot be fetched: {source}")]
    Registry {
        /// What was asked for.
        reference: OciRef,
        /// Why.
        source: RegistryError,
    },
    /// The registry did not take it.
    #[error("nothing was brought to `{reference}`: {source}")]
    Push {
        /// Where it was to go.
        reference: OciRef,
        /// Why.
        source: RegistryError,
    },
    /// A reference of a kind we do not know.
    #[error(
        "references of this scheme are not supported; use a path, `file://`, `oci://` or the name of a built-in pack"
    )]
    UnknownScheme,
}

impl FetchError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoSuchBuiltin { .. } => "no-such-builtin",
            Self::NotFound { .. } | Self::MissingVersion { .. } => "file-not-found",
            Self::NotAFile { .. } => "not-a-file",
            Self::TooLarge { .. } => "archive-too-large",
            Self::Read { .. } | Self::Write { .. } | Self::Lock { .. } => "io",
            Self::Damaged { .. } => "damaged",
            Self::CacheLocked { .. } => "busy",
            Self::Reference(_) => "invalid-argument",
            Self::Registry { source, .. } | Self::Push { source, .. } => source.kind(),
            Self::UnknownScheme => "unknown-scheme",
        }
    }

    /// Whether there is an answer: there is no such archive, or it is not to be used.
    /// Otherwise nobody could find out.
    pub fn is_definitive(&self) -> bool {
        match self {
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Lock { .. }
            | Self::CacheLocked { .. } => false,
            Self::Registry { source, .. } | Self::Push { source, .. } => source.is_definitive(),
            _ => true,
        }
    }

    /// Whether it is certain that what lies in the place of a kept archive is not that
    /// archive.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::NotAFile { .. })
    }
}

fn shown(path: &std::path::Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}
