//! Stores environments in folders. Only this module knows the stored JSON.
//!
//! `<root>/<environment>/environment.json` is shared with the existing tools: members that
//! this program does not own keep their exact text. The same folder holds
//! `packs.lock.json` (pins), `trust-root.json`, `audit/events.jsonl`, and `.lock`, which a
//! process locks while it changes the environment. This module never opens a pack.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests prepare files directly"))]

mod answers;
mod audit;
mod bindings;
mod document;
mod error;
mod lock_timeout;
mod object;
mod pins;
mod trust_root;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, EnvId, Environment};
use gtc_fs::atomic;
use gtc_fs::lock::{FileLock, LockError};
use gtc_fs::read::{ReadError, read_capped};
use serde_json::value::RawValue;

use document::EnvironmentDocument;
use lock_timeout::LOCK_TIMEOUT;
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
/// The largest stored file that is read, in bytes. A thousand bindings take half a
/// megabyte.
const MAX_BYTES: u64 = 64 << 20;

/// The environments below one folder.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
}

/// An environment, its pins, and the documents they were read from.
#[derive(Debug)]
pub struct Stored {
    /// The environment.
    pub environment: Environment,
    /// The pinned packs.
    pub pins: PackPins,
    /// Whether `runtime.json` exists, which a runtime writes.
    pub has_runtime: bool,
    document: EnvironmentDocument,
    pins_document: PinsDocument,
}

/// The files of an environment, with their exact text.
#[derive(Debug)]
pub struct EnvironmentFiles {
    /// `environment.json`
    pub environment: Box<RawValue>,
    /// `runtime.json`, if it exists.
    pub runtime: Option<Box<RawValue>>,
}

/// Exclusive access to one environment. Other processes wait until it is dropped.
#[derive(Debug)]
pub struct EditSession {
    folder: PathBuf,
    stored: Stored,
    /// The file lock, released when the session is dropped.
    _lock: FileLock,
}

impl Store {
    /// Opens a store. The folder need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the folder of environments.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the store at another folder; none if the folder does not exist.
    pub fn at_other_root(&self, root: &Path) -> Option<Self> {
        exists(root).then(|| Self::new(root))
    }

    /// Returns the ids of all environments, sorted.
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

    /// Returns true if the environment exists, readable or not.
    pub fn exists(&self, id: &EnvId) -> bool {
        exists(&self.folder(id).join(ENVIRONMENT))
    }

    /// Reads an environment.
    ///
    /// # Errors
    /// [`StoreError`] when it does not exist, or its files are not well-formed.
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

    /// Reads the exact text of an environment's files, after checking that they are
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

    /// Reads the answers of a binding: the JSON document that its reference names, or `{}`
    /// without a reference.
    ///
    /// # Errors
    /// [`AnswersError`] when the file is missing, malformed, or outside the environment's
    /// folder.
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

    /// Reads the keys that an environment trusts.
    ///
    /// # Errors
    /// [`StoreError`] when the file is not well-formed; no key may be assumed trusted then.
    pub fn trust_root(&self, id: &EnvId) -> Result<TrustRoot, StoreError> {
        trust_root(&self.folder(id))
    }

    /// Appends an event to the audit log, if the environment exists.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn audit(&self, id: &EnvId, event: &AuditEvent) -> Result<(), StoreError> {
        if !self.exists(id) {
            return Ok(());
        }
        audit::append(&self.folder(id), id, event)
    }

    /// Returns the folder of an environment. It is inside the root, because an id has no `/`.
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
    /// Returns the environment as it is stored.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Saves the environment and its pins. Unchanged files are not written.
    ///
    /// New pins are written first, because an unused pin is harmless and a missing one
    /// leaves a binding without a pack. Changed and removed pins are written last, so that
    /// an interrupted save leaves the old bindings usable.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the files are then unchanged, or contain unused pins or a pin
    /// that is older than its binding.
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

    /// Reads the keys that the environment trusts.
    ///
    /// # Errors
    /// As for [`Store::trust_root`].
    pub fn trust_root(&self) -> Result<TrustRoot, StoreError> {
        trust_root(&self.folder)
    }

    /// Replaces the keys that the environment trusts.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the file is unchanged then.
    pub fn save_trust_root(&mut self, root: &TrustRoot) -> Result<(), StoreError> {
        let path = self.folder.join(TRUST_ROOT);
        replace(&path, &root.render())
    }
}

fn trust_root(folder: &Path) -> Result<TrustRoot, StoreError> {
    let path = folder.join(TRUST_ROOT);
    TrustRoot::parse(read(&path)?.as_deref(), &path)
}

/// Reads a stored file; none if it does not exist.
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
