//! The trait of places that keep environments. A backend keeps texts and knows no JSON; the
//! store above it parses and renders them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};

use super::error::{AnswersError, ChangeError, StoreError};

/// The largest text of an environment, in bytes. A thousand bindings take half a megabyte.
pub(super) const MAX_TEXT_BYTES: u64 = 64 << 20;
/// The largest answers document, in bytes: answers are configuration, not data.
pub const MAX_ANSWERS_BYTES: u64 = 1 << 20;

/// Keeps the texts of environments. `src/tests/contract.rs` tests every sentence below for each
/// backend.
pub(super) trait Backend: fmt::Debug + Send + Sync {
    /// Returns the place of the store: for messages, and for the cache's record of this store.
    fn place(&self) -> &Place;

    /// Returns the ids of all environments, sorted.
    fn environments(&self) -> Result<Vec<EnvId>, StoreError>;

    /// Returns true if the environment exists, even if it cannot be read.
    fn contains(&self, id: &EnvId) -> bool;

    /// Reads the texts of an environment; none if it does not exist. The pins are those of the
    /// document, even if another process changes both at the same time.
    fn read(&self, id: &EnvId) -> Result<Option<Texts>, StoreError>;

    /// Reads the text that a runtime wrote; none if there is none.
    fn runtime(&self, id: &EnvId) -> Result<Option<String>, StoreError>;

    /// Reads an answers document of an environment; none if it does not exist. A reference
    /// that leads out of the environment is refused.
    fn answers(&self, id: &EnvId, answers: &AnswersRef) -> Result<Option<String>, AnswersError>;

    /// Changes an environment, or creates it. `decide` gets the current texts, or `None` if the
    /// environment does not exist. It returns the edit; if it returns `None`, nothing is written.
    ///
    /// Until the edit is written, no other change of this environment begins; readers and changes
    /// of other environments go on. `decide` may run more than once, so repeating it must do no
    /// harm.
    ///
    /// A backend writes all of the edit, with its audit lines. One that can be interrupted, such
    /// as files, may leave the first writes of the edit; so it writes in order, and the audit
    /// lines last. If only those are missing, the error is [`ChangeError::NotAudited`].
    ///
    /// Answers that would be written outside of the environment are refused, and nothing is
    /// written then.
    ///
    /// Waits at most `timeout` for another change, and fails with [`StoreError::Busy`] then.
    fn change(
        &self,
        id: &EnvId,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Option<Edit>,
    ) -> Result<(), ChangeError>;

    /// Shows the lines of the audit log to `visit`, from the oldest to the newest. A line that this
    /// program did not write may be shown in parts, or left out.
    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError>;

    /// Appends lines to the audit log of an existing environment, as for a change that was
    /// refused.
    fn append_audit(
        &self,
        id: &EnvId,
        timeout: Duration,
        lines: &[String],
    ) -> Result<(), StoreError>;
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
    /// A new answers document, which is written first: answers may exist without a binding.
    pub answers: Option<NewAnswers>,
    /// The new texts; of two texts of one kind, the last one counts. After each write, in this
    /// order, the stored environment can be read.
    pub writes: Vec<(TextKind, String)>,
    /// Lines for the audit log, without line breaks.
    pub audit: Vec<String>,
}

/// An answers document to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswers {
    /// The place of the document in its environment.
    pub answers_ref: AnswersRef,
    /// The JSON document, of at most [`MAX_ANSWERS_BYTES`].
    pub text: String,
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
