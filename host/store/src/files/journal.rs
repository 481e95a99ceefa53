//! The journal of a change, `.change.json`: all that the change writes, in one file.
//!
//! A change is made when its journal is on disk. Its files are written after that, and the
//! journal is removed last. If the process ends in between, the next change writes them again;
//! until then, readers take the new texts from the journal.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use env_pack_domain::{ForeignText, Sha256Digest};
use gtc_fs::read::ReadError;
use serde::{Deserialize, Serialize};

use super::audit;
use super::backups;
use super::disk::{Access, Disk, ensure_inside};
use super::requests;
use super::revision;
use crate::backend::{BACKUP, TextKind, is_answers_path};
use crate::error::StoreError;

const NAME: &str = ".change.json";
const SCHEMA: &str = "gtc.change.v1";
const LOGS: [&str; 3] = [audit::EVENTS, audit::TORN, requests::NAME];
/// The largest journal: three texts and their escapes, answers, audit lines and an answer.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// All that one change writes. Paths are relative to the folder of the environment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    schema: String,
    /// The key of the request.
    pub request: String,
    /// The revision of the texts that are replaced, under which they are kept. A journal of an
    /// earlier version has none, and keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_revision: Option<u64>,
    /// The files to replace.
    pub files: BTreeMap<PathBuf, FileChange>,
    /// The logs to append to.
    pub logs: BTreeMap<PathBuf, LogAppend>,
}

/// A file before and after the change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileChange {
    /// The digest of the file before the change; none if it did not exist.
    pub before: Option<Sha256Digest>,
    /// The new text; none to remove the file.
    pub after: Option<String>,
    /// Whether only the user may read it.
    pub is_private: bool,
}

/// Lines to append to a log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogAppend {
    /// The length of the log before the change, in bytes.
    pub at: u64,
    /// The new lines.
    pub lines: String,
    /// The lines to remove from the start of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<LogCut>,
}

/// Lines to remove from the start of a log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogCut {
    /// Their length, in bytes.
    pub bytes: u64,
    /// The digest of the first one. No other line is the same: each has a number or an id.
    pub first_line: Sha256Digest,
}

impl Journal {
    pub(super) fn new(request: String, replaced_revision: u64) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            request,
            replaced_revision: Some(replaced_revision),
            files: BTreeMap::new(),
            logs: BTreeMap::new(),
        }
    }

    /// Returns the path of the journal of an environment.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Reads the journal of a change that was not finished; none if there is none.
    pub(super) fn read(disk: &dyn Disk, folder: &Path) -> Result<Option<Self>, StoreError> {
        Self::read_with_digest(disk, folder).map(|found| found.map(|(journal, _)| journal))
    }

    /// As [`read`](Self::read), with the digest of the file.
    pub(super) fn read_with_digest(
        disk: &dyn Disk,
        folder: &Path,
    ) -> Result<Option<(Self, Sha256Digest)>, StoreError> {
        let path = Self::path(folder);
        let bytes = match disk.read(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(ReadError::NotFound) => return Ok(None),
            Err(error) => return Err(StoreError::read(&path, error)),
        };
        let digest = Sha256Digest::compute(&bytes);
        match Self::parse(&bytes) {
            Ok(journal) => Ok(Some((journal, digest))),
            Err(reason) => {
                let reason = ForeignText::sentence(&reason);
                Err(StoreError::MalformedJournal { path, reason })
            }
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (digest, json) = text.split_once('\n').ok_or("it has one line")?;
        if Sha256Digest::compute(json.as_bytes()).to_string() != digest {
            return Err("its digest is wrong: it was changed".to_owned());
        }
        let journal: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if journal.schema != SCHEMA {
            return Err(format!("its schema is `{}`, expected `{SCHEMA}`", journal.schema));
        }
        let mut paths = journal.files.keys().filter(|path| !is_writable(path));
        let mut logs =
            journal.logs.keys().filter(|path| !LOGS.iter().any(|log| Path::new(log) == *path));
        match paths.next().or(logs.next()) {
            Some(path) => Err(format!("it names `{}`", path.display())),
            None => Ok(journal),
        }
    }

    /// Returns the file: the digest of the JSON document on a line of its own, and the document.
    pub(super) fn render(&self) -> String {
        let json = serde_json::to_string(self).expect("texts and numbers make JSON");
        format!("{}\n{json}", Sha256Digest::compute(json.as_bytes()))
    }

    /// Finishes a change that another process began. It may have come with a folder from someone
    /// else, so it follows no link out of the folder.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish); also [`StoreError::LeadsOutside`].
    pub(super) fn finish_found(&self, disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
        for path in self.files.keys().chain(self.logs.keys()) {
            ensure_inside(disk, folder, &folder.join(path))?;
        }
        self.finish(disk, folder)
    }

    /// Fails unless all files can be replaced, so that nothing is left to fail once the journal is
    /// written. Returns false if something else changed a file since it was read.
    pub(super) fn is_possible(&self, disk: &dyn Disk, folder: &Path) -> Result<bool, StoreError> {
        for (path, change) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                disk.create_folder(parent).map_err(StoreError::io("create", parent))?;
            }
            disk.ensure_replaceable(&path).map_err(StoreError::io("write", &path))?;
            match change.is_done(disk, folder, &path) {
                Ok(_) => {}
                Err(StoreError::ChangedMeanwhile { .. }) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if let Some(revision) = self.replaced_revision {
            backups::ensure_possible(disk, folder, revision, &self.replaced_texts())?;
        }
        Ok(true)
    }

    /// Returns the texts that exist already.
    pub(super) fn replaced_texts(&self) -> Vec<TextKind> {
        let is_replaced = |kind: &TextKind| {
            let change = self.files.get(Path::new(kind.name()));
            change.is_some_and(|change| change.before.is_some())
        };
        TextKind::ALL.into_iter().filter(is_replaced).collect()
    }

    /// The users that may read the journal: those who may read everything in it.
    pub(super) fn access(&self) -> Access {
        let has_private = self.files.values().any(|change| change.is_private);
        if has_private { Access::Private } else { Access::Group }
    }

    /// Keeps the old texts, writes the files and logs, and removes the journal. Repeating it
    /// changes nothing.
    ///
    /// # Errors
    /// A file cannot be written; [`StoreError::ChangedMeanwhile`] if something else changed it.
    pub(super) fn finish(&self, disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
        let mut pending = Vec::new();
        for (path, change) in &self.files {
            if !change.is_done(disk, folder, &folder.join(path))? {
                pending.push((path, change));
            }
        }
        if let Some(revision) = self.replaced_revision {
            let mut texts = self.replaced_texts();
            texts.retain(|kind| pending.iter().any(|(path, _)| *path == Path::new(kind.name())));
            backups::keep(disk, folder, revision, &texts)?;
        }
        for (path, change) in pending {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                disk.create_folder(parent).map_err(StoreError::io("create", parent))?;
            }
            let access = if change.is_private { Access::Private } else { Access::Shared };
            match &change.after {
                Some(text) => disk.replace(&path, text.as_bytes(), access),
                None => disk.remove(&path),
            }
            .map_err(StoreError::io("write", &path))?;
        }
        for (path, log) in &self.logs {
            let path = folder.join(path);
            log.finish(disk, &path)?;
        }
        let path = Self::path(folder);
        disk.remove(&path).map_err(StoreError::io("remove", &path))
    }

    /// Returns the new text of a file, if the change writes it; an inner none if it removes it.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] if something else changed the file.
    pub(super) fn text(
        &self,
        disk: &dyn Disk,
        folder: &Path,
        name: &Path,
    ) -> Result<Option<Option<&str>>, StoreError> {
        let Some(change) = self.files.get(name) else { return Ok(None) };
        change.is_done(disk, folder, &folder.join(name))?;
        Ok(Some(change.after.as_deref()))
    }
}

