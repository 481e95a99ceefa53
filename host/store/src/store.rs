//! The store of environments: parses, checks and renders the texts that a backend keeps.
//!
//! A change takes five stages:
//!
//! 1. The backend reads `Texts`.
//! 2. They are parsed to `Base`: the values, and the documents that they came from.
//! 3. The caller's `decide` gets the values as [`Stored`].
//! 4. It returns a [`Change`]: the new values, the audit events and a report.
//! 5. The change is rendered to an `Edit` of the documents, which the backend writes.
//!
//! A request that was made before is answered with its first answer; stages 2 to 5 do not run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId, Environment, ForeignText};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use super::audit::{self, AuditEvent};
use super::audit_chain::{ChainVerifier, VerifiedLog};
use super::backend::{
    Backend, Committed, Decision, Edit, ExposedAnswers, MAX_ANSWERS_BYTES, NewAnswers, Place,
    TextKind, Texts, is_answers_path,
};
use super::change::Change;
use super::error::{AnswersError, ChangeError, StoreError};
use super::files::FileBackend;
use super::limits::StoreLimits;
use super::object::ensure_shallow;
use super::past::Past;
use super::request::{MAX_KEY_BYTES, Request, RequestKey};
use super::request_record::{RecordedAnswer, RequestRecord};
use super::stored::{Base, NewDocument, Stored, parse_trust_root};
use super::trust_root::TrustRoot;

/// Time that a change waits for another process that changes the same environment.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of times that an audit log is read, if other processes keep writing to it.
pub(super) const MAX_VERIFICATIONS: usize = 100;
const RUNTIME: &str = "runtime.json";

/// A store of environments.
#[derive(Debug)]
pub struct Store {
    pub(super) backend: Box<dyn Backend>,
}

/// The documents of an environment, with their exact text.
#[derive(Debug)]
pub struct EnvironmentFiles {
    /// The number of changes of the environment.
    pub revision: u64,
    /// `environment.json`
    pub environment: Box<RawValue>,
    /// `runtime.json`, if it exists.
    pub runtime: Option<Box<RawValue>>,
}

/// A report that is stored, so that a repeated request can be answered with it.
pub trait Answer: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Answer for T {}

