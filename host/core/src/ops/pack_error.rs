//! Errors of reading and loading packs.

use env_pack_domain::{DescriptorPath, ForeignText, NotAnExtension, PackDescriptor, Sha256Digest};

use super::deadline::TimeLimit;
use crate::answers_schema::InvalidAnswersSchema;
use crate::operation_error::{ExitOutcome, Explanation, OperationError};
use gtc_archive::ArchiveError;
use gtc_engine::LoadError;
use gtc_fetch::FetchError;
use gtc_signing::SignatureError;

/// The kind of what a command did not do, because its time was over.
pub(super) const COMMAND_OUT_OF_TIME: &str = "command-out-of-time";
/// The hint when the time of a command was over.
pub(super) const COMMAND_TIME_HINT: &str = "try again, because compiled handlers are kept, or allow more time with `--limit command.time=<time>`";

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
    #[error("cannot read its signature")]
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
    /// A pack without a handler whose id and version are not those of an extension.
    #[error(
        "the pack holds no env-pack handler, and it cannot be bound as an extension without one"
    )]
    NotAnExtension {
        /// The cause.
        source: NotAnExtension,
    },
    /// Loading its handlers took too long. The machine may be slow, or the pack hostile.
    #[error("loading {loaded} of its {all} handlers took longer than the {limit} for all of them")]
    OutOfTime {
        /// The number of loaded handlers.
        loaded: usize,
        /// The number of all handlers.
        all: usize,
        /// The time limit.
        limit: TimeLimit,
    },
    /// The time of the command was over before the pack was loaded.
    #[error("it was not loaded, because the packs before it took longer than {limit}")]
    CommandOutOfTime {
        /// The time limit.
        limit: TimeLimit,
    },
    /// A handler does not load.
    #[error("component `{component}`")]
    Handler {
        /// The id of the component.
        component: ForeignText,
        /// The cause.
        source: LoadError,
    },
    /// The pack ships a schema of answers that is not valid, so that no answers match it.
    #[error("its schema of answers is not valid")]
    AnswersSchema(#[source] InvalidAnswersSchema),
    /// Two handlers of the pack provide one path.
    #[error("two of its handlers provide the descriptor path `{path}`")]
    PathTwice {
        /// The path.
        path: DescriptorPath,
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
    /// Returns true if this machine could not load a handler, which says nothing about the pack.
    pub(super) fn is_host_failure(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_shortage(),
            Self::Handler { source, .. } => source.is_host_failure(),
            Self::OutOfTime { .. } | Self::CommandOutOfTime { .. } => true,
            _ => false,
        }
    }
}

impl OperationError for PackError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error @ ArchiveError::TooManyHandlers { .. }) => error.explain(),
            Self::Archive(error) => Explanation::refused(
                error.rule(),
                "download the pack again, or ask its author to rebuild it with `gtc pack build`",
            ),
            Self::Unsigned => Explanation::refused(
                "unsigned",
                "put its signature next to the file as `<pack>.sig`, or sign it in the registry with `gtc pack sign` and bind it with `update --refresh`; or bind a signed pack",
            ),
            Self::SignatureFile { source } => signature_file(source),
            Self::Signature(error) => error.explain(),
            Self::NoHandler => Explanation::refused(
                "no-handler",
                "use a pack with a handler; one without can only be bound as an extension",
            ),
            Self::NotAnExtension { .. } => Explanation::refused(
                "no-handler",
                "ask the author of the pack for one whose id is `<namespace>.<family>.<implementation>`, or with a handler",
            ),
            Self::OutOfTime { .. } => Explanation::failed(
                "pack-out-of-time",
                "try again, because compiled handlers are kept, or allow more time with \
                 `--limit pack.load-time=<time>`; small handlers take milliseconds",
            ),
            Self::CommandOutOfTime { .. } => {
                Explanation::failed(COMMAND_OUT_OF_TIME, COMMAND_TIME_HINT)
            }
            Self::Handler { source, .. } => source.explain(),
            Self::AnswersSchema(_) => Explanation::refused(
                "answers-schema-invalid",
                "ask the author of the pack to correct `answers.schema.json`",
            ),
            Self::PathTwice { .. } => Explanation::refused(
                "path-answered-twice",
                "ask the author of the pack to give each handler its own path",
            ),
            Self::Differs { .. } => Explanation::refused(
                "declaration-differs",
                "ask the author of the pack to rebuild it with `gtc pack build`",
            ),
            Self::MetadataChanged { .. } => Explanation::refused(
                "pin-differs",
                "do not trust a handler whose metadata changes; if `packs.lock.json` was edited, bind the pack again with `update`",
            ),
            Self::Replaced { .. } => Explanation::refused(
                "archive-replaced",
                "inspect the archive with `gtc pack inspect`, then bind it with `update`",
            ),
        }
    }
}

/// Explains why the signature of a pack could not be read.
fn signature_file(error: &FetchError) -> Explanation {
    let hint = if matches!(error, FetchError::Registry { .. }) {
        error.hint()
    } else {
        Some("check the path and permissions of the signature".to_owned())
    };
    Explanation { kind: "signature-unreadable", hint, ..error.explain() }
}

/// An archive is refused, or could not be built.
#[derive(Debug, thiserror::Error)]
#[error("pack `{pack}`")]
pub struct InvalidArchive {
    /// The pack.
    pub pack: ForeignText,
    /// The cause.
    pub source: ArchiveError,
}

impl OperationError for InvalidArchive {
    fn explain(&self) -> Explanation {
        self.source.explain()
    }
}

/// A built-in pack does not load, which is a bug in this program.
#[derive(Debug, thiserror::Error)]
#[error("the built-in pack `{pack}` does not load")]
pub struct BrokenBuiltin {
    /// The pack.
    pub pack: PackDescriptor,
    /// The cause.
    pub source: PackError,
}

impl OperationError for BrokenBuiltin {
    fn explain(&self) -> Explanation {
        Explanation { exit_outcome: ExitOutcome::Failed, ..self.source.explain() }
    }
}