impl LogAppend {
    pub(super) fn new(at: u64, lines: String) -> Self {
        Self { at, lines, cut: None }
    }

    /// Writes the log. Repeating it changes nothing.
    fn finish(&self, disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
        let mut at = self.at;
        if let Some(cut) = &self.cut {
            if !cut.is_done(disk, path)? {
                return disk
                    .cut_log(path, cut.bytes, self.at, self.lines.as_bytes())
                    .map_err(StoreError::io("write", path));
            }
            at = at.saturating_sub(cut.bytes);
        }
        disk.append(path, at, self.lines.as_bytes(), log_access(path))
            .map_err(StoreError::io("append to", path))
    }

    /// Returns the part of the log that was there before the change and stays.
    pub(super) fn kept(&self, disk: &dyn Disk, path: &Path) -> Result<Range<u64>, StoreError> {
        let Some(cut) = &self.cut else { return Ok(0..self.at) };
        if cut.is_done(disk, path)? {
            return Ok(0..self.at.saturating_sub(cut.bytes));
        }
        Ok(cut.bytes..self.at)
    }
}

impl LogCut {
    /// Returns whether the lines were removed: the log begins with another one then.
    fn is_done(&self, disk: &dyn Disk, path: &Path) -> Result<bool, StoreError> {
        Ok(audit::first_line(disk, path)? != Some(self.first_line))
    }
}

impl FileChange {
    /// Returns whether the file has the new text already.
    fn is_done(&self, disk: &dyn Disk, folder: &Path, path: &Path) -> Result<bool, StoreError> {
        let current = match disk.read(path, MAX_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(ReadError::NotFound) => None,
            Err(error) => return Err(StoreError::read(path, error)),
        };
        if current.as_deref() == self.after.as_ref().map(String::as_bytes) {
            return Ok(true);
        }
        let digest = current.map(|bytes| Sha256Digest::compute(&bytes));
        if digest == self.before {
            return Ok(false);
        }
        let journal = Journal::path(folder);
        Err(StoreError::ChangedMeanwhile { path: path.to_owned(), journal })
    }
}

fn log_access(path: &Path) -> Access {
    if path.ends_with(requests::NAME) { requests::ACCESS } else { audit::ACCESS }
}

/// Whether a change writes files of this name: texts, the revision, a backup, and answers.
fn is_writable(path: &Path) -> bool {
    let is_own = TextKind::ALL.iter().any(|kind| path == Path::new(kind.name()));
    is_own
        || [revision::NAME, BACKUP].iter().any(|name| path == Path::new(name))
        || is_answers_path(path)
}