impl Store {
    /// Opens the store in a folder, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_limits(root, StoreLimits::default())
    }

    /// As [`new`](Self::new), with other limits.
    pub fn with_limits(root: impl Into<PathBuf>, limits: StoreLimits) -> Self {
        Self::on(FileBackend::new(root).with_limits(limits))
    }

    pub(super) fn on(backend: impl Backend + 'static) -> Self {
        Self { backend: Box::new(backend) }
    }

    /// Returns the place of the store: for messages, and for the cache's record of this store.
    pub fn place(&self) -> &Place {
        self.backend.place()
    }

    /// Returns the folder of environments, by which a cache records this store.
    ///
    /// The cache is shared by all stores of this machine: its garbage collection opens each
    /// recorded folder with [`at_gc_root`](Self::at_gc_root) to read what is pinned there.
    /// Nothing else needs a path of the store.
    pub fn gc_root(&self) -> &Path {
        self.place().as_path()
    }

    /// Opens the store that a cache recorded; none if its folder does not exist.
    pub fn at_gc_root(&self, root: &Path) -> Option<Self> {
        FileBackend::existing(root).map(Self::on)
    }

    /// Returns the ids of all environments, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the store cannot be read.
    pub fn list(&self) -> Result<Vec<EnvId>, StoreError> {
        self.backend.environments()
    }

    /// Returns true if the environment exists, readable or not.
    pub fn exists(&self, id: &EnvId) -> bool {
        self.backend.contains(id)
    }

    /// Reads an environment.
    ///
    /// # Errors
    /// [`StoreError`] when it does not exist, or its texts are not well-formed.
    pub fn load(&self, id: &EnvId) -> Result<Stored, StoreError> {
        let texts = self.read(id)?;
        let mut base = Base::parse(&texts, self.place(), id)?;
        let environment = std::mem::replace(&mut base.environment, Environment::empty(id.clone()));
        self.stored(id, Some(texts), &base, environment)
    }

    /// Reads the bindings of an environment before its latest changes, as far as they are kept.
    ///
    /// # Errors
    /// [`StoreError`] when the environment does not exist or cannot be read.
    pub fn past(&self, id: &EnvId) -> Result<Past, StoreError> {
        let texts = self.read(id)?;
        Past::read(&*self.backend, id, texts.pins)
    }

    /// Reads the exact text of an environment, after checking that it is well-formed.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn read_files(&self, id: &EnvId) -> Result<EnvironmentFiles, StoreError> {
        let texts = self.read(id)?;
        Base::parse(&texts, self.place(), id)?;
        let environment = self.raw(id, TextKind::Document.name(), &texts.document)?;
        let runtime = self.backend.runtime(id)?;
        let runtime = runtime.map(|text| self.raw(id, RUNTIME, &text)).transpose()?;
        Ok(EnvironmentFiles { revision: texts.revision, environment, runtime })
    }

    /// Reads the answers of a binding: the JSON document that its reference names, or `{}`
    /// without a reference.
    ///
    /// # Errors
    /// [`AnswersError`] when the document is missing, malformed, or not in the environment.
    pub fn answers(
        &self,
        id: &EnvId,
        answers_ref: Option<&AnswersRef>,
    ) -> Result<String, AnswersError> {
        let Some(answers_ref) = answers_ref else { return Ok("{}".to_owned()) };
        let path = self.place().text(id, answers_ref.relative_path()?);
        let Some(text) = self.backend.answers(id, answers_ref)? else {
            return Err(AnswersError::Missing { path });
        };
        ensure_json(&text, path)?;
        Ok(text.trim().to_owned())
    }

    /// Returns who may read an answers document besides its owner; none if no other user may, or
    /// it cannot be read at all.
    ///
    /// # Errors
    /// [`AnswersError`] when the document is not in the environment, or cannot be examined.
    pub fn exposed_answers(
        &self,
        id: &EnvId,
        answers_ref: &AnswersRef,
    ) -> Result<Option<ExposedAnswers>, AnswersError> {
        self.backend.exposed_answers(id, answers_ref)
    }

    /// Fails unless an answers document may be written: it is JSON, not too large, and has a
    /// place of its own.
    fn ensure_writable(&self, id: &EnvId, new: &NewAnswers) -> Result<(), AnswersError> {
        let path = self.place().text(id, answers_place(&new.answers_ref)?);
        if new.text.len() as u64 > MAX_ANSWERS_BYTES {
            return Err(AnswersError::TooLarge { path, limit: MAX_ANSWERS_BYTES });
        }
        ensure_json(&new.text, path)
    }

    /// Reads the keys that an environment trusts.
    ///
    /// # Errors
    /// [`StoreError`] when the environment does not exist, or its keys are not well-formed; no
    /// key may be assumed trusted then.
    pub fn trust_root(&self, id: &EnvId) -> Result<TrustRoot, StoreError> {
        parse_trust_root(self.read(id)?.trust_root, self.place(), id)
    }

    /// Creates an environment without bindings, and changes it as `decide` says.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::DiffersInCase`]; otherwise as for
    /// [`change`](Self::change).
    pub fn create<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        new: &NewDocument<'_>,
        decide: impl FnMut(Stored) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        self.ensure_distinct(id).map_err(ChangeError::from)?;
        self.save(id, request, decide, |texts| match texts {
            None => Ok(Base::new(id, new)),
            Some(_) => Err(self.exists_already(id)),
        })
    }

    /// Changes an environment, which is created first if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::DiffersInCase`]; otherwise as for [`change`](Self::change).
    pub fn create_or_change<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        new: &NewDocument<'_>,
        decide: impl FnMut(Stored) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        self.ensure_distinct(id).map_err(ChangeError::from)?;
        self.save(id, request, decide, |texts| match texts {
            None => Ok(Base::new(id, new)),
            Some(texts) => Base::parse_to_change(texts, self.place(), id),
        })
    }

    /// Changes an environment. `decide` gets the stored environment and returns the change,
    /// which is saved as a whole, or not at all, before any other change begins. It may run more
    /// than once. It does not run if the request was made before: its first report is returned.
    ///
    /// Waits up to ten seconds for another change to finish.
    ///
    /// # Errors
    /// The error of `decide`, or a [`ChangeError`]. After [`ChangeError::Unfinished`] the change
    /// is made, and after [`ChangeError::Unclear`] it may be made: [`request`](Self::request)
    /// tells. After any other error, nothing is changed.
    pub fn change<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        decide: impl FnMut(Stored) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        // a request of one that was deleted since may be repeated
        if !self.backend.is_known(id) {
            return Err(ChangeError::from(self.no_environment(id)).into());
        }
        self.save(id, request, decide, |texts| match texts {
            Some(texts) => Base::parse_to_change(texts, self.place(), id),
            None => Err(self.no_environment(id)),
        })
    }

    /// Returns the report that a request got when it was made before; none if it is new. Only
    /// keys that the caller gave are searched for.
    ///
    /// # Errors
    /// [`ChangeError::KeyReused`] if the key belongs to another request.
    pub fn first_answer<T: Answer>(
        &self,
        id: &EnvId,
        request: &Request,
    ) -> Result<Option<T>, ChangeError> {
        ensure_short(&request.key)?;
        let RequestKey::Given(key) = &request.key else { return Ok(None) };
        let Some(record) = self.backend.request(id, key)? else { return Ok(None) };
        let answer = record.answer_to(request)?;
        self.finish_interrupted(id, request);
        parse_answer(&answer, key).map(Some)
    }

    /// Finishes the change of a request that was made, if it was interrupted, so that other tools
    /// see all of it. Where that is not possible now, the next change of the environment does it.
    fn finish_interrupted(&self, id: &EnvId, request: &Request) {
        let finished = self.backend.change(id, request, Duration::ZERO, &mut |_| Decision::Nothing);
        if let Err(error) = finished {
            tracing::warn!("the change of environment `{id}` is not finished: {error}");
        }
    }

    /// Finds a request that was made, by its key; none if there was none, or it was forgotten. Those
    /// of a deleted environment are known too.
    ///
    /// # Errors
    /// [`StoreError`] when the environment never existed or cannot be read.
    pub fn request(&self, id: &EnvId, key: &str) -> Result<Option<RequestRecord>, StoreError> {
        if !self.backend.is_known(id) {
            return Err(self.no_environment(id));
        }
        self.backend.request(id, key)
    }

    /// Changes an environment, or creates it. `base_of` parses the texts, or makes the new
    /// environment if there are none, or fails.
    pub(super) fn save<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        mut decide: impl FnMut(Stored) -> Result<Change<T>, E>,
        base_of: impl Fn(Option<&Texts>) -> Result<Base, StoreError>,
    ) -> Result<T, E> {
        ensure_short(&request.key)?;
        // the backend passes neither reports nor errors of `decide` on, so they are kept here
        let mut last_result = None;
        let committed = self.backend.change(id, request, LOCK_TIMEOUT, &mut |texts| {
            let base = base_of(texts.as_ref());
            let is_given = matches!(request.key, RequestKey::Given(_));
            match self.decide_edit(id, request, (texts, base), &mut decide) {
                Ok((edit, report)) => {
                    last_result = Some(Ok(report));
                    // a request whose key is not known cannot be repeated
                    if edit.is_empty() && !is_given {
                        Decision::Nothing
                    } else {
                        Decision::Write(edit)
                    }
                }
                Err(error) => {
                    last_result = Some(Err(error));
                    Decision::Nothing
                }
            }
        })?;
        match committed {
            Committed::Repeated { answer } => Ok(parse_answer(&answer, &request.key.to_string())?),
            Committed::Done => {
                last_result.expect("`decide` ran at least once, or the backend returned an error")
            }
        }
    }

    /// Shows the stored environment to `decide`, and renders its change.
    fn decide_edit<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        (texts, base): (Option<Texts>, Result<Base, StoreError>),
        decide: &mut impl FnMut(Stored) -> Result<Change<T>, E>,
    ) -> Result<(Edit, T), E> {
        let base = base.map_err(ChangeError::from)?;
        let stored = self.stored(id, texts, &base, base.environment.clone());
        let change = decide(stored.map_err(ChangeError::from)?)?;
        for new in &change.answers {
            self.ensure_writable(id, new).map_err(ChangeError::from)?;
        }
        let summary = change.events.first().map(AuditEvent::summary);
        let answer = RecordedAnswer {
            summary: summary.unwrap_or_else(|| format!("`{}`", request.command)),
            json: serde_json::to_string(&change.report).expect("reports make JSON"),
        };
        Ok((change.edit(&base, Some(answer)), change.report))
    }

    /// Appends an event to the audit log, if the environment exists or was deleted, as of a change
    /// that was refused. The request of the change is not remembered: it may be repeated.
    ///
    /// # Errors
    /// As for [`change`](Self::change).
    pub fn audit(&self, id: &EnvId, event: &AuditEvent) -> Result<(), ChangeError> {
        if !self.backend.is_known(id) {
            return Ok(());
        }
        let request = Request::new(&event.command(), None, &(), event.origin.at);
        let line = audit::line(id, event);
        let mut record = |_| Decision::Record(vec![line.clone()]);
        self.backend.change(id, &request, LOCK_TIMEOUT, &mut record).map(|_| ())
    }

    /// Shows the lines of the audit log to `visit`, from the oldest to the newest. Other tools may
    /// have written some of them. The log of a deleted environment stays.
    ///
    /// # Errors
    /// [`StoreError`] when the environment never existed or the log cannot be read.
    pub fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        if !self.backend.is_known(id) {
            return Err(self.no_environment(id));
        }
        self.backend.visit_audit(id, visit)
    }

    /// Verifies that the lines of the audit log are those that were written, in their order.
    ///
    /// # Errors
    /// As for [`visit_audit`](Self::visit_audit).
    pub fn verify_audit(&self, id: &EnvId) -> Result<VerifiedLog, StoreError> {
        let mut ends = self.backend.audit_ends(id)?;
        for _ in 0..MAX_VERIFICATIONS {
            let mut verifier = ChainVerifier::new(ends.clone());
            self.visit_audit(id, &mut |line| verifier.note(line))?;
            let after = self.backend.audit_ends(id)?;
            if after == ends {
                return Ok(verifier.finish());
            }
            ends = after;
        }
        Err(StoreError::AlwaysChanging { path: self.place().text(id, "audit") })
    }

    pub(super) fn read(&self, id: &EnvId) -> Result<Texts, StoreError> {
        self.backend.read(id)?.ok_or_else(|| self.no_environment(id))
    }

    fn stored(
        &self,
        id: &EnvId,
        texts: Option<Texts>,
        base: &Base,
        environment: Environment,
    ) -> Result<Stored, StoreError> {
        let (trust_root, has_runtime, revision) = match texts {
            Some(texts) => (texts.trust_root, texts.has_runtime, texts.revision),
            None => (Ok(None), false, self.backend.last_revision(id)?),
        };
        let path = self.place().text(id, TextKind::Document.name());
        Ok(Stored {
            settings: base.document.settings(&path),
            endpoints: Box::new(base.document.endpoints().stored().clone()),
            other_pins: base.other_pins(&environment),
            environment,
            faults: base.faults.clone(),
            has_old_pins: base.pins.is_outdated(),
            trust_root: parse_trust_root(trust_root, self.place(), id),
            has_runtime,
            is_new: base.is_new,
            revision,
        })
    }

    fn raw(&self, id: &EnvId, name: &str, text: &str) -> Result<Box<RawValue>, StoreError> {
        serde_json::from_str(text)
            .map_err(|error| StoreError::malformed_json(&self.place().text(id, name), &error))
    }

    /// Fails if the environment is new, and another one has its id in other letters.
    pub(super) fn ensure_distinct(&self, id: &EnvId) -> Result<(), StoreError> {
        if self.exists(id) {
            return Ok(());
        }
        let mut others = self.list()?.into_iter();
        match others.find(|other| other.as_str().eq_ignore_ascii_case(id.as_str())) {
            Some(existing) => Err(StoreError::DiffersInCase { environment: id.clone(), existing }),
            None => Ok(()),
        }
    }

    pub(super) fn exists_already(&self, id: &EnvId) -> StoreError {
        let root = self.place().as_path().to_owned();
        StoreError::Exists { environment: id.clone(), root }
    }

    fn no_environment(&self, id: &EnvId) -> StoreError {
        StoreError::NoEnvironment {
            environment: id.clone(),
            root: self.place().as_path().to_owned(),
        }
    }
}

