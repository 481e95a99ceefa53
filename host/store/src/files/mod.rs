//! Environments in folders, in the layout of the existing tools.
//!
//! `<root>/<environment>/environment.json` is shared with them. The same folder holds
//! `packs.lock.json` (pins), `trust-root.json`, `runtime.json`, which a runtime writes, and
//! answers. Of this program alone are `audit/events.jsonl`, `requests.jsonl` (answered
//! requests), `revision.json`, `backups/<file>.<revision>.bak` (replaced texts), and `.lock`, which a
//! process locks while it changes the environment.
//!
//! A change is written to a [journal] first, so that it is made as a whole or not at
//! all. Readers take no lock; they read again if the environment changed meanwhile.

mod answers;
mod audit;
mod backups;
mod change;
pub(crate) mod disk;
mod environment;
mod journal;
mod requests;
mod revision;
mod text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};

use super::audit_chain::AuditEnds;
use super::backend::{
    BACKUP, Backend, Committed, Decision, ExposedAnswers, Place, TextKind, Texts,
};
use super::error::{AnswersError, ChangeError, StoreError};
use super::limits::StoreLimits;
use super::request::Request;
use super::request_record::RequestRecord;
use disk::{Disk, RealDisk};
use environment::{EnvironmentFolder, RUNTIME};
use journal::Journal;
use revision::StoredRevision;

/// The environments below one folder.
#[derive(Debug)]
pub(super) struct FileBackend {
    root: Place,
    disk: Box<dyn Disk>,
    limits: StoreLimits,
}

impl FileBackend {
    /// Opens the environments in a folder, which need not exist yet.
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self::on(root, Box::new(RealDisk))
    }

    pub(super) fn on(root: impl Into<PathBuf>, disk: Box<dyn Disk>) -> Self {
        Self { root: Place::new(root), disk, limits: StoreLimits::default() }
    }

    pub(super) fn with_limits(self, limits: StoreLimits) -> Self {
        Self { limits, ..self }
    }

    /// Opens the environments in a folder; none if it does not exist.
    pub(super) fn existing(root: &Path) -> Option<Self> {
        RealDisk.exists(root).then(|| Self::new(root))
    }

    /// Returns the folder of an environment. It is inside the root, because an id has no `/`.
    fn folder(&self, id: &EnvId) -> PathBuf {
        self.root.as_path().join(id.as_str())
    }

    fn environment(&self, id: &EnvId) -> EnvironmentFolder<'_> {
        EnvironmentFolder {
            disk: &*self.disk,
            path: self.folder(id),
            kept_backups: self.limits.backups,
        }
    }

    /// Returns the ids of the folders that `is_wanted` selects, sorted.
    fn folders(&self, is_wanted: impl Fn(&EnvId) -> bool) -> Result<Vec<EnvId>, StoreError> {
        let root = self.root.as_path();
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", root)(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("read", root))?;
            let id = entry.file_name().to_str().and_then(|name| name.parse::<EnvId>().ok());
            ids.extend(id.filter(|id| is_wanted(id)));
        }
        ids.sort();
        Ok(ids)
    }
}

impl Backend for FileBackend {
    fn place(&self) -> &Place {
        &self.root
    }

    fn environments(&self) -> Result<Vec<EnvId>, StoreError> {
        self.folders(|id| self.contains(id))
    }

    fn deleted(&self) -> Result<Vec<EnvId>, StoreError> {
        self.folders(|id| !self.contains(id) && self.is_known(id))
    }

    fn last_revision(&self, id: &EnvId) -> Result<u64, StoreError> {
        let folder = self.environment(id);
        folder.read_unchanged(|journal| Ok(folder.revision(journal)?.revision))
    }

    fn backup(&self, id: &EnvId) -> Result<Option<String>, StoreError> {
        let folder = self.environment(id);
        folder.read_unchanged(|journal| folder.text(Path::new(BACKUP), journal))
    }

