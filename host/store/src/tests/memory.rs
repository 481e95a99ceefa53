//! A backend in memory, for tests: it shows that the trait needs no files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::{AnswersRef, EnvId};

use crate::audit_chain::{AuditEnds, AuditHead};
use crate::backend::{Backend, Committed, Decision, Edit, ExposedAnswers, Place, TextKind, Texts};
use crate::error::{AnswersError, ChangeError, StoreError};
use crate::request::{Expect, Request, RequestKey};
use crate::request_record::RequestRecord;

/// Environments in memory.
#[derive(Debug)]
pub(super) struct MemoryBackend {
    place: Place,
    environments: Mutex<BTreeMap<EnvId, Arc<Entry>>>,
}

#[derive(Debug, Default)]
struct Entry {
    /// Held while the environment is changed.
    change: Mutex<()>,
    content: Mutex<Content>,
}

/// The texts of an environment, which exists once it has a document.
#[derive(Debug, Default)]
struct Content {
    texts: BTreeMap<TextKind, String>,
    replaced: BTreeMap<(TextKind, u64), String>,
    runtime: Option<String>,
    answers: BTreeMap<String, String>,
    backup: Option<String>,
    audit: Vec<String>,
    ends: AuditEnds,
    requests: Vec<RequestRecord>,
    revision: u64,
    /// The revision with which the environment replaced another one.
    began: u64,
}

impl MemoryBackend {
    pub(super) fn new() -> Self {
        Self { place: Place::new("memory"), environments: Mutex::default() }
    }

    pub(super) fn set_runtime(&self, id: &EnvId, text: &str) {
        self.entry(id).content().runtime = Some(text.to_owned());
    }

    pub(super) fn set_answers(&self, id: &EnvId, name: &str, text: &str) {
        self.entry(id).content().answers.insert(name.to_owned(), text.to_owned());
    }

    fn entry(&self, id: &EnvId) -> Arc<Entry> {
        let mut environments = self.environments.lock().expect("no thread panicked");
        Arc::clone(environments.entry(id.clone()).or_default())
    }
}

impl Entry {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no thread panicked")
    }

    /// Waits for another change to finish; none after the timeout.
    fn lock(&self, timeout: Duration) -> Option<MutexGuard<'_, ()>> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.change.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::yield_now(),
                Err(_) => return None,
            }
        }
    }
}

impl Content {
    fn read(&self) -> Option<Texts> {
        let text = |kind| self.texts.get(&kind).cloned();
        Some(Texts {
            revision: self.revision,
            document: text(TextKind::Document)?,
            pins: text(TextKind::Pins),
            trust_root: Ok(text(TextKind::TrustRoot)),
            has_runtime: self.runtime.is_some(),
        })
    }
}

impl Content {
    fn write(&mut self, request: &Request, edit: &Edit) -> Result<(), ChangeError> {
        let named = edit.answers.iter().map(|new| &new.answers_ref).chain(&edit.removed_answers);
        for answers_ref in named {
            answers_ref.relative_path().map_err(AnswersError::from)?;
        }
        for answers_ref in &edit.removed_answers {
            self.answers.remove(answers_ref.as_str());
        }
        let written = edit.answers.iter();
        self.answers
            .extend(written.map(|new| (new.answers_ref.as_str().to_owned(), new.text.clone())));
        for (kind, text) in &edit.writes {
            let old = self.texts.insert(*kind, text.clone());
            if let Some(old) = old.filter(|old| old != text) {
                self.replaced.insert((*kind, self.revision), old);
            }
        }
        self.texts.retain(|kind, _| !edit.removes.contains(kind));
        self.backup = edit.backup.clone().or(self.backup.take());
        self.revision += u64::from(edit.changes_content());
        if edit.backup.is_some() {
            self.began = self.revision;
        }
        self.audit.extend(edit.audit.iter().map(|event| self.ends.last.append(event)));
        if let Some(seq) = edit.prune_audit {
            let heads = |line: &String| AuditHead::of_line(line.as_bytes()).expect("numbered");
            let last = self.audit.iter().map(heads).find(|head| head.seq == seq);
            self.ends.start = last.expect("a line of this number");
            self.audit.retain(|line| heads(line).seq > seq);
        }
        if let Some(answer) = &edit.answer {
            let seq = self.ends.last.seq;
            self.requests.push(RequestRecord::new(request, answer, self.revision, seq));
        }
        Ok(())
    }
}

