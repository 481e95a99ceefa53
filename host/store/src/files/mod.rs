//! Environments in folders, in the layout of the existing tools.
//!
//! `<root>/<environment>/environment.json` is shared with them. The same folder holds
//! `packs.lock.json` (pins), `trust-root.json`, `runtime.json`, which a runtime writes,
//! `audit/events.jsonl`, and `.lock`, which a process locks while it changes the environment.
//!
//! The files of a change are replaced one after the other, each atomically. An interruption
//! leaves the first writes of the edit, and no audit lines. Readers take no lock; they read again
//! if the document changed before they had read the other files.

mod answers;
mod audit;
mod text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};
use gtc_fs::lock::{FileLock, LockError};

use super::backend::{Backend, Edit, Place, TextKind, Texts};
use super::error::{AnswersError, ChangeError, StoreError};

const RUNTIME: &str = "runtime.json";
const LOCK: &str = ".lock";

/// The environments below one folder.
#[derive(Debug)]
pub(super) struct FileBackend {
    root: Place,
}

impl FileBackend {
    /// Opens the environments in a folder, which need not exist yet.
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: Place::new(root) }
    }

    /// Opens the environments in a folder; none if it does not exist.
    pub(super) fn existing(root: &Path) -> Option<Self> {
        text::exists(root).then(|| Self::new(root))
    }

    /// Returns the folder of an environment. It is inside the root, because an id has no `/`.
    fn folder(&self, id: &EnvId) -> PathBuf {
        self.root.as_path().join(id.as_str())
    }

    fn file(&self, id: &EnvId, kind: TextKind) -> PathBuf {
        self.folder(id).join(kind.name())
    }

    fn lock(&self, id: &EnvId, timeout: Duration) -> Result<FileLock, StoreError> {
        let path = self.folder(id).join(LOCK);
        FileLock::exclusive(&path, timeout).map_err(|error| match error {
            LockError::TimedOut => StoreError::Busy { environment: id.clone(), lock: path.clone() },
            LockError::Io(error) => StoreError::io("lock", &path)(error),
        })
    }
}

impl Backend for FileBackend {
    fn place(&self) -> &Place {
        &self.root
    }

    fn environments(&self) -> Result<Vec<EnvId>, StoreError> {
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
            ids.extend(id.filter(|id| self.contains(id)));
        }
        ids.sort();
        Ok(ids)
    }

    fn contains(&self, id: &EnvId) -> bool {
        text::exists(&self.file(id, TextKind::Document))
    }

    fn read(&self, id: &EnvId) -> Result<Option<Texts>, StoreError> {
        let path = self.file(id, TextKind::Document);
        let mut latest = text::read(&path)?;
        while let Some(document) = latest {
            let pins = text::read(&self.file(id, TextKind::Pins))?;
            let trust_root = text::read(&self.file(id, TextKind::TrustRoot));
            let has_runtime = self.folder(id).join(RUNTIME).is_file();
            // another process may have changed the document meanwhile, and removed its pins
            latest = text::read(&path)?;
            if latest.as_ref() == Some(&document) {
                return Ok(Some(Texts { document, pins, trust_root, has_runtime }));
            }
        }
        Ok(None)
    }

    fn runtime(&self, id: &EnvId) -> Result<Option<String>, StoreError> {
        text::read(&self.folder(id).join(RUNTIME))
    }

    fn answers(&self, id: &EnvId, answers: &AnswersRef) -> Result<Option<String>, AnswersError> {
        answers::read(&self.folder(id), answers)
    }

    fn change(
        &self,
        id: &EnvId,
        timeout: Duration,
        decide: &mut dyn FnMut(Option<Texts>) -> Option<Edit>,
    ) -> Result<(), ChangeError> {
        let folder = self.folder(id);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
        let _lock = self.lock(id, timeout)?;
        let Some(edit) = decide(self.read(id)?) else { return Ok(()) };
        if let Some(new) = &edit.answers {
            answers::write(&folder, new)?;
        }
        for (kind, content) in &edit.writes {
            text::replace(&self.file(id, *kind), content)?;
        }
        self.append_audit(id, timeout, &edit.audit)
            .map_err(|source| ChangeError::NotAudited { source })
    }

    fn visit_audit(&self, id: &EnvId, visit: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        audit::visit(&self.folder(id), visit)
    }

    fn append_audit(
        &self,
        id: &EnvId,
        timeout: Duration,
        lines: &[String],
    ) -> Result<(), StoreError> {
        audit::append(&self.folder(id), id, timeout, lines)
    }
}
