//! Errors of fetching and caching packs.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{ForeignText, InvalidOciRef, OciRef, PackDescriptor, Sha256Digest};
use gtc_fs::read::FileKind;
use gtc_fs::shortage::is_shortage;

use super::oci::error::RegistryError;

/// Why a pack cannot be fetched, cached or pushed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no built-in pack with this name and version.
    #[error("`{name}` is not a built-in pack (there are {})", super::builtin::names())]
    NoSuchBuiltin {
        /// The name in the reference.
        name: PackDescriptor,
    },
    /// There is no file at a path that is the name of a built-in pack without its version.
    #[error("there is no file `{}`; a built-in pack is named with its version: `{builtin}`", display_path(.path))]
    MissingVersion {
        /// The path.
        path: PathBuf,
        /// The built-in pack.
        builtin: PackDescriptor,
    },
    /// The file does not exist.
    #[error("there is no file `{}`", display_path(.path))]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// The path is not that of a regular file.
    #[error("`{}` is {what}, not a regular file", display_path(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// The kind of file: `a folder`.
        what: FileKind,
    },
    /// The file exceeds the size limit.
    #[error("`{}` has more than {limit} bytes, the limit for this file", display_path(.path))]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A file or folder cannot be read.
    #[error("`{}` cannot be read", display_path(.path))]
    Read {
        /// The path.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A file of the cache cannot be written.
    #[error("the cache file `{}` cannot be written", display_path(.path))]
    Write {
        /// The path.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A cached file does not have the digest of its name.
    #[error("`{}` is damaged: its content has the digest {found}", display_path(.path))]
    Damaged {
        /// The path.
        path: PathBuf,
        /// The digest of the content.
        found: Sha256Digest,
    },
    /// The lock file of the cache cannot be opened or locked.
    #[error("`{}` cannot be locked", display_path(.path))]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// Another process holds the lock of the cache for too long.
    #[error("the cache is in use by another process: `{}` is locked", display_path(.lock))]
    CacheLocked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The reference is not a valid OCI reference.
    #[error(transparent)]
    Reference(#[from] InvalidOciRef),
    /// The registry did not deliver the pack.
    #[error("`{reference}` cannot be fetched")]
    Registry {
        /// The reference of the pack.
        reference: OciRef,
        /// The cause.
        source: RegistryError,
    },
    /// The registry did not accept the pack or signature.
    #[error("`{reference}` cannot be pushed")]
    Push {
        /// The reference of the pack.
        reference: OciRef,
        /// The cause.
        source: RegistryError,
    },
    /// The scheme of the reference is not supported.
    #[error(
        "references of this scheme are not supported; use a path, `file://`, `oci://` or the name of a built-in pack"
    )]
    UnknownScheme,
}

impl FetchError {
    /// Returns true if a registry reference was given where a file is read.
    pub fn names_registry(&self) -> bool {
        matches!(self, Self::NotFound { path } if path.starts_with("oci:"))
    }

    /// Returns true if this machine, or this process, has too little memory or too few file
    /// descriptors, which says nothing about the file.
    pub fn is_shortage(&self) -> bool {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } | Self::Lock { source, .. } => {
                is_shortage(source)
            }
            Self::Registry { source, .. } | Self::Push { source, .. } => source.is_shortage(),
            _ => false,
        }
    }

    /// A stable identifier of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            _ if self.is_shortage() => "host-resources",
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

    /// Whether it is certain that the pack does not exist or cannot be used. Otherwise a
    /// later attempt may succeed.
    pub fn is_definitive(&self) -> bool {
        match self {
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Lock { .. }
            | Self::CacheLocked { .. } => false,
            Self::Registry { source, .. } | Self::Push { source, .. } => source.is_definitive(),
            Self::NoSuchBuiltin { .. }
            | Self::MissingVersion { .. }
            | Self::NotFound { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Damaged { .. }
            | Self::Reference(_)
            | Self::UnknownScheme => true,
        }
    }

    /// Whether a file of the cache certainly is not what its name says.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::NotAFile { .. })
    }
}

fn display_path(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}
