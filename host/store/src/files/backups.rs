//! Backups of the texts that changes replaced, `backups/<file>.<revision>.bak`. Other tools keep
//! theirs in the same folder, as `<file>.<time>Z.bak`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, ensure_inside};
use super::text;
use crate::backend::TextKind;
use crate::error::StoreError;

/// The folder of backups, relative to that of the environment.
pub(super) const FOLDER: &str = "backups";
const SUFFIX: &str = ".bak";

/// Fails unless the texts of a revision can be kept. Creates the folder of backups.
pub(super) fn ensure_possible(
    disk: &dyn Disk,
    folder: &Path,
    revision: u64,
    kinds: &[TextKind],
) -> Result<(), StoreError> {
    if kinds.is_empty() {
        return Ok(());
    }
    create_folder(disk, folder)?;
    for kind in kinds {
        let backup = path(folder, *kind, revision);
        disk.ensure_keepable(&backup).map_err(StoreError::io("write", &backup))?;
    }
    Ok(())
}

/// Keeps the texts of a revision, which are replaced next. Repeating it changes nothing.
pub(super) fn keep(
    disk: &dyn Disk,
    folder: &Path,
    revision: u64,
    kinds: &[TextKind],
) -> Result<(), StoreError> {
    if kinds.is_empty() {
        return Ok(());
    }
    let backups = create_folder(disk, folder)?;
    for kind in kinds {
        let backup = path(folder, *kind, revision);
        disk.keep(&folder.join(kind.name()), &backup).map_err(StoreError::io("write", &backup))?;
    }
    disk.flush_folder(&backups).map_err(StoreError::io("write", &backups))
}

/// Creates the folder of backups, which no link leads out of the environment, and returns it.
fn create_folder(disk: &dyn Disk, folder: &Path) -> Result<PathBuf, StoreError> {
    let backups = folder.join(FOLDER);
    disk.create_folder(&backups).map_err(StoreError::io("create", &backups))?;
    ensure_inside(disk, folder, &backups)?;
    Ok(backups)
}

/// Removes the backups of old revisions, except for the newest `kept` ones. `last` is the newest
/// revision that has a backup: files that name a later one are not ours.
pub(super) fn prune(disk: &dyn Disk, folder: &Path, last: u64, kept: usize) -> io::Result<()> {
    let backups = folder.join(FOLDER);
    let is_ours = |name: &str| parse(name).is_some_and(|(_, revision)| revision <= last);
    let mut names_of: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for name in disk.names(&backups, &is_ours)? {
        let (_, revision) = parse(&name).expect("only such names were asked for");
        names_of.entry(revision).or_default().push(name);
    }
    let outdated = names_of.len().saturating_sub(kept);
    for name in names_of.values().take(outdated).flatten() {
        disk.discard(&backups.join(name))?;
    }
    Ok(())
}

/// Returns the texts that are kept, with their revisions, in no particular order.
pub(super) fn list(disk: &dyn Disk, folder: &Path) -> Result<Vec<(TextKind, u64)>, StoreError> {
    let backups = folder.join(FOLDER);
    match disk.names(&backups, &|name| parse(name).is_some()) {
        Ok(names) => Ok(names.iter().filter_map(|name| parse(name)).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StoreError::io("read", &backups)(error)),
    }
}

/// Reads a text that is kept; none if it is not kept any more.
pub(super) fn read(
    disk: &dyn Disk,
    folder: &Path,
    kind: TextKind,
    revision: u64,
) -> Result<Option<String>, StoreError> {
    let file = text::read(disk, &path(folder, kind, revision))?;
    Ok(file.map(|file| file.text))
}

fn path(folder: &Path, kind: TextKind, revision: u64) -> PathBuf {
    folder.join(FOLDER).join(format!("{}.{revision}{SUFFIX}", kind.name()))
}

/// Parses the name of a backup.
fn parse(name: &str) -> Option<(TextKind, u64)> {
    let (text, revision) = name.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    let kind = TextKind::ALL.into_iter().find(|kind| kind.name() == text)?;
    let number: u64 = revision.parse().ok()?;
    // not `+7` or `007`
    (number.to_string() == revision).then_some((kind, number))
}
