//! The trait of places that keep environments. A backend keeps texts and knows no JSON; the
//! store above it parses and renders them.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};

use super::audit_chain::AuditEnds;
use super::error::{AnswersError, ChangeError, StoreError};
use super::request::Request;
use super::request_record::{RecordedAnswer, RequestRecord};

/// The largest text of an environment, in bytes. A thousand bindings take half a megabyte.
pub(super) const MAX_TEXT_BYTES: u64 = 64 << 20;
/// The largest answers document, in bytes: answers are configuration, not data.
pub const MAX_ANSWERS_BYTES: u64 = 1 << 20;

/// The environment before it was deleted or replaced, as one document: its name in messages.
pub(super) const BACKUP: &str = "backups/environment-export.json";

/// Files and folders of an environment that hold no answers: those of this program, and those
/// of the existing tools.
const RESERVED: [&str; 9] = [
    "environment.json",
    "packs.lock.json",
    "trust-root.json",
    "runtime.json",
    "revision.json",
    "requests.jsonl",
    "backups",
    "audit",
    "messaging",
];

/// Returns whether answers may have this path in their environment: it belongs to no other part of
/// the environment, in any case of its letters, and is not hidden, as temporary files and the lock
/// are.
pub(super) fn is_answers_path(path: &Path) -> bool {
    let mut parts = path.components();
    let Some(first) = parts.clone().next() else { return false };
    let is_reserved = RESERVED.iter().any(|name| first.as_os_str().eq_ignore_ascii_case(name));
    !is_reserved
        && parts.all(|part| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            _ => false,
        })
}

/// Keeps the texts of environments. `src/tests/contract.rs`, with `audit.rs` and `deletions.rs`,
/// tests every sentence below for each backend.
pub(super) trait Backend: fmt::Debug + Send + Sync {
    /// Returns the place of the store: for messages, and for the cache's record of this store.
    fn place(&self) -> &Place;

    /// Returns the ids of all environments, sorted.
    fn environments(&self) -> Result<Vec<EnvId>, StoreError>;

    /// Returns true if the environment exists, even if it cannot be read.
    fn contains(&self, id: &EnvId) -> bool;

    /// Returns true if the environment exists, or was deleted. The audit log, the requests and the
    /// revision of a deleted one stay, and a new one with its id continues them.
    fn is_known(&self, id: &EnvId) -> bool;

    /// Reads the texts of an environment; none if it does not exist. The pins are those of the
    /// document, even if another process changes both at the same time.
    fn read(&self, id: &EnvId) -> Result<Option<Texts>, StoreError>;

    /// Returns the revision that a deleted environment had, which a new one continues; 0 if there
    /// was none.
    fn last_revision(&self, id: &EnvId) -> Result<u64, StoreError>;

    /// Returns the ids of all deleted environments, sorted.
    fn deleted(&self) -> Result<Vec<EnvId>, StoreError>;

    /// Reads the document that was kept when the environment was deleted or replaced; none if there
    /// is none.
    fn backup(&self, id: &EnvId) -> Result<Option<String>, StoreError>;

    /// Reads the text that a runtime wrote; none if there is none.
    fn runtime(&self, id: &EnvId) -> Result<Option<String>, StoreError>;

    /// Reads an answers document of an environment; none if it does not exist. A reference
    /// that leads out of the environment is refused.
    fn answers(&self, id: &EnvId, answers: &AnswersRef) -> Result<Option<String>, AnswersError>;

    /// Returns who may read an answers document besides its owner; none if no other user may, or
    /// there is no such document.
    fn exposed_answers(
        &self,
        id: &EnvId,
        answers: &AnswersRef,
    ) -> Result<Option<ExposedAnswers>, AnswersError>;

    /// Changes an environment, or creates it. `decide` gets the current texts, or `None` if the
    /// environment does not exist, and returns what to do.
    ///
    /// Until the change is made, no other change of this environment begins; readers and changes
    /// of other environments go on. `decide` may run more than once, so repeating it must do no
    /// harm.
    ///
    /// All of an edit is made, with its audit lines and the record of its request, or nothing.
    /// A request that was made before is answered with its first answer, and `decide` does not
    /// run.
    ///
    /// Answers that would be written outside of the environment are refused, and nothing is
    /// written then.
    ///
    /// Waits at most `timeout` for another change, and fails with [`StoreError::Busy`] then.
    fn change(
        &self,
        id: &EnvId,
        request: &Request,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Decision,
    ) -> Result<Committed, ChangeError>;

    /// Finds a request by its key; none if there was none, or it was forgotten.
    fn request(&self, id: &EnvId, key: &str) -> Result<Option<RequestRecord>, StoreError>;

    /// Shows the lines of the audit log to `visit`, from the oldest to the newest. A line that this
    /// program did not write may be shown in parts.
    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError>;

