//! Changes an environment in folders: lock, finish what was interrupted, decide, write the
//! journal, write the files.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use env_pack_domain::{EnvId, ForeignText, Sha256Digest};
use gtc_fs::lock::{FileLock, LockError};
use gtc_fs::read::ReadError;

use super::answers;
use super::audit::{self, LogEnd};
use super::backups;
use super::disk::{self, Disk};
use super::environment::{EnvironmentFolder, Snapshot};
use super::journal::{self, FileChange, Journal, LogAppend, LogCut};
use super::requests;
use super::revision::{self, StoredRevision};
use super::text::{self, FileText};
use crate::audit_chain::{AuditEnds, AuditHead};
use crate::backend::{BACKUP, Committed, Decision, Edit, Texts};
use crate::error::{ChangeError, StoreError};
use crate::request::{Expect, Request, RequestKey};
use crate::request_record::{RecordedAnswer, RequestRecord};

const LOCK: &str = ".lock";
/// The number of times that a change is decided, if another tool keeps changing the environment.
const MAX_ATTEMPTS: usize = 5;

/// Does what [`Backend::change`](crate::backend::Backend::change) says.
pub(super) fn change(
    environment: &EnvironmentFolder<'_>,
    id: &EnvId,
    request: &Request,
    timeout: Duration,
    decide: &mut dyn FnMut(Option<Texts>) -> Decision,
) -> Result<Committed, ChangeError> {
    let EnvironmentFolder { disk, path: folder, .. } = environment;
    let disk = *disk;
    disk.create_folder(folder).map_err(StoreError::io("create", folder))?;
    let _lock = lock(environment, id, request, timeout)?;
    if let Some(journal) = Journal::read(disk, folder)? {
        tracing::info!("finishing an interrupted change of environment `{id}`");
        journal.finish_found(disk, folder)?;
    }
    if let RequestKey::Given(key) = &request.key
        && let Some(record) = requests::find(disk, folder, key)?
    {
        return Ok(Committed::Repeated { answer: record.answer_to(request)? });
    }
    for _ in 0..MAX_ATTEMPTS {
        let mut before = Before::read(environment)?;
        before.ensure_expected(id, request.expect)?;
        let texts = before.texts.take();
        let edit = match decide(texts) {
            Decision::Write(edit) => edit,
            Decision::Record(audit) => Edit { audit, ..Edit::default() },
            Decision::Nothing => return Ok(Committed::Done),
        };
        edit.ensure_readable(folder)?;
        let journal = before.journal(environment, request, &edit)?;
        // another tool, which takes no lock, may have changed a file meanwhile
        if journal.is_possible(disk, folder)? {
            commit(environment, id, request, &journal)?;
            return Ok(Committed::Done);
        }
    }
    Err(StoreError::AlwaysChanging { path: folder.clone() }.into())
}

fn lock(
    environment: &EnvironmentFolder<'_>,
    id: &EnvId,
    request: &Request,
    timeout: Duration,
) -> Result<Option<FileLock>, StoreError> {
    let path = environment.path.join(LOCK);
    let holder = format!("process {} (`gtc op {}`)", std::process::id(), request.command);
    environment.disk.lock(&path, &holder, timeout).map_err(|error| match error {
        LockError::TimedOut => {
            let holder = disk::holder(&path).map(|text| ForeignText::excerpt(&text));
            StoreError::Busy { environment: id.clone(), lock: path.clone(), holder }
        }
        LockError::Io(error) => StoreError::io("lock", &path)(error),
    })
}

/// Writes a journal, which makes the change, and then its files.
fn commit(
    environment: &EnvironmentFolder<'_>,
    id: &EnvId,
    request: &Request,
    journal: &Journal,
) -> Result<(), ChangeError> {
    let EnvironmentFolder { disk, path: folder, .. } = environment;
    let path = Journal::path(folder);
    let text = journal.render();
    let key = || request.key.clone();
    if let Err(error) = disk.replace(&path, text.as_bytes(), journal.access()) {
        let source = StoreError::io("write", &path)(error);
        // the journal may be in its place, and only flushing it failed
        return Err(match disk.read(&path, journal::MAX_BYTES) {
            Err(ReadError::NotFound) => ChangeError::Store(source),
            _ => ChangeError::Unclear { environment: id.clone(), key: key(), source },
        });
    }
    journal.finish(*disk, folder).map_err(|source| ChangeError::Unfinished {
        environment: id.clone(),
        key: key(),
        source,
    })?;
    prune_backups(environment, journal);
    Ok(())
}

