//! Errors of loading a pack, and the next step after each.

use env_pack_domain::{ForeignText, Sha256Digest};

use super::load_pack::MAX_HANDLERS_PER_RUN;
use gtc_archive::ArchiveError;
use gtc_engine::LoadError;
use gtc_fetch::FetchError;
use gtc_signing::SignatureError;

/// A pack could not be fetched, verified or loaded.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The archive could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is not a valid pack.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A signature is required, and the pack has none.
    #[error("it is unsigned")]
    Unsigned,
    /// A signature could not be read.
    #[error("cannot read its signature: {source}")]
    SignatureFile {
        /// The cause.
        source: FetchError,
    },
    /// A signature is invalid, or not from a trusted key.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A well-formed pack without a handler, such as an application pack.
    #[error("the pack holds no env-pack handler")]
    NoHandler,
    /// The pack has more handlers than one run may compile and call.
    #[error("it has {found} handlers, more than the limit of {MAX_HANDLERS_PER_RUN}")]
    TooManyHandlers {
        /// The number of handlers.
        found: usize,
    },
    /// A handler does not load.
    #[error("component `{component}`: {source}")]
    Handler {
        /// The id of the component.
        component: ForeignText,
        /// The cause.
        source: LoadError,
    },
    /// A handler's metadata differs from the pack's declaration.
    #[error(
        "component `{component}` returns {what} `{answered}`, but the pack declares `{declared}`"
    )]
    Differs {
        /// The id of the component.
        component: ForeignText,
        /// The metadata function, such as "descriptor path".
        what: &'static str,
        /// The value that the pack declares.
        declared: String,
        /// The value that the component returned.
        answered: String,
    },
    /// A handler's metadata changed since the pack was bound, though the archive is the
    /// same.
    #[error(
        "component `{component}` returns {what} `{answered}`, but returned `{pinned}` when it was bound"
    )]
    MetadataChanged {
        /// The id of the component.
        component: ForeignText,
        /// The metadata function, such as "descriptor path".
        what: &'static str,
        /// The value that the component returned when it was bound.
        pinned: String,
        /// The value that the component returned now.
        answered: String,
    },
    /// The archive changed since it was bound, and the bound archive is not in the cache.
    #[error(
        "the archive is not the one that was bound ({found} instead of {locked}), and that one is not in the cache"
    )]
    Replaced {
        /// The pinned digest.
        locked: Sha256Digest,
        /// The current digest.
        found: Sha256Digest,
    },
}

impl PackError {
    /// Returns a stable name of the error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.kind(),
            Self::Archive(error) => error.rule(),
            Self::Unsigned => "unsigned",
            Self::SignatureFile { .. } => "signature-unreadable",
            Self::Signature(error) => error.kind(),
            Self::NoHandler => "no-handler",
            Self::TooManyHandlers { .. } => "too-many-handlers",
            Self::Handler { source, .. } => source.kind(),
            Self::Differs { .. } => "declaration-differs",
            Self::MetadataChanged { .. } => "pin-differs",
            Self::Replaced { .. } => "archive-replaced",
        }
    }

    /// Returns the next step for the operator, as one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Fetch(error) => fetch_hint(error),
            Self::Archive(_) => {
                "download the pack again, or ask its author to rebuild it with `gtc pack build`"
            }
            Self::Unsigned => {
                "put its signature next to the file as `<pack>.sig`, or sign it in the registry with `gtc pack sign` and bind it with `update --refresh`; or bind a signed pack"
            }
            Self::SignatureFile { source: source @ FetchError::Registry { .. } } => {
                fetch_hint(source)
            }
            Self::SignatureFile { .. } => "check the path and permissions of the signature",
            Self::Signature(error) => signature_hint(error),
            Self::NoHandler => "use a pack that was built with `gtc pack build`",
            Self::TooManyHandlers { .. } => "run its components one at a time",
            Self::Handler { source, .. } => load_hint(source),
            Self::Differs { .. } => {
                "ask the author of the pack to rebuild it with `gtc pack build`"
            }
            Self::MetadataChanged { .. } => {
                "do not trust a handler whose metadata changes; if `packs.lock.json` was edited, bind the pack again with `update`"
            }
            Self::Replaced { .. } => {
                "inspect the archive with `gtc pack inspect`, then bind it with `update`"
            }
        }
    }
}

/// Returns the next step after a component failed to load.
pub(super) fn load_hint(error: &LoadError) -> &'static str {
    match error {
        LoadError::Fault(_) => "report it to the author of the handler, and bind another version",
        LoadError::NoWorker => {
            "call `gtc_core::run_if_worker` at the start of the program's `main`, or name `gtc` as its worker"
        }
        LoadError::Worker { .. } => "check the worker with `gtc doctor self`",
        LoadError::TooComplex { .. }
        | LoadError::CompileTime { .. }
        | LoadError::CompileMemory { .. }
        | LoadError::CompileCode { .. }
        | LoadError::UnusableCode { .. }
        | LoadError::CompilerEnded { .. } => {
            "do not trust this component; no toolchain produces one like it from an ordinary handler"
        }
        _ => {
            "rebuild the component against the interface in `wit/env-pack/0.1.0`, and pack it with `gtc pack build`"
        }
    }
}

/// Returns the next step after a signature was refused.
fn signature_hint(error: &SignatureError) -> &'static str {
    match error {
        SignatureError::NotTrusted { .. } => {
            "find out who owns the signing key; if you trust them, add the key with `gtc op trust-root add`"
        }
        SignatureError::NoTrustedKey => {
            "get the signer's public key; if you trust them, add it with `gtc op trust-root add`"
        }
        SignatureError::WrongArchive { .. }
        | SignatureError::ArchiveNotInManifest { .. }
        | SignatureError::WrongManifest { .. }
        | SignatureError::Invalid { .. } => {
            "do not trust this pack; get it and its signature again from the signer"
        }
        _ => {
            "download the signature again, or ask the author of the pack to sign it with `gtc pack sign`"
        }
    }
}

/// Returns true if the host failed, and not the component.
pub(super) fn is_host_fault(error: &LoadError) -> bool {
    matches!(error, LoadError::NoWorker | LoadError::Worker { .. })
}

/// Returns the next step after a file or pack could not be fetched.
pub(super) fn fetch_hint(error: &FetchError) -> &'static str {
    match error {
        FetchError::Registry { source, .. } | FetchError::Push { source, .. } => source.hint(),
        FetchError::Reference(_) => "write it as `oci://<registry>/<repository>:<tag>`",
        FetchError::Read { .. } | FetchError::Write { .. } | FetchError::Lock { .. } => {
            "check the permissions of the file"
        }
        FetchError::CacheLocked { .. } => "try again when the other process has finished",
        FetchError::MissingVersion { .. } => "name the built-in pack with its version",
        FetchError::NotFound { path } if path.starts_with("oci:") => {
            "name a local file; `gtc pack pull` downloads a pack from a registry into one"
        }
        FetchError::UnknownScheme | FetchError::NoSuchBuiltin { .. } => "name a pack file",
        _ => "check the path, or name another pack file",
    }
}
