//! Logs: files that only grow. A symbolic link in the place of a log is not followed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::{atomic, folder};

/// Fails unless a log can be appended to: it is a regular file that this process may write, or
/// it can be created. Returns its length, in bytes. Never waits for a FIFO.
///
/// # Errors
/// The system refuses it, or the path leads to a file of another kind.
pub fn ensure_appendable(path: &Path, mode: u32) -> io::Result<u64> {
    open(path, mode)?.metadata().map(|metadata| metadata.len())
}

/// Appends to a log after its first `at` bytes, and flushes it to disk. What follows them is
/// removed first: an interrupted call left it. Repeating a call changes nothing.
///
/// # Errors
/// The system refuses it, the path leads to a file of another kind, or the log is shorter. A
/// part of `bytes` may be written then.
pub fn append_at(path: &Path, at: u64, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = open(path, mode)?;
    let length = file.metadata()?.len();
    if length < at {
        return Err(io::Error::other(format!("it has {length} bytes, fewer than {at}")));
    }
    if length > at {
        file.set_len(at)?;
    }
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Replaces a log by its bytes from `from` to `at`, and `bytes` after them. Readers see the old or
/// the new log, which is flushed to disk and keeps the permission bits of the old one.
///
/// # Errors
/// The system refuses it, the path does not lead to a regular file, or the log is shorter. The
/// old log is in place then, unless only flushing its name failed.
pub fn cut_start(path: &Path, from: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let flags = flags.bits().cast_signed();
    let mut old = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = old.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let permissions = metadata.permissions();
    old.seek(SeekFrom::Start(from))?;
    let length = at.saturating_sub(from);
    atomic::write_with(path, permissions.mode() & 0o777, |new| {
        new.set_permissions(permissions)?;
        let copied = io::copy(&mut old.take(length), new)?;
        if copied < length {
            return Err(io::Error::other(format!("it has fewer than {at} bytes")));
        }
        new.write_all(bytes)
    })
}

fn open(path: &Path, mode: u32) -> io::Result<File> {
    let is_new = path.symlink_metadata().is_err();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(mode)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if is_new && let Some(parent) = path.parent() {
        folder::flush(parent).map_err(|error| error.source)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeating_an_append_changes_nothing() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("log");
        assert_eq!(ensure_appendable(&path, 0o600).expect("created"), 0);
        for _ in 0..2 {
            append_at(&path, 0, b"one\n", 0o600).expect("appended");
            append_at(&path, 4, b"two\n", 0o600).expect("appended");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "one\ntwo\n");
        assert_eq!(ensure_appendable(&path, 0o600).expect("it exists"), 8);
    }

    #[test]
    fn what_an_interrupted_append_left_is_removed() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("log");
        std::fs::write(&path, "one\nhalf of a long li").expect("a file");
        append_at(&path, 4, b"two\n", 0o600).expect("appended");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "one\ntwo\n");
        append_at(&path, 9, b"x", 0o600).expect_err("it is shorter");
    }

    #[test]
    fn the_start_of_a_log_is_cut_off() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("log");
        std::fs::write(&path, "one\ntwo\nhalf of a li").expect("a file");
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, mode.clone()).expect("permissions");
        cut_start(&path, 4, 8, b"three\n").expect("cut");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "two\nthree\n");
        let found = path.metadata().expect("a file").permissions().mode();
        assert_eq!(found & 0o777, mode.mode() & 0o777);
        cut_start(&path, 4, 99, b"").expect_err("it is shorter");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "two\nthree\n");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        cut_start(&link, 0, 4, b"").expect_err("a link is not followed");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a directory").count(), 2);
    }

    #[test]
    fn only_regular_files_are_logs() {
        let folder = tempfile::tempdir().expect("a directory");
        let fifo = folder.path().join("fifo");
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a FIFO");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).expect("a link");
        for path in [fifo.as_path(), folder.path(), link.as_path()] {
            ensure_appendable(path, 0o600).expect_err("refused");
            append_at(path, 0, b"x", 0o600).expect_err("refused");
        }
    }
}