/// Removes old backups. The change is made, so an error is not one of the change; the next one
/// tries again.
fn prune_backups(environment: &EnvironmentFolder<'_>, journal: &Journal) {
    let EnvironmentFolder { disk, path: folder, kept_backups } = environment;
    let Some(revision) = journal.replaced_revision else { return };
    if !journal.replaced_texts().is_empty()
        && let Err(error) = backups::prune(*disk, folder, revision, *kept_backups)
    {
        tracing::warn!("cannot remove old backups in {folder:?}: {error}");
    }
}

/// An environment that is locked, before its change.
struct Before {
    /// The texts, until they are shown to `decide`.
    texts: Option<Texts>,
    /// The digests of the texts, by name.
    digests: BTreeMap<String, Sha256Digest>,
    /// The revision that the texts have.
    found: u64,
    revision: StoredRevision,
    /// The digest of the file of the revision; none if it does not exist.
    revision_digest: Option<Sha256Digest>,
    log: LogEnd,
    torn_length: u64,
    requests_length: u64,
}

impl Before {
    /// Reads an environment, and fails if its change could not be recorded.
    fn read(environment: &EnvironmentFolder<'_>) -> Result<Self, StoreError> {
        let EnvironmentFolder { disk, path: folder, .. } = environment;
        let disk = *disk;
        let (revision, revision_digest) = match StoredRevision::read(disk, folder)? {
            Some((revision, digest)) => (revision, Some(digest)),
            None => (StoredRevision::default(), None),
        };
        let log = audit::end(disk, folder)?;
        let torn = folder.join(audit::TORN);
        let torn_length = if log.torn.is_empty() {
            0
        } else {
            disk.ensure_appendable(&torn, audit::ACCESS)
                .map_err(StoreError::io("append to", &torn))?
        };
        let requests_length = requests::length(disk, folder)?;
        let snapshot = environment.snapshot(None)?;
        // the revision of a deleted environment goes on
        let found = snapshot.as_ref().map_or(revision.revision, |snapshot| snapshot.texts.revision);
        let (texts, digests) = match snapshot {
            Some(Snapshot { texts, digests }) => (Some(texts), digests),
            None => (None, BTreeMap::new()),
        };
        Ok(Self {
            texts,
            digests,
            found,
            revision,
            revision_digest,
            log,
            torn_length,
            requests_length,
        })
    }

    fn ensure_expected(&self, id: &EnvId, expect: Expect) -> Result<(), ChangeError> {
        match expect {
            Expect::Revision(expected) if expected != self.found => {
                Err(ChangeError::Moved { environment: id.clone(), expected, found: self.found })
            }
            _ => Ok(()),
        }
    }

    /// Returns the journal of an edit.
    fn journal(
        self,
        environment: &EnvironmentFolder<'_>,
        request: &Request,
        edit: &Edit,
    ) -> Result<Journal, ChangeError> {
        let EnvironmentFolder { disk, path: folder, .. } = environment;
        let disk = *disk;
        let mut journal = Journal::new(request.key.to_string(), self.found);
        let mut digests = self.digests.clone();
        for (kind, text) in &edit.writes {
            let new = FileText::new(text);
            let before = digests.insert(kind.name().to_owned(), new.digest);
            let change = FileChange { before, after: Some(new.text), is_private: false };
            journal.files.insert(kind.name().into(), change);
        }
        for kind in &edit.removes {
            digests.remove(kind.name());
            let before = text::digest(disk, &folder.join(kind.name()))?;
            if before.is_some() {
                let change = FileChange { before, after: None, is_private: false };
                journal.files.insert(kind.name().into(), change);
            }
        }
        add_answers(disk, folder, &mut journal, edit)?;
        let mut next = self.revision.clone();
        next.revision = self.found.saturating_add(u64::from(!journal.files.is_empty()));
        next.texts = digests;
        if self.found > 0 && (self.digests.is_empty() || edit.backup.is_some()) {
            next.began = next.revision;
        }
        self.append_audit(&mut journal, &mut next, &edit.audit);
        if let Some(seq) = edit.prune_audit {
            self.prune_audit(disk, folder, &mut journal, &mut next, seq)?;
        }
        if let Some(answer) = &edit.answer {
            self.append_request(disk, folder, &mut journal, &next, (request, answer))?;
        }
        if next != self.revision {
            let after = next.render();
            let before = self.revision_digest;
            let change = FileChange { before, after: Some(after), is_private: false };
            journal.files.insert(revision::NAME.into(), change);
        }
        Ok(journal)
    }