    fn contains(&self, id: &EnvId) -> bool {
        let folder = self.folder(id);
        let name = Path::new(TextKind::Document.name());
        // the change that creates or deletes it may have been interrupted
        let pending = Journal::read(&*self.disk, &folder).ok().flatten();
        let change = pending.as_ref().and_then(|journal| journal.files.get(name));
        change.map_or_else(|| self.disk.exists(&folder.join(name)), |change| change.after.is_some())
    }

    fn is_known(&self, id: &EnvId) -> bool {
        self.contains(id) || self.disk.exists(&StoredRevision::path(&self.folder(id)))
    }

    fn read(&self, id: &EnvId) -> Result<Option<Texts>, StoreError> {
        let folder = self.environment(id);
        let snapshot = folder.read_unchanged(|journal| folder.snapshot(journal))?;
        Ok(snapshot.map(|snapshot| snapshot.texts))
    }

    fn runtime(&self, id: &EnvId) -> Result<Option<String>, StoreError> {
        let file = text::read(&*self.disk, &self.folder(id).join(RUNTIME))?;
        Ok(file.map(|file| file.text))
    }

    fn answers(&self, id: &EnvId, answers: &AnswersRef) -> Result<Option<String>, AnswersError> {
        let folder = self.environment(id);
        let relative = answers.relative_path()?;
        let pending = folder.read_unchanged(|journal| {
            let text = journal
                .map_or(Ok(None), |journal| journal.text(folder.disk, &folder.path, &relative))?;
            Ok(text.map(|text| text.map(str::to_owned)))
        })?;
        match pending {
            Some(text) => Ok(text),
            None => answers::read(&folder.path, answers),
        }
    }

    fn exposed_answers(
        &self,
        id: &EnvId,
        answers: &AnswersRef,
    ) -> Result<Option<ExposedAnswers>, AnswersError> {
        answers::exposed(&self.environment(id).path, answers)
    }

    fn change(
        &self,
        id: &EnvId,
        request: &Request,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Decision,
    ) -> Result<Committed, ChangeError> {
        change::change(&self.environment(id), id, request, timeout, decide)
    }

    fn request(&self, id: &EnvId, key: &str) -> Result<Option<RequestRecord>, StoreError> {
        let folder = self.environment(id);
        folder.read_unchanged(|journal| {
            let pending = journal.and_then(|journal| journal.logs.get(Path::new(requests::NAME)));
            let pending = pending.and_then(|log| requests::find_in(log.lines.as_bytes(), key));
            pending.map_or_else(
                || requests::find(folder.disk, &folder.path, key),
                |record| Ok(Some(record)),
            )
        })
    }

    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        let folder = self.folder(id);
        let journal = Journal::read(&*self.disk, &folder)?;
        let pending = journal.and_then(|mut journal| journal.logs.remove(Path::new(audit::EVENTS)));
        let path = folder.join(audit::EVENTS);
        let range = pending.as_ref().map_or(Ok(0..u64::MAX), |log| log.kept(&*self.disk, &path))?;
        audit::visit(&*self.disk, &folder, range, visit)?;
        pending.iter().flat_map(|log| log.lines.lines()).for_each(visit);
        Ok(())
    }

    fn replaced_texts(&self, id: &EnvId) -> Result<Vec<(TextKind, u64)>, StoreError> {
        let environment = self.environment(id);
        let began = environment.read_unchanged(|journal| environment.revision(journal))?.began;
        let kept = backups::list(environment.disk, &environment.path)?;
        Ok(kept.into_iter().filter(|(_, revision)| *revision >= began).collect())
    }

    fn replaced_text(
        &self,
        id: &EnvId,
        kind: TextKind,
        revision: u64,
    ) -> Result<Option<String>, StoreError> {
        backups::read(&*self.disk, &self.folder(id), kind, revision)
    }

    fn audit_ends(&self, id: &EnvId) -> Result<AuditEnds, StoreError> {
        let folder = self.environment(id);
        folder.read_unchanged(|journal| Ok(folder.revision(journal)?.audit))
    }
}