/// Returns the place of answers in their environment.
///
/// # Errors
/// [`AnswersError::Escaping`], [`AnswersError::Reserved`]
pub(super) fn answers_place(answers_ref: &AnswersRef) -> Result<PathBuf, AnswersError> {
    let place = answers_ref.relative_path()?;
    if is_answers_path(&place) {
        return Ok(place);
    }
    Err(AnswersError::Reserved { answers_ref: answers_ref.clone() })
}

/// Fails if a key is too long: it is written to the audit log, whose lines are short.
fn ensure_short(key: &RequestKey) -> Result<(), ChangeError> {
    match key {
        RequestKey::Given(key) if key.len() > MAX_KEY_BYTES => {
            Err(ChangeError::KeyTooLong { length: key.len() })
        }
        RequestKey::Given(_) | RequestKey::New(_) => Ok(()),
    }
}

fn parse_answer<T: Answer>(answer: &str, key: &str) -> Result<T, ChangeError> {
    serde_json::from_str(answer).map_err(|error| ChangeError::OldAnswer {
        key: ForeignText::excerpt(key),
        reason: ForeignText::sentence(&error.to_string()),
    })
}

fn ensure_json(text: &str, path: PathBuf) -> Result<(), AnswersError> {
    let parsed = serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string());
    parsed.and_then(|_| ensure_shallow(text)).map_err(|reason| {
        let reason = ForeignText::sentence(&reason);
        AnswersError::Malformed { path, reason }
    })
}
