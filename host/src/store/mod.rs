//! Environments on disk. The only room that knows stored JSON.
//!
//! `<root>/<environment>/environment.json` is read and written as the existing tools do;
//! what is not ours in it survives as it was. Beside it: `packs.lock.json`,
//! `trust-root.json`, `audit/events.jsonl`, and `.lock`, which every change holds. This
//! room knows no packs.

mod answers;
mod audit;
mod bindings;
mod document;
mod error;
mod object;
mod pins;
mod trust_root;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId, Environment};
use gtc_fs::atomic;
use gtc_fs::lock::{FileLock, LockError};
use gtc_fs::read::{ReadError, read_capped};
use serde_json::value::RawValue;

use document::EnvironmentDocument;
use pins::PinsDocument;

pub use audit::AuditEvent;
pub use error::{AnswersError, StoreError};
pub use pins::{PackPins, PinnedHandler, PinnedPack};
pub use trust_root::{TrustRoot, TrustedKey};

const ENVIRONMENT: &str = "environment.json";
const PINS: &str = "packs.lock.json";
const TRUST_ROOT: &str = "trust-root.json";
const RUNTIME: &str = "runtime.json";
const LOCK: &str = ".lock";
/// How long a change waits for another process that changes the same environment.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is read of a file of ours: a thousand bindings make half a megabyte.
const MAX_BYTES: u64 = 64 << 20;

/// The folder that holds environments.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
}

/// An environment as it stands on disk.
#[derive(Debug)]
pub struct Stored {
    /// The environment.
    pub environment: Environment,
    /// The pinned packs.
    pub pins: PackPins,
    /// Whether a runtime has written what it discovered.
    pub has_runtime: bool,
    document: EnvironmentDocument,
    pins_document: PinsDocument,
}

/// The files of an environment, for showing them.
#[derive(Debug)]
pub struct EnvironmentFiles {
    /// `environment.json`
    pub environment: Box<RawValue>,
    /// `runtime.json`, if there is one.
    pub runtime: Option<Box<RawValue>>,
}

/// The right to change one environment; nobody else has it at the same time.
#[derive(Debug)]
pub struct EditSession {
    folder: PathBuf,
    stored: Stored,
    /// Held for as long as the session lives.
    _lock: FileLock,
}

impl Store {
    /// The environments under a folder, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The environments under another folder, if there is one.
    pub fn at_other_root(&self, root: &Path) -> Option<Self> {
        exists(root).then(|| Self::new(root))
    }

    /// The ids of all environments, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<EnvId>, StoreError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", &self.root)(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("read", &self.root))?;
            let id = entry.file_name().to_str().and_then(|name| name.parse::<EnvId>().ok());
            ids.extend(id.filter(|id| self.exists(id)));
        }
        ids.sort();
        Ok(ids)
    }

    /// Whether there is such an environment, readable or not.
    pub fn exists(&self, id: &EnvId) -> bool {
        exists(&self.folder(id).join(ENVIRONMENT))
    }

    /// Reads an environment.
    ///
    /// # Errors
    /// [`StoreError`] when there is none, or its files are not well-formed.
    pub fn load(&self, id: &EnvId) -> Result<Stored, StoreError> {
        let folder = self.folder(id);
        let path = folder.join(ENVIRONMENT);
        let text = read(&path)?.ok_or_else(|| self.no_environment(id))?;
        let (document, environment) = EnvironmentDocument::parse(&text, &path, id)?;
        let pins_path = folder.join(PINS);
        let (pins_document, pins) = match read(&pins_path)? {
            Some(text) => PinsDocument::parse(&text, &pins_path)?,
            None => Default::default(),
        };
        Ok(Stored {
            environment,
            pins,
            has_runtime: folder.join(RUNTIME).is_file(),
            document,
            pins_document,
        })
    }

    /// Reads the files of an environment as they are, once it is certain that they are
    /// well-formed.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn read_files(&self, id: &EnvId) -> Result<EnvironmentFiles, StoreError> {
        self.load(id)?;
        let json = |name: &str| -> Result<Option<Box<RawValue>>, StoreError> {
            let path = self.folder(id).join(name);
            let Some(text) = read(&path)? else { return Ok(None) };
            let value = serde_json::from_str(&text)
                .map_err(|error| StoreError::malformed_json(&path, &error))?;
            Ok(Some(value))
        };
        let environment = json(ENVIRONMENT)?.ok_or_else(|| self.no_environment(id))?;
        Ok(EnvironmentFiles { environment, runtime: json(RUNTIME)? })
    }

    /// Creates an environment without bindings.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or [`StoreError::Io`].
    pub fn create(
        &self,
        id: &EnvId,
        name: &str,
        listen_addr: SocketAddr,
    ) -> Result<EditSession, StoreError> {
        let folder = self.folder(id);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
        let lock = self.lock(id)?;
        if self.exists(id) {
            return Err(StoreError::Exists { environment: id.clone(), root: self.root.clone() });
        }
        let document = EnvironmentDocument::new(id, name, listen_addr);
        let environment = Environment::empty(id.clone());
        let stored = Stored {
            environment: environment.clone(),
            pins: PackPins::default(),
            has_runtime: false,
            document,
            pins_document: PinsDocument::default(),
        };
        let mut session = EditSession { folder, stored, _lock: lock };
        session.save(&environment, &PackPins::default())?;
        Ok(session)
    }

    /// Opens an environment for a change, waiting up to ten seconds for another change to
    /// finish.
    ///
    /// # Errors
    /// As for [`load`](Self::load), or [`StoreError::Busy`].
    pub fn open(&self, id: &EnvId) -> Result<EditSession, StoreError> {
        if !self.exists(id) {
            return Err(self.no_environment(id));
        }
        let lock = self.lock(id)?;
        Ok(EditSession { folder: self.folder(id), stored: self.load(id)?, _lock: lock })
    }

    /// The answers of a binding: the JSON document that its reference stands for, `{}`
    /// without one.
    ///
    /// # Errors
    /// [`AnswersError`] when the file is missing, malformed, or outside of the
    /// environment's folder.
    pub fn answers(
        &self,
        id: &EnvId,
        answers_ref: Option<&AnswersRef>,
    ) -> Result<String, AnswersError> {
        match answers_ref {
            None => Ok("{}".to_owned()),
            Some(answers_ref) => answers::read(&self.folder(id), answers_ref),
        }
    }

    /// The keys that an environment trusts.
    ///
    /// # Errors
    /// [`StoreError`] when the file is not well-formed: then it is not known who is
    /// trusted.
    pub fn trust_root(&self, id: &EnvId) -> Result<TrustRoot, StoreError> {
        trust_root(&self.folder(id))
    }

    /// Records a change that was asked for.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn audit(&self, id: &EnvId, event: &AuditEvent) -> Result<(), StoreError> {
        match self.exists(id) {
            true => audit::append(&self.folder(id), id, event),
            false => Ok(()),
        }
    }

    /// An id cannot lead out of the root: it is a plain name.
    fn folder(&self, id: &EnvId) -> PathBuf {
        self.root.join(id.as_str())
    }

    fn lock(&self, id: &EnvId) -> Result<FileLock, StoreError> {
        let path = self.folder(id).join(LOCK);
        FileLock::exclusive(&path, LOCK_TIMEOUT).map_err(|error| match error {
            LockError::TimedOut => StoreError::Busy { environment: id.clone(), lock: path.clone() },
            LockError::Io(error) => StoreError::io("lock", &path)(error),
        })
    }

    fn no_environment(&self, id: &EnvId) -> StoreError {
        StoreError::NoEnvironment { environment: id.clone(), root: self.root.clone() }
    }
}