impl Backend for MemoryBackend {
    fn place(&self) -> &Place {
        &self.place
    }

    fn environments(&self) -> Result<Vec<EnvId>, StoreError> {
        let environments = self.environments.lock().expect("no thread panicked");
        let existing = environments.iter().filter(|(_, entry)| entry.content().read().is_some());
        Ok(existing.map(|(id, _)| id.clone()).collect())
    }

    fn contains(&self, id: &EnvId) -> bool {
        self.entry(id).content().read().is_some()
    }

    fn deleted(&self) -> Result<Vec<EnvId>, StoreError> {
        let environments = self.environments.lock().expect("no thread panicked");
        let deleted = environments.iter().filter(|(_, entry)| {
            let content = entry.content();
            content.read().is_none() && content.revision > 0
        });
        Ok(deleted.map(|(id, _)| id.clone()).collect())
    }

    fn last_revision(&self, id: &EnvId) -> Result<u64, StoreError> {
        Ok(self.entry(id).content().revision)
    }

    fn backup(&self, id: &EnvId) -> Result<Option<String>, StoreError> {
        Ok(self.entry(id).content().backup.clone())
    }

    fn is_known(&self, id: &EnvId) -> bool {
        self.entry(id).content().revision > 0
    }

    fn read(&self, id: &EnvId) -> Result<Option<Texts>, StoreError> {
        Ok(self.entry(id).content().read())
    }

    fn runtime(&self, id: &EnvId) -> Result<Option<String>, StoreError> {
        Ok(self.entry(id).content().runtime.clone())
    }

    fn answers(&self, id: &EnvId, answers: &AnswersRef) -> Result<Option<String>, AnswersError> {
        answers.relative_path()?;
        Ok(self.entry(id).content().answers.get(answers.as_str()).cloned())
    }

    fn exposed_answers(
        &self,
        _: &EnvId,
        _: &AnswersRef,
    ) -> Result<Option<ExposedAnswers>, AnswersError> {
        Ok(None)
    }

    fn change(
        &self,
        id: &EnvId,
        request: &Request,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Decision,
    ) -> Result<Committed, ChangeError> {
        let entry = self.entry(id);
        let busy = || {
            let lock = self.place.text(id, "");
            StoreError::Busy { environment: id.clone(), lock, holder: None }
        };
        let _guard = entry.lock(timeout).ok_or_else(busy)?;
        if let RequestKey::Given(key) = &request.key
            && let Some(record) = self.request(id, key)?
        {
            return Ok(Committed::Repeated { answer: record.answer_to(request)? });
        }
        let (texts, found) = {
            let content = entry.content();
            (content.read(), content.revision)
        };
        if let Expect::Revision(expected) = request.expect
            && expected != found
        {
            return Err(ChangeError::Moved { environment: id.clone(), expected, found });
        }
        let edit = match decide(texts) {
            Decision::Write(edit) => edit,
            Decision::Record(audit) => Edit { audit, ..Edit::default() },
            Decision::Nothing => return Ok(Committed::Done),
        };
        edit.ensure_readable(&self.place.text(id, ""))?;
        entry.content().write(request, &edit).map(|()| Committed::Done)
    }

    fn request(&self, id: &EnvId, key: &str) -> Result<Option<RequestRecord>, StoreError> {
        let entry = self.entry(id);
        let content = entry.content();
        Ok(content.requests.iter().rev().find(|record| record.key == key).cloned())
    }

    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.entry(id).content().audit.iter().for_each(|line| visit(line));
        Ok(())
    }

    fn replaced_texts(&self, id: &EnvId) -> Result<Vec<(TextKind, u64)>, StoreError> {
        let entry = self.entry(id);
        let content = entry.content();
        let kept = content.replaced.keys().filter(|(_, revision)| *revision >= content.began);
        Ok(kept.copied().collect())
    }

    fn replaced_text(
        &self,
        id: &EnvId,
        kind: TextKind,
        revision: u64,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.entry(id).content().replaced.get(&(kind, revision)).cloned())
    }

    fn audit_ends(&self, id: &EnvId) -> Result<AuditEnds, StoreError> {
        Ok(self.entry(id).content().ends.clone())
    }
}
