//! Reads the folder of one environment.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;
use gtc_fs::read::ReadError;

use super::disk::Disk;
use super::journal::{self, Journal};
use super::revision::{self, StoredRevision};
use super::text::{self, FileText};
use crate::backend::{TextKind, Texts};
use crate::error::StoreError;

/// The file that a runtime writes.
pub(super) const RUNTIME: &str = "runtime.json";

/// The time for which a reader tries to find an environment that does not change meanwhile.
const READ_TIME: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The folder of an environment.
#[derive(Debug)]
pub(super) struct EnvironmentFolder<'a> {
    pub disk: &'a dyn Disk,
    pub path: PathBuf,
    /// The number of replaced revisions whose texts are kept.
    pub kept_backups: usize,
}

/// The files of an environment at one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub texts: Texts,
    /// The digests of the files, by name.
    pub digests: BTreeMap<String, Sha256Digest>,
}

impl EnvironmentFolder<'_> {
    /// Calls `read` until nothing changes the environment meanwhile, and returns the result.
    pub(super) fn read_unchanged<T>(
        &self,
        read: impl Fn(Option<&Journal>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + READ_TIME;
        loop {
            let revision = self.stored_revision()?;
            let found = match Journal::read_with_digest(self.disk, &self.path) {
                // another user is making a change, and the journal has their answers
                Err(error) if error.is_denied() && Instant::now() < deadline => {
                    thread::sleep(RETRY_INTERVAL);
                    continue;
                }
                found => found?,
            };
            let (journal, digest) = found.unzip();
            let result = read(journal.as_ref());
            let is_unchanged = self.stored_revision()? == revision && self.digest()? == digest;
            if is_unchanged {
                return result;
            }
            if Instant::now() >= deadline {
                return Err(StoreError::AlwaysChanging { path: self.path.clone() });
            }
        }
    }

    fn stored_revision(&self) -> Result<Option<FileText>, StoreError> {
        text::read(self.disk, &StoredRevision::path(&self.path))
    }

    /// Returns the digest of the journal; none if there is none.
    fn digest(&self) -> Result<Option<Sha256Digest>, StoreError> {
        let journal = Journal::path(&self.path);
        match self.disk.read(&journal, journal::MAX_BYTES) {
            Ok(bytes) => Ok(Some(Sha256Digest::compute(&bytes))),
            Err(ReadError::NotFound) => Ok(None),
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Some(Sha256Digest::compute(b"another change")))
            }
            Err(error) => Err(StoreError::read(&journal, error)),
        }
    }

    /// Reads the files of an environment; none if it does not exist.
    pub(super) fn snapshot(
        &self,
        journal: Option<&Journal>,
    ) -> Result<Option<Snapshot>, StoreError> {
        let read = |kind: TextKind| self.read_text(kind, journal);
        let Some(document) = read(TextKind::Document)? else { return Ok(None) };
        let pins = read(TextKind::Pins)?;
        let trust_root = read(TextKind::TrustRoot);
        let revision = self.revision(journal)?;
        let mut digests = BTreeMap::from([(TextKind::Document.name(), document.digest)]);
        digests.extend(pins.iter().map(|file| (TextKind::Pins.name(), file.digest)));
        if let Ok(Some(file)) = &trust_root {
            digests.insert(TextKind::TrustRoot.name(), file.digest);
        }
        let digests = digests.into_iter().map(|(name, digest)| (name.to_owned(), digest)).collect();
        let texts = Texts {
            revision: revision.of(&digests),
            document: document.text,
            pins: pins.map(|file| file.text),
            trust_root: trust_root.map(|file| file.map(|file| file.text)),
            has_runtime: self.path.join(RUNTIME).is_file(),
        };
        Ok(Some(Snapshot { texts, digests }))
    }

    fn read_text(
        &self,
        kind: TextKind,
        journal: Option<&Journal>,
    ) -> Result<Option<FileText>, StoreError> {
        self.file(Path::new(kind.name()), journal)
    }

    /// Reads a text by its place in the folder; none if it does not exist.
    pub(super) fn text(
        &self,
        name: &Path,
        journal: Option<&Journal>,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.file(name, journal)?.map(|file| file.text))
    }

    fn file(&self, name: &Path, journal: Option<&Journal>) -> Result<Option<FileText>, StoreError> {
        match journal.map_or(Ok(None), |journal| journal.text(self.disk, &self.path, name))? {
            Some(text) => Ok(text.map(FileText::new)),
            None => text::read(self.disk, &self.path.join(name)),
        }
    }

    /// Reads the revision of an environment; an environment of other tools has revision 0.
    pub(super) fn revision(&self, journal: Option<&Journal>) -> Result<StoredRevision, StoreError> {
        let name = Path::new(revision::NAME);
        let path = StoredRevision::path(&self.path);
        match journal.map_or(Ok(None), |journal| journal.text(self.disk, &self.path, name))? {
            Some(Some(text)) => StoredRevision::parse(text, &path),
            Some(None) | None => Ok(StoredRevision::read(self.disk, &self.path)?
                .map_or_else(StoredRevision::default, |(revision, _)| revision)),
        }
    }
}