impl EditSession {
    /// The environment as it stands.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Replaces the environment and its pins on disk; nothing is written when neither has
    /// changed.
    ///
    /// New pins go first: one too many harms nobody, one too few would make a pack
    /// unknown. A pin that changes or goes does so last: whoever is interrupted
    /// before has still bound what was bound.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the files are as they were then, or, at worst, hold pins too
    /// many, or one that is older than its binding.
    pub fn save(&mut self, environment: &Environment, pins: &PackPins) -> Result<(), StoreError> {
        let mut first = pins.clone();
        first.packs.extend(self.stored.pins.packs.clone());
        self.save_pins(&first)?;
        let path = self.folder.join(ENVIRONMENT);
        if *environment != self.stored.environment || !path.exists() {
            let text = self.stored.document.render(environment);
            replace(&path, &text)?;
            (self.stored.document, self.stored.environment) =
                EnvironmentDocument::parse(&text, &path, environment.id())?;
        }
        self.save_pins(pins)
    }

    fn save_pins(&mut self, pins: &PackPins) -> Result<(), StoreError> {
        let path = self.folder.join(PINS);
        if *pins != self.stored.pins {
            let text = self.stored.pins_document.render(pins);
            replace(&path, &text)?;
            (self.stored.pins_document, self.stored.pins) = PinsDocument::parse(&text, &path)?;
        }
        Ok(())
    }

    /// The keys that the environment trusts.
    ///
    /// # Errors
    /// As for [`Store::trust_root`].
    pub fn trust_root(&self) -> Result<TrustRoot, StoreError> {
        trust_root(&self.folder)
    }

    /// Replaces the keys that the environment trusts.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the file is as it was then.
    pub fn save_trust_root(&mut self, root: &TrustRoot) -> Result<(), StoreError> {
        let path = self.folder.join(TRUST_ROOT);
        replace(&path, &root.render())
    }
}

fn trust_root(folder: &Path) -> Result<TrustRoot, StoreError> {
    let path = folder.join(TRUST_ROOT);
    TrustRoot::parse(read(&path)?.as_deref(), &path)
}

/// Reads a file of ours; nothing when there is none.
fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let bytes = match read_capped(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound) => return Ok(None),
        Err(ReadError::NotAFile(_)) => {
            return Err(StoreError::NotAFile { path: path.to_owned() });
        }
        Err(ReadError::TooLarge { limit }) => {
            return Err(StoreError::TooLarge { path: path.to_owned(), limit });
        }
        Err(ReadError::Io(error)) => return Err(StoreError::io("read", path)(error)),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = format!("byte {}", error.utf8_error().valid_up_to());
        StoreError::malformed(path, place, "it is not UTF-8")
    })?;
    Ok(Some(text))
}

/// Replaces a file of an environment that is locked.
fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    atomic::remove_leftovers(path)
        .and_then(|()| atomic::replace(path, text.as_bytes()))
        .map_err(StoreError::io("write", path))
}

/// Whether anything has this path, readable or not.
fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => {
            !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
    }
}

#[cfg(test)]
mod tests;
