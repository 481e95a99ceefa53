//! Why a pack cannot be used, and what the operator does next.

use env_pack_domain::{ForeignText, Sha256Digest};

use super::load_pack::MAX_HANDLERS_PER_RUN;
use crate::archive::ArchiveError;
use crate::engine::LoadError;
use crate::fetch::FetchError;
use crate::signing::SignatureError;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Its archive cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Nobody vouches for it, where somebody trusted must.
    #[error("it is unsigned")]
    Unsigned,
    /// Its signature cannot be had.
    #[error("its signature cannot be read: {source}")]
    SignatureFile {
        /// Why.
        source: FetchError,
    },
    /// Nobody who is trusted vouches for it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is an honest pack of another kind.
    #[error("the pack holds no env-pack handler")]
    NoHandler,
    /// It has more handlers than anybody waits for: each is compiled, and may take its
    /// time to answer.
    #[error(
        "it has {found} handlers, and no pack with more than {MAX_HANDLERS_PER_RUN} is run at once"
    )]
    TooManyHandlers {
        /// How many there are.
        found: usize,
    },
    /// One of its handlers does not load.
    #[error("component `{component}`: {source}")]
    Handler {
        /// The id of the component.
        component: ForeignText,
        /// Why.
        source: LoadError,
    },
    /// One of its handlers is not what the pack says.
    #[error(
        "component `{component}` answers {what} `{answered}`, but the pack declares `{declared}`"
    )]
    Differs {
        /// The id of the component.
        component: ForeignText,
        /// The question.
        what: &'static str,
        /// What the pack says.
        declared: String,
        /// What the component says.
        answered: String,
    },
    /// One of its handlers is not what it was when the pack was bound, though the archive
    /// is the same.
    #[error(
        "component `{component}` answers {what} `{answered}`, but `{pinned}` when it was bound"
    )]
    MetadataChanged {
        /// The id of the component.
        component: ForeignText,
        /// The question.
        what: &'static str,
        /// What it answered when it was bound.
        pinned: String,
        /// What it answers now.
        answered: String,
    },
    /// It changed after it was bound, and what was bound is gone.
    #[error(
        "the archive is not the one that was bound ({found} instead of {locked}), and that one is no longer kept"
    )]
    Replaced {
        /// The digest it was bound with.
        locked: Sha256Digest,
        /// The digest it has.
        found: Sha256Digest,
    },
}

impl PackError {
    /// A stable name of the kind of error, for programs.
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

    /// What the operator does next, as one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Fetch(error) => fetch_hint(error),
            Self::Archive(_) => {
                "get the pack again, or ask its author to rebuild it with `gtc pack build`"
            }
            Self::Unsigned => {
                "get its signature: beside a file as `<pack>.sig`, in a registry with `gtc pack sign` and `update --refresh`; or bind a pack that is signed"
            }
            Self::SignatureFile { source: source @ FetchError::Registry { .. } } => {
                fetch_hint(source)
            }
            Self::SignatureFile { .. } => "check the path of the signature, and its permissions",
            Self::Signature(error) => signature_hint(error),
            Self::NoHandler => "use a pack that was built with `gtc pack build`",
            Self::TooManyHandlers { .. } => "take its components one by one",
            Self::Handler { source, .. } => load_hint(source),
            Self::Differs { .. } => {
                "ask the author of the pack to build it again with `gtc pack build`"
            }
            Self::MetadataChanged { .. } => {
                "do not trust a handler that changes its answers; if it was `packs.lock.json` that changed, bind the pack again with `update`"
            }
            Self::Replaced { .. } => {
                "look at the archive with `gtc pack inspect`, then bind it with `update`"
            }
        }
    }
}

/// What somebody does next whose component does not load.
pub(super) fn load_hint(error: &LoadError) -> &'static str {
    match error {
        LoadError::Fault(_) => "tell the author of the handler; until then bind another version",
        LoadError::NoWorker => {
            "have the program call `gtc::engine::worker::run_if_worker` first thing in its `main`, or name `gtc` as its worker"
        }
        LoadError::Worker { .. } => "see what `gtc doctor self` says of the worker",
        LoadError::TooComplex { .. }
        | LoadError::CompileTime { .. }
        | LoadError::CompileMemory { .. }
        | LoadError::CompileCode { .. }
        | LoadError::UnusableCode { .. }
        | LoadError::CompilerEnded { .. } => {
            "do not trust this component; no toolchain makes one like it from an ordinary handler"
        }
        _ => {
            "build the component again against the interface in `wit/env-pack/0.1.0`, and pack it with `gtc pack build`"
        }
    }
}

/// What somebody does next where nobody trusted vouches for a pack.
fn signature_hint(error: &SignatureError) -> &'static str {
    match error {
        SignatureError::NotTrusted { .. } => {
            "ask who signed it; if you trust them, have their public key trusted with `gtc op trust-root add`"
        }
        SignatureError::NoTrustedKey => {
            "get the public key of who signed it; if you trust them, have it trusted with `gtc op trust-root add`"
        }
        SignatureError::WrongArchive { .. }
        | SignatureError::ArchiveNotInManifest { .. }
        | SignatureError::WrongManifest { .. }
        | SignatureError::Invalid { .. } => {
            "do not trust this pack; get it and its signature again, from who signed it"
        }
        _ => {
            "get the signature again, or ask the author of the pack to sign it with `gtc pack sign`"
        }
    }
}

/// Whether it is this machine that failed, and not the component.
pub(super) fn is_host_fault(error: &LoadError) -> bool {
    matches!(error, LoadError::NoWorker | LoadError::Worker { .. })
}

/// What the operator does next when an archive cannot be had.
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
            "name a file here; `gtc pack pull` brings a pack out of a registry into one"
        }
        FetchError::UnknownScheme | FetchError::NoSuchBuiltin { .. } => "name a pack file",
        _ => "check the path, or name another pack file",
    }
}