    /// Returns the kept texts that changes replaced, each with the revision that it belongs to,
    /// in no particular order. Those of an environment that was deleted, or replaced as a whole, are
    /// not texts of the one that has its id now.
    fn replaced_texts(&self, id: &EnvId) -> Result<Vec<(TextKind, u64)>, StoreError>;

    /// Reads a kept text; none if it is not kept any more.
    fn replaced_text(
        &self,
        id: &EnvId,
        kind: TextKind,
        revision: u64,
    ) -> Result<Option<String>, StoreError>;

    /// Returns where the chain of the audit log should begin and end.
    fn audit_ends(&self, id: &EnvId) -> Result<AuditEnds, StoreError>;
}

/// The effect of a change on an environment.
#[derive(Debug)]
pub(super) enum Decision {
    /// Write these texts.
    Write(Edit),
    /// Write only these audit lines: the change was refused, or changes nothing.
    Record(Vec<String>),
    /// Write nothing.
    Nothing,
}

/// The result of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// It wrote the edit, or the audit lines, or nothing, as was decided.
    Done,
    /// It did nothing: the request was made before, and this was its answer.
    Repeated {
        /// The first answer: JSON.
        answer: String,
    },
}

/// A text of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextKind {
    /// The environment with its bindings.
    Document,
    /// The pinned packs.
    Pins,
    /// The trusted keys.
    TrustRoot,
}

impl TextKind {
    /// All kinds.
    pub(super) const ALL: [Self; 3] = [Self::Document, Self::Pins, Self::TrustRoot];

    /// The name of the text in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Document => "environment.json",
            Self::Pins => "packs.lock.json",
            Self::TrustRoot => "trust-root.json",
        }
    }
}

/// The texts of an environment at one moment.
#[derive(Debug)]
pub(super) struct Texts {
    /// The number of changes of the environment. Another tool's change counts as one as soon as
    /// it is seen.
    pub revision: u64,
    pub document: String,
    pub pins: Option<String>,
    /// An error here concerns only operations that use the trusted keys.
    pub trust_root: Result<Option<String>, StoreError>,
    /// Whether a runtime has written its text.
    pub has_runtime: bool,
}

/// The new texts of an environment, and the audit lines of the change.
#[derive(Clone, Debug, Default)]
pub(super) struct Edit {
    /// New answers documents, at most one for each place.
    pub answers: Vec<NewAnswers>,
    /// The answers documents to remove; those that do not exist are no fault.
    pub removed_answers: Vec<AnswersRef>,
    /// The new texts, at most one of each kind.
    pub writes: Vec<(TextKind, String)>,
    /// The texts to remove; without its document, an environment does not exist.
    pub removes: Vec<TextKind>,
    /// The environment before the edit, as one document, to keep in place of an older one.
    pub backup: Option<String>,
    /// Lines for the audit log: JSON objects without line breaks.
    pub audit: Vec<String>,
    /// The number of the last line to remove from the start of the audit log, with all lines
    /// before it; none if all stay. The log has a line of this number.
    pub prune_audit: Option<u64>,
    /// The answer to the request, if it is to be remembered.
    pub answer: Option<RecordedAnswer>,
}

impl Edit {
    /// Returns whether there is nothing to write but the answer.
    pub(super) fn is_empty(&self) -> bool {
        !self.changes_content() && self.audit.is_empty()
    }

    /// Returns whether it changes texts or answers, which makes a new revision.
    pub(super) fn changes_content(&self) -> bool {
        let Self { answers, removed_answers, writes, removes, .. } = self;
        !answers.is_empty()
            || !removed_answers.is_empty()
            || !writes.is_empty()
            || !removes.is_empty()
    }

    /// Fails if a text is too large to be read again. `folder` is that of the environment.
    pub(super) fn ensure_readable(&self, folder: &Path) -> Result<(), StoreError> {
        match self.writes.iter().find(|(_, text)| text.len() as u64 > MAX_TEXT_BYTES) {
            Some((kind, _)) => {
                let path = folder.join(kind.name());
                Err(StoreError::TooLarge { path, limit: MAX_TEXT_BYTES })
            }
            None => Ok(()),
        }
    }
}

/// An answers document to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswers {
    /// The place of the document in its environment.
    pub answers_ref: AnswersRef,
    /// The JSON document, of at most [`MAX_ANSWERS_BYTES`].
    pub text: String,
}

/// An answers document that users other than its owner may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposedAnswers {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits, such as 0o644.
    pub mode: u32,
}

/// The place of a store, such as the folder of a file store: for messages, and for the cache's
/// record of this store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(PathBuf);

impl Place {
    pub(super) fn new(name: impl Into<PathBuf>) -> Self {
        Self(name.into())
    }

    /// Returns the name of a text of an environment, for messages.
    pub(super) fn text(&self, id: &EnvId, text: impl AsRef<Path>) -> PathBuf {
        self.0.join(id.as_str()).join(text)
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}
