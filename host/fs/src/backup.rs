//! Keeps the old content of a file that is about to be replaced.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{atomic, metadata, read};

/// Gives the content of `path` the name `backup` too, in place of a file that has it. This is a
/// hard link, which takes no space. Where the file system refuses one, it is a copy, flushed to
/// disk. The new name is not flushed: see [`folder::flush`](super::folder::flush).
///
/// A later replacement of `path` leaves the backup as it is. A symbolic link in the place of
/// `path` is followed, one in the place of `backup` is replaced.
///
/// # Errors
/// The system refuses it, `path` is not a regular file, or `backup` is a folder.
pub fn keep(path: &Path, backup: &Path) -> io::Result<()> {
    let target = if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
    match fs::hard_link(&target, backup) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !backup.is_symlink() && metadata::is_same_file(&target, backup) {
                return Ok(());
            }
            fs::remove_file(backup)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    fs::hard_link(&target, backup).or_else(|_| copy(&target, backup))
}

/// Copies a file with its permissions.
fn copy(path: &Path, backup: &Path) -> io::Result<()> {
    let (mut file, _) = read::open_regular(path).map_err(io::Error::other)?;
    let permissions = file.metadata()?.permissions();
    atomic::write_with(backup, permissions.mode() & 0o777, |copy| {
        copy.set_permissions(permissions)?;
        io::copy(&mut file, copy).map(|_| ())
    })
}

/// Fails unless [`keep`] can make a backup with this name.
///
/// # Errors
/// The folder of the backup cannot be written, or a folder has the name.
pub fn ensure_possible(backup: &Path) -> io::Result<()> {
    let folder = backup.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    metadata::ensure_writable(folder)?;
    let is_folder = backup.symlink_metadata().is_ok_and(|existing| existing.is_dir());
    if is_folder { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_keeps_the_old_content_and_takes_no_space() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        let backup = folder.path().join("a.bak");
        fs::write(&path, "old").expect("a file");
        for _ in 0..2 {
            keep(&path, &backup).expect("kept");
            assert!(metadata::is_same_file(&path, &backup));
        }
        atomic::replace(&path, b"new").expect("replaced");
        assert_eq!(fs::read_to_string(&backup).expect("a file"), "old");
        keep(&path, &backup).expect("kept");
        assert_eq!(fs::read_to_string(&backup).expect("a file"), "new");
        keep(&folder.path().join("none"), &backup).expect_err("there is no file");
        assert_eq!(fs::read_to_string(&backup).expect("a file"), "new");
    }

    #[test]
    fn a_link_is_followed_to_the_file_and_replaced_at_the_backup() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        let link = folder.path().join("link");
        let elsewhere = folder.path().join("elsewhere");
        let backup = folder.path().join("a.bak");
        fs::write(&path, "old").expect("a file");
        fs::write(&elsewhere, "of the user").expect("a file");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        std::os::unix::fs::symlink(&elsewhere, &backup).expect("a link");
        keep(&link, &backup).expect("kept");
        assert!(!backup.is_symlink() && metadata::is_same_file(&path, &backup));
        assert_eq!(fs::read_to_string(&elsewhere).expect("a file"), "of the user");
    }

    #[test]
    fn a_copy_keeps_the_permissions() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        let backup = folder.path().join("a.bak");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o662)).expect("permissions");
        copy(&path, &backup).expect("copied");
        assert_eq!(fs::read_to_string(&backup).expect("a file"), "old");
        let mode = backup.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o662);
    }

    #[test]
    fn a_folder_is_in_the_way() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        let backup = folder.path().join("a.bak");
        fs::write(&path, "old").expect("a file");
        ensure_possible(&backup).expect("possible");
        fs::create_dir(&backup).expect("a directory");
        ensure_possible(&backup).expect_err("a folder is in the way");
        keep(&path, &backup).expect_err("a folder is in the way");
        ensure_possible(&folder.path().join("none/a.bak")).expect_err("there is no folder");
    }
}