    /// Adds audit lines, and moves an incomplete line that an interrupted process left to a file of
    /// its own.
    fn append_audit(&self, journal: &mut Journal, next: &mut StoredRevision, events: &[String]) {
        if self.revision_digest.is_none() {
            let start = AuditHead { seq: 0, digest: self.log.last_line };
            next.audit = AuditEnds { start: start.clone(), last: start };
        }
        if events.is_empty() {
            return;
        }
        if !self.log.torn.is_empty() {
            let lines = String::from_utf8_lossy(&self.log.torn).into_owned() + "\n";
            let append = LogAppend::new(self.torn_length, lines);
            journal.logs.insert(audit::TORN.into(), append);
        }
        let lines =
            events.iter().flat_map(|event| [next.audit.last.append(event), "\n".to_owned()]);
        let append = LogAppend::new(self.log.length, lines.collect());
        journal.logs.insert(audit::EVENTS.into(), append);
    }

    /// Removes audit lines from the start of the log, up to that with this number.
    fn prune_audit(
        &self,
        disk: &dyn Disk,
        folder: &Path,
        journal: &mut Journal,
        next: &mut StoredRevision,
        seq: u64,
    ) -> Result<(), StoreError> {
        let path = folder.join(audit::EVENTS);
        let missing = || StoreError::malformed(&path, "its start", format!("no event {seq}"));
        let start = audit::start_to(disk, folder, seq, self.log.length)?.ok_or_else(missing)?;
        let first_line = audit::first_line(disk, &path)?.ok_or_else(missing)?;
        next.audit.start = start.last;
        let new = || LogAppend::new(self.log.length, String::new());
        let log = journal.logs.entry(audit::EVENTS.into()).or_insert_with(new);
        log.cut = Some(LogCut { bytes: start.bytes, first_line });
        Ok(())
    }

    /// Adds the record of an answered request.
    fn append_request(
        &self,
        disk: &dyn Disk,
        folder: &Path,
        journal: &mut Journal,
        next: &StoredRevision,
        (request, answer): (&Request, &RecordedAnswer),
    ) -> Result<(), StoreError> {
        let seq = next.audit.last.seq;
        let record = RequestRecord::new(request, answer, next.revision, seq);
        let at = requests::shorten(disk, folder, self.requests_length, request.at)?;
        let append = LogAppend::new(at, record.line() + "\n");
        journal.logs.insert(requests::NAME.into(), append);
        Ok(())
    }
}

/// Adds the answers documents of an edit to its journal, and the backup of the environment.
fn add_answers(
    disk: &dyn Disk,
    folder: &Path,
    journal: &mut Journal,
    edit: &Edit,
) -> Result<(), ChangeError> {
    let removed = edit.removed_answers.iter().map(|answers_ref| (answers_ref, None));
    let written = edit.answers.iter().map(|new| (&new.answers_ref, Some(new.text.clone())));
    for (answers_ref, after) in removed.chain(written) {
        let path = answers::target(disk, folder, answers_ref)?;
        let before = text::digest(disk, &folder.join(&path))?;
        if before.is_some() || after.is_some() {
            journal.files.insert(path, FileChange { before, after, is_private: true });
        }
    }
    if let Some(backup) = &edit.backup {
        let path = folder.join(BACKUP);
        disk::ensure_inside(disk, folder, &path)?;
        let before = text::digest(disk, &path)?;
        let change = FileChange { before, after: Some(backup.clone()), is_private: true };
        journal.files.insert(BACKUP.into(), change);
    }
    Ok(())
}
