//! A backend in memory, for tests: it shows that the trait needs no files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::{AnswersRef, EnvId};

use crate::backend::{Backend, Edit, Place, TextKind, Texts};
use crate::error::{AnswersError, ChangeError, StoreError};

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
    runtime: Option<String>,
    answers: BTreeMap<String, String>,
    audit: Vec<String>,
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
            document: text(TextKind::Document)?,
            pins: text(TextKind::Pins),
            trust_root: Ok(text(TextKind::TrustRoot)),
            has_runtime: self.runtime.is_some(),
        })
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

    fn change(
        &self,
        id: &EnvId,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Option<Edit>,
    ) -> Result<(), ChangeError> {
        let entry = self.entry(id);
        let busy = || StoreError::Busy { environment: id.clone(), lock: self.place.text(id, "") };
        let _guard = entry.lock(timeout).ok_or_else(busy)?;
        let texts = entry.content().read();
        if let Some(Edit { answers, writes, audit }) = decide(texts) {
            let mut content = entry.content();
            if let Some(new) = answers {
                new.answers_ref.relative_path().map_err(AnswersError::from)?;
                content.answers.insert(new.answers_ref.as_str().to_owned(), new.text);
            }
            content.texts.extend(writes);
            content.audit.extend(audit);
        }
        Ok(())
    }

    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.entry(id).content().audit.iter().for_each(|line| visit(line));
        Ok(())
    }

    fn append_audit(
        &self,
        id: &EnvId,
        _timeout: Duration,
        lines: &[String],
    ) -> Result<(), StoreError> {
        self.entry(id).content().audit.extend_from_slice(lines);
        Ok(())
    }
}
