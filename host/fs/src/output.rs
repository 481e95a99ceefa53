//! Output files that a user names: they may be special files, such as `/dev/stdout`.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests prepare files directly"))]

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::atomic;
use super::error::PathError;

/// Writes a file atomically, so that no reader sees a part of it: `fill` writes the content. If
/// `path` is a symbolic link, the file it leads to is replaced and the link stays. A special
/// file, such as a pipe or `/dev/stdout`, is written directly.
///
/// # Errors
/// The error of `fill`, or any error of the system.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), PathError> {
    write_with_mode(path, 0o666, fill)
}

/// Like [`write_with`], for a file that only this user may read.
///
/// # Errors
/// As for [`write_with`].
pub fn write_private_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), PathError> {
    write_with_mode(path, 0o600, fill)
}

fn write_with_mode(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), PathError> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = fs::metadata(&target).is_ok_and(|there| !there.is_file());
    let written = if is_special {
        File::options().write(true).open(&target).and_then(|mut file| fill(&mut file))
    } else {
        atomic::write_with(&target, mode, fill)
    };
    written.map_err(PathError::of("write", path))
}

/// Removes a file if it exists. A symbolic link that leads nowhere stays.
///
/// # Errors
/// The system refuses it, or the path is a folder.
pub fn remove_if_exists(path: &Path) -> Result<(), PathError> {
    if !path.exists() {
        return Ok(());
    }
    fs::remove_file(path).map_err(PathError::of("remove", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_link_stays_and_its_target_is_written() {
        let folder = tempfile::tempdir().expect("a directory");
        let target = folder.path().join("target");
        let link = folder.path().join("link");
        fs::write(&target, "old").expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        write_with(&link, |file| file.write_all(b"new")).expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&target).expect("a file"), b"new");
    }

    #[test]
    fn a_special_file_is_written_directly() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
        write_with(Path::new(&path), |file| file.write_all(b"text")).expect("written");
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("text");
        assert_eq!(text, "text");
    }

    #[test]
    fn only_files_are_removed() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        remove_if_exists(&path).expect("there is nothing to remove");
        fs::write(&path, "").expect("a file");
        remove_if_exists(&path).expect("removed");
        assert!(!path.exists());
        assert_eq!(remove_if_exists(folder.path()).expect_err("a folder").path, folder.path());
    }
}
