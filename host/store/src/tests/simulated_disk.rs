//! A disk that forgets what was not flushed to it, and whose calls fail when a test wants it.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gtc_fs::lock::{FileLock, LockError};
use gtc_fs::read::ReadError;

use super::random::Random;
use crate::files::disk::{Access, Disk};

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(super) struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The files that programs see.
    visible: BTreeMap<PathBuf, Vec<u8>>,
    /// The files that a power cut leaves in any case.
    durable: BTreeMap<PathBuf, Vec<u8>>,
    /// Effects that a power cut may lose, in the order in which they happened.
    pending: Vec<(PathBuf, Effect)>,
    /// The calls to the system that succeed until one fails; none if all succeed.
    until_fault: Option<u64>,
    fault: Fault,
    /// Whether the process died: no call reaches the disk any more.
    is_dead: bool,
}

#[derive(Clone, Debug)]
enum Effect {
    /// The file has this content: it was renamed to its place, and its content was flushed.
    Renamed(Vec<u8>),
    /// The file was removed.
    Removed,
    /// The file was cut to this length.
    Cut(usize),
    /// These bytes were appended to the file.
    Appended(Vec<u8>),
}

/// A fault that happens at the chosen call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call fails and does nothing.
    #[default]
    Fails,
    /// The call does its work, and fails.
    FailsAfterwards,
    /// The call and all later ones do nothing: the process died.
    Dies,
}

impl SimulatedDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no thread panicked")
    }

    /// Lets the call after `calls` successful ones fail.
    pub(super) fn fail_after(&self, calls: u64, fault: Fault) {
        let mut state = self.state();
        (state.until_fault, state.fault) = (Some(calls), fault);
    }

    /// Returns whether the fault happened, and lets all calls succeed again.
    pub(super) fn repair(&self) -> bool {
        let mut state = self.state();
        state.is_dead = false;
        state.until_fault.take() == Some(0)
    }

    /// Cuts the power: of what was not flushed, any part may be on the disk, of each file from
    /// the oldest on.
    pub(super) fn cut_power(&self, random: &mut Random) {
        let mut state = self.state();
        let mut left = state.durable.clone();
        let mut ended: Vec<PathBuf> = Vec::new();
        for (path, effect) in std::mem::take(&mut state.pending) {
            if ended.contains(&path) {
                continue;
            }
            match random.below(4) {
                0 => ended.push(path),
                1 => {
                    // a part of appended bytes
                    if let Effect::Appended(bytes) = &effect {
                        let part = random.below(bytes.len() as u64 + 1);
                        let part = bytes[..usize::try_from(part).expect("a length")].to_vec();
                        apply(&mut left, &path, &Effect::Appended(part));
                    }
                    ended.push(path);
                }
                _ => apply(&mut left, &path, &effect),
            }
        }
        state.visible.clone_from(&left);
        state.durable = left;
    }

    /// Returns the content of a file.
    pub(super) fn file(&self, path: &Path) -> Option<String> {
        let bytes = self.state().visible.get(path).cloned()?;
        Some(String::from_utf8(bytes).expect("text"))
    }

    /// Changes a file as another program does.
    pub(super) fn set_file(&self, path: &Path, text: &str) {
        let mut state = self.state();
        state.visible.insert(path.to_owned(), text.as_bytes().to_vec());
        state.durable.insert(path.to_owned(), text.as_bytes().to_vec());
    }
}

impl State {
    /// Counts a call that changes something: `change` is done unless the call fails before.
    fn call(&mut self, change: impl FnOnce(&mut Self)) -> io::Result<()> {
        let failed = || io::Error::other("the simulated disk fails");
        if self.is_dead {
            return Err(failed());
        }
        match &mut self.until_fault {
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    match self.fault {
                        Fault::Fails => {}
                        Fault::FailsAfterwards => change(self),
                        Fault::Dies => self.is_dead = true,
                    }
                    return Err(failed());
                }
            }
            None => {}
        }
        change(self);
        Ok(())
    }

    fn effect(&mut self, path: &Path, effect: Effect) {
        apply(&mut self.visible, path, &effect);
        self.pending.push((path.to_owned(), effect));
    }

    /// Makes everything about a file, or about the files of a folder, durable.
    fn flush(&mut self, is_flushed: impl Fn(&Path, &Effect) -> bool) {
        let Self { durable, pending, .. } = self;
        pending.retain(|(path, effect)| {
            let is_flushed = is_flushed(path, effect);
            if is_flushed {
                apply(durable, path, effect);
            }
            !is_flushed
        });
    }

    fn flush_folder(&mut self, folder: Option<&Path>) {
        self.flush(|path, effect| {
            path.parent() == folder && matches!(effect, Effect::Renamed(_) | Effect::Removed)
        });
    }
}

