//! Moves whole environments: exports, imports and deletes them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use env_pack_domain::{EnvId, Environment};
use jiff::Timestamp;

use super::backend::{BACKUP, Decision, Texts};
use super::change::{Change, WholeChange};
use super::error::{AnswersError, ChangeError, StoreError};
use super::portable::{PortableEnvironment, named_answers};
use super::request::Request;
use super::store::{Answer, LOCK_TIMEOUT, MAX_VERIFICATIONS, Store, answers_place};
use super::stored::{Base, Stored};

impl Store {
    /// Creates an environment from a document that was exported, with the id `id`; with `replace`,
    /// also in place of one that exists. `decide` returns the events and the report.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::DiffersInCase`]; otherwise as for
    /// [`change`](Self::change).
    pub fn import<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        (new, replace): (&PortableEnvironment, bool),
        mut decide: impl FnMut(Stored) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        self.ensure_distinct(id).map_err(ChangeError::from)?;
        let decide_whole = |stored: Stored| {
            let before = if stored.is_new { None } else { Some(self.copy(id)?) };
            let whole = Some(WholeChange { before, after: Some(new.clone()) });
            decide(stored).map(|change| Change { whole, ..change })
        };
        self.save(id, request, decide_whole, |texts| match texts {
            None => Ok(Base::without_content(id)),
            Some(texts) if replace => Base::parse(texts, self.place(), id),
            Some(_) => Err(self.exists_already(id)),
        })
    }

    /// Deletes an environment, and keeps what was in it as one document, which
    /// [`deleted`](Self::deleted) reads. Its audit log, requests and revision stay. `decide` gets
    /// that document too.
    ///
    /// # Errors
    /// As for [`change`](Self::change).
    pub fn delete<T: Answer, E: From<ChangeError>>(
        &self,
        id: &EnvId,
        request: &Request,
        mut decide: impl FnMut(Stored, &PortableEnvironment) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        self.change(id, request, |stored| {
            let before = self.copy(id)?;
            let change = decide(stored, &before)?;
            Ok(Change { whole: Some(WholeChange { before: Some(before), after: None }), ..change })
        })
    }

    /// Finishes a change of an environment that was interrupted, so that other tools see all of it.
    ///
    /// # Errors
    /// As for [`change`](Self::change).
    pub fn finish_change(&self, id: &EnvId, at: Timestamp) -> Result<(), ChangeError> {
        if !self.backend.is_known(id) {
            return Ok(());
        }
        let request = Request::new("env rename", None, &(), at);
        self.backend.change(id, &request, LOCK_TIMEOUT, &mut |_| Decision::Nothing).map(|_| ())
    }

    /// Reads an environment that was deleted, as one document; none if nothing is kept of it.
    ///
    /// # Errors
    /// [`AnswersError`] when the document is not well-formed any more.
    pub fn deleted(&self, id: &EnvId) -> Result<Option<PortableEnvironment>, AnswersError> {
        let path = self.backup_path(id);
        let text = self.backend.backup(id)?;
        text.map(|text| PortableEnvironment::parse(text.as_bytes(), &path)).transpose()
    }

    /// Reads the bindings of an environment that was deleted; none if nothing is kept of it.
    ///
    /// # Errors
    /// As for [`deleted`](Self::deleted).
    pub fn deleted_environment(&self, id: &EnvId) -> Result<Option<Environment>, StoreError> {
        let path = self.backup_path(id);
        let kept = self.deleted(id).map_err(|error| match error {
            AnswersError::Store(error) => error,
            other => StoreError::malformed(&path, "the document", other.to_string()),
        })?;
        kept.map(|kept| kept.environment(&path)).transpose()
    }

    /// Returns the place of the document that is kept of a deleted or replaced environment.
    pub fn backup_path(&self, id: &EnvId) -> PathBuf {
        self.place().text(id, BACKUP)
    }

    /// Returns the ids of all deleted environments, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the store cannot be read.
    pub fn list_deleted(&self) -> Result<Vec<EnvId>, StoreError> {
        self.backend.deleted()
    }

    /// Copies an environment that is being changed. Answers that cannot be read are left out.
    fn copy(&self, id: &EnvId) -> Result<PortableEnvironment, ChangeError> {
        let texts = self.read(id)?;
        let base = Base::parse(&texts, self.place(), id)?;
        let mut answers = BTreeMap::new();
        for answers_ref in named_answers(&base.environment) {
            if let Ok(place) = answers_place(answers_ref)
                && let Ok(text) = self.answers(id, Some(answers_ref))
            {
                answers.insert(place, text);
            }
        }
        Ok(self.portable(id, texts, answers)?)
    }

    fn portable(
        &self,
        id: &EnvId,
        texts: Texts,
        answers: BTreeMap<PathBuf, String>,
    ) -> Result<PortableEnvironment, StoreError> {
        let trust_root = texts.trust_root?;
        let parts = [Some(&texts.document), texts.pins.as_ref(), trust_root.as_ref()];
        let parts = parts.map(|text| text.map(String::as_str));
        let place = |name: &str| self.place().text(id, name);
        PortableEnvironment::new(id, texts.revision, parts, answers, &place)
    }

    /// Reads an environment as one document, with the answers that its bindings, and the previous
    /// ones, name. Answers that do not exist are left out.
    ///
    /// # Errors
    /// [`AnswersError`] when the environment does not exist, or a part of it is not well-formed.
    pub fn export(&self, id: &EnvId) -> Result<PortableEnvironment, AnswersError> {
        for _ in 0..MAX_VERIFICATIONS {
            let texts = self.read(id)?;
            let base = Base::parse_to_change(&texts, self.place(), id)?;
            let answers = self.bound_answers(id, &base.environment);
            // the answers are those of the texts if nothing has changed meanwhile
            if self.read(id)?.revision != texts.revision {
                continue;
            }
            return Ok(self.portable(id, texts, answers?)?);
        }
        Err(StoreError::AlwaysChanging { path: self.place().text(id, "") }.into())
    }

    /// Reads the answers that bindings, and the previous ones, name, by their place.
    fn bound_answers(
        &self,
        id: &EnvId,
        environment: &Environment,
    ) -> Result<BTreeMap<PathBuf, String>, AnswersError> {
        let mut answers = BTreeMap::new();
        for answers_ref in named_answers(environment) {
            let place = answers_place(answers_ref)?;
            match self.answers(id, Some(answers_ref)) {
                Ok(text) => drop(answers.insert(place, text)),
                Err(AnswersError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(answers)
    }
}
