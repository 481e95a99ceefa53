//! Properties of a path, without opening it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::PathError;

/// Returns true if a path leads to anything that can be inspected. A symbolic link that leads
/// nowhere does not exist.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Returns true if there is anything at a path, even a symbolic link that leads nowhere.
pub fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Returns true if a path leads to a regular file. Symbolic links are followed.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Fails unless this process may create files in a folder.
///
/// # Errors
/// The system refuses it, or the folder does not exist.
pub fn ensure_writable(folder: &Path) -> io::Result<()> {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    Ok(rustix::fs::accessat(rustix::fs::CWD, folder, access, rustix::fs::AtFlags::EACCESS)?)
}

/// Returns true if a path leads to a folder. Symbolic links are followed.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Returns true if two paths lead to the same file, through links too.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

/// Returns the time at which a file was last changed.
///
/// # Errors
/// The file does not exist, or the system refuses to say.
pub fn modified(path: &Path) -> Result<SystemTime, PathError> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.map_err(PathError::of("read", path))
}

/// Returns the absolute path without symbolic links and `..`.
///
/// # Errors
/// The path leads nowhere, or the system refuses to follow it.
pub fn resolve(path: &Path) -> Result<PathBuf, PathError> {
    fs::canonicalize(path).map_err(PathError::of("read", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_unless_the_path_itself_is_asked_for() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        assert!(exists(&link) && is_taken(&link) && is_file(&link) && !is_folder(&link));
        assert!(is_same_file(&file, &link) && !is_same_file(&file, folder.path()));
        let file = resolve(&file).expect("it exists");
        assert_eq!(resolve(&link).expect("it exists"), file);
        assert_eq!(modified(&link).expect("a time"), modified(&file).expect("a time"));

        fs::remove_file(&file).expect("removed");
        assert!(!exists(&link) && is_taken(&link) && !is_file(&link));
        assert!(!is_same_file(&link, &link));
        assert!(resolve(&link).is_err() && modified(&link).is_err());
    }
}