fn apply(files: &mut BTreeMap<PathBuf, Vec<u8>>, path: &Path, effect: &Effect) {
    match effect {
        Effect::Renamed(bytes) => drop(files.insert(path.to_owned(), bytes.clone())),
        Effect::Removed => drop(files.remove(path)),
        Effect::Cut(length) => {
            if let Some(file) = files.get_mut(path) {
                file.truncate(*length);
            }
        }
        Effect::Appended(bytes) => {
            if let Some(file) = files.get_mut(path) {
                file.extend_from_slice(bytes);
            }
        }
    }
}

impl Disk for SimulatedDisk {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = self.state().visible.get(path).cloned().ok_or(ReadError::NotFound)?;
        if bytes.len() as u64 > limit { Err(ReadError::TooLarge { limit }) } else { Ok(bytes) }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read>, ReadError> {
        Ok(Box::new(Cursor::new(self.read(path, u64::MAX)?)))
    }

    fn exists(&self, path: &Path) -> bool {
        self.state().visible.contains_key(path)
    }

    fn read_end(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = self.read(path, u64::MAX)?;
        let start = bytes.len().saturating_sub(usize::try_from(limit).expect("a size"));
        Ok(bytes[start..].to_vec())
    }

    fn is_inside(&self, _folder: &Path, _path: &Path) -> io::Result<bool> {
        Ok(true)
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        self.state().call(|_| {})
    }

    fn replace(&self, path: &Path, bytes: &[u8], _access: Access) -> io::Result<()> {
        // a temporary file: created and written, flushed, renamed, and its name flushed
        self.state().call(|_| {})?;
        self.state().call(|_| {})?;
        self.state().call(|state| state.effect(path, Effect::Renamed(bytes.to_vec())))?;
        self.state().call(|state| state.flush_folder(path.parent()))
    }

    fn ensure_replaceable(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn ensure_appendable(&self, path: &Path, _access: Access) -> io::Result<u64> {
        if !self.exists(path) {
            self.state().call(|state| state.effect(path, Effect::Renamed(Vec::new())))?;
            self.state().call(|state| state.flush_folder(path.parent()))?;
        }
        Ok(self.state().visible[path].len() as u64)
    }

    fn append(&self, path: &Path, at: u64, bytes: &[u8], access: Access) -> io::Result<()> {
        let length = self.ensure_appendable(path, access)?;
        if length < at {
            return Err(io::Error::other("it is shorter"));
        }
        let at = usize::try_from(at).expect("a length");
        self.state().call(|state| state.effect(path, Effect::Cut(at)))?;
        // a call may write a part
        let (first, second) = bytes.split_at(bytes.len() / 2);
        for part in [first, second] {
            self.state().call(|state| state.effect(path, Effect::Appended(part.to_vec())))?;
        }
        self.state().call(|state| state.flush(|flushed, _| flushed == path))
    }

    fn cut_log(&self, path: &Path, from: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
        let old = self.read(path, u64::MAX).map_err(|_| io::ErrorKind::NotFound)?;
        let [from, at] = [from, at].map(|at| usize::try_from(at).expect("a length"));
        let new = [&old[from..at], bytes].concat();
        self.replace(path, &new, Access::Shared)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().call(|state| state.effect(path, Effect::Removed))?;
        self.state().call(|state| state.flush_folder(path.parent()))
    }

    fn keep(&self, path: &Path, backup: &Path) -> io::Result<()> {
        // in place of another file: removed and linked
        if self.exists(backup) {
            self.state().call(|state| state.effect(backup, Effect::Removed))?;
        }
        let bytes = self.read(path, u64::MAX).map_err(|_| io::ErrorKind::NotFound)?;
        self.state().call(|state| state.effect(backup, Effect::Renamed(bytes)))
    }

    fn ensure_keepable(&self, _backup: &Path) -> io::Result<()> {
        Ok(())
    }

    fn flush_folder(&self, path: &Path) -> io::Result<()> {
        self.state().call(|state| state.flush_folder(Some(path)))
    }

    fn names(&self, folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.visible.keys().filter(|path| path.parent() == Some(folder));
        let names = inside.filter_map(|path| path.file_name()?.to_str());
        Ok(names.filter(|name| is_wanted(name)).map(str::to_owned).collect())
    }

    fn discard(&self, path: &Path) -> io::Result<()> {
        self.state().call(|state| state.effect(path, Effect::Removed))
    }

    fn lock(
        &self,
        _path: &Path,
        _holder: &str,
        _timeout: Duration,
    ) -> Result<Option<FileLock>, LockError> {
        Ok(None)
    }
}
