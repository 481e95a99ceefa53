//! Atomic file writes. Readers see the old or the new content; an interrupted write leaves the
//! old content in place.
//!
//! The new content goes to an unnamed temporary file (`O_TMPFILE`) where the file system has
//! them, so that a killed process leaves nothing behind. Elsewhere, and for the moment between
//! naming the file and renaming it, the temporary file is `.<name>.<6 letters or digits>` in the
//! same directory; [`temporary_of`] recognizes that name. A name of more than 247 bytes leaves no
//! room for this: its temporary file is `.<start>.<hash>.<process id>.<number>`, or a temporary
//! file of that. [`remove_leftovers`] recognizes both forms.
#![cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the primitive itself"))]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use atomic_write_file::unix::OpenOptionsExt as _;
use atomic_write_file::{AtomicWriteFile, OpenOptions};

/// Length of the random part of a temporary name, in bytes.
const SUFFIX_BYTES: usize = 6;
/// Longest file name that leaves room for the two dots and the random part of its temporary name:
/// Linux allows 255 bytes.
const MAX_NAME_BYTES: usize = 255 - SUFFIX_BYTES - 2;
/// The most that a temporary file keeps of a longer name, in bytes. It leaves room for four dots,
/// 16 digits of a hash, 10 of a process id and 20 of a number.
const MAX_START_BYTES: usize = MAX_NAME_BYTES - 4 - 16 - 10 - 20;

/// A file that takes the place of `path` when it is committed, and never otherwise.
#[derive(Debug)]
pub struct AtomicFile {
    file: AtomicWriteFile,
    /// Where the commit puts the file.
    commit_path: PathBuf,
    /// Where it is moved after the commit, if its name is too long for a temporary name.
    final_path: Option<PathBuf>,
}

impl AtomicFile {
    /// Starts a new file at `path` with permission bits `mode`, reduced by the umask. It belongs
    /// to the user of this process, also if it replaces a file of another user.
    ///
    /// # Errors
    /// `path` does not name a file, or the directory does not exist or is not writable.
    pub fn create(path: &Path, mode: u32) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        // the crate would copy mode and owner from the path that it opens, which for a long
        // name is not the file to replace
        options.mode(mode).preserve_mode(false).try_preserve_owner(false);
        Self::open(path, &options)
    }

    /// Starts the replacement of `path`: like [`create`](Self::create) with mode 0664, but an
    /// existing file keeps its permission bits.
    fn replace(path: &Path) -> io::Result<Self> {
        let file = Self::create(path, 0o664)?;
        match fs::metadata(path) {
            Ok(existing) => file.file.as_file().set_permissions(existing.permissions())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(file)
    }

    fn open(path: &Path, options: &OpenOptions) -> io::Result<Self> {
        let Some(name) = path.file_name() else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        if name.len() <= MAX_NAME_BYTES {
            let file = options.open(path)?;
            return Ok(Self { file, commit_path: path.to_owned(), final_path: None });
        }
        let short = path.with_file_name(short_name(name));
        let file = options.open(&short)?;
        Ok(Self { file, commit_path: short, final_path: Some(path.to_owned()) })
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Flushes the file to disk, puts it in its place and flushes the directory.
    ///
    /// # Errors
    /// The system refuses one of these steps; the old file is still in place then, unless only
    /// the last step failed.
    pub fn commit(self) -> io::Result<()> {
        self.file.commit()?;
        let Some(path) = self.final_path else { return Ok(()) };
        fs::rename(&self.commit_path, &path)
            .inspect_err(|_| drop(fs::remove_file(&self.commit_path)))?;
        sync_directory_of(&path)
    }
}

/// Writes a file, or replaces it, with permission bits `mode`, reduced by the umask. Use
/// [`replace`] to keep the permission bits of an existing file.
///
/// # Errors
/// See [`AtomicFile::create`] and [`AtomicFile::commit`].
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_with(path, mode, |file| file.write_all(bytes))
}

/// Like [`write()`], for content that does not fit in memory: `fill` writes it.
///
/// # Errors
/// The error of `fill`; otherwise see [`write()`].
pub fn write_with(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = AtomicFile::create(path, mode)?;
    fill(file.file())?;
    file.commit()
}

/// Replaces the content of a file and keeps its permission bits. If `path` is a symbolic link,
/// the file it leads to is replaced and the link stays.
///
/// # Errors
/// See [`write()`]; also a symbolic link that leads nowhere.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
    let mut file = AtomicFile::replace(&target)?;
    file.file().write_all(bytes)?;
    file.commit()
}

/// Writes a file that must not exist yet, and flushes it to disk. Nothing is left of it when
/// writing fails; a killed process may leave a part of it.
///
/// # Errors
/// `AlreadyExists` if there is anything at `path`; otherwise any error of the system.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .inspect_err(|_| drop(fs::remove_file(path)))
}

/// Removes temporary files that killed processes left next to `path`. Call it only while no
/// other process can write `path`, for example under its lock.
///
/// # Errors
/// The directory cannot be listed, or a temporary file cannot be removed.
pub fn remove_leftovers(path: &Path) -> io::Result<()> {
    let Some(name) = path.file_name() else { return Ok(()) };
    for entry in fs::read_dir(directory_of(path))? {
        let entry = entry?;
        let entry_name = entry.file_name();
        let is_leftover = entry_name.to_str().is_some_and(|entry| is_temporary_of(entry, name));
        if is_leftover && !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The name of the file that a temporary file was written for, if `name` is a temporary name.
///
/// ```
/// use gtc_fs::atomic::temporary_of;
///
/// assert_eq!(temporary_of(".environment.json.x7Qa0B"), Some("environment.json"));
/// assert_eq!(temporary_of(".environment.json"), None);
/// ```
pub fn temporary_of(name: &str) -> Option<&str> {
    let (target, suffix) = name.strip_prefix('.')?.rsplit_once('.')?;
    let is_random =
        suffix.len() == SUFFIX_BYTES && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_random && !target.is_empty()).then_some(target)
}

/// Whether `entry` is the name of a temporary file for a file of this name.
fn is_temporary_of(entry: &str, name: &OsStr) -> bool {
    if name.len() <= MAX_NAME_BYTES {
        return temporary_of(entry).map(OsStr::new) == Some(name);
    }
    let prefix = short_prefix(name);
    let is_short_name = |name: &str| name.starts_with(&prefix);
    is_short_name(entry) || temporary_of(entry).is_some_and(is_short_name)
}

/// The name of a file between its commit and the final rename, if the final name is too long
/// for a temporary name. The process id and a counter make it unique.
fn short_name(name: &OsStr) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}{}.{number}", short_prefix(name), std::process::id())
}

/// The part of a short name that depends only on the long name. The hash tells long names with
/// the same start apart, so that a leftover of one is not removed for another.
fn short_prefix(name: &OsStr) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let hash = hasher.finish();
    let name = name.to_string_lossy();
    let start = &name[..name.floor_char_boundary(MAX_START_BYTES)];
    format!(".{start}.{hash:016x}.")
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn sync_directory_of(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        let entries = fs::read_dir(folder).expect("a directory");
        entries.map(|entry| entry.expect("an entry").file_name()).collect()
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn writes_leave_exactly_one_file() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        for content in ["one", "another"] {
            write(&path, content.as_bytes(), 0o600).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), content);
        }
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_name_may_have_255_bytes_and_need_not_be_utf8() {
        let folder = tempfile::tempdir().expect("a directory");
        for byte in [b'a', 0xff] {
            for length in [MAX_NAME_BYTES, MAX_NAME_BYTES + 1, 255] {
                let name = vec![byte; length];
                let path = folder.path().join(OsStr::from_bytes(&name));
                write(&path, b"x", 0o644).expect("written");
                assert_eq!(fs::read(&path).expect("a file"), b"x");
            }
        }
        assert_eq!(names(folder.path()).len(), 6);
    }

    #[test]
    fn a_failed_write_keeps_the_old_content_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        write(&path, b"old", 0o644).expect("written");
        let failed = write_with(&path, 0o644, |file| {
            file.write_all(b"half of the new")?;
            Err(io::Error::other("interrupted"))
        });
        assert_eq!(failed.expect_err("fails").to_string(), "interrupted");
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        fs::create_dir(&path).expect("a directory");
        assert!(write(&path, b"x", 0o644).is_err());
        assert!(path.is_dir());
    }

    #[test]
    fn replace_follows_a_link_and_keeps_permissions() {
        let folder = tempfile::tempdir().expect("a directory");
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        write(&path, b"old", 0o640).expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        replace(&link, b"new").expect("replaced");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).expect("a file"), b"new");
        assert_eq!(mode(&path), 0o640);
    }

    #[test]
    fn replace_keeps_the_permissions_of_a_file_with_a_long_name() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a".repeat(255));
        write(&path, b"old", 0o600).expect("written");
        replace(&path, b"new").expect("replaced");
        assert_eq!(fs::read(&path).expect("a file"), b"new");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn write_new_never_overwrites() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("key");
        write_new(&path, b"one", 0o600).expect("written");
        let error = write_new(&path, b"two", 0o600).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("a file"), b"one");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn leftovers_of_other_files_stay() {
        let folder = tempfile::tempdir().expect("a directory");
        for name in [".a.b1C2d3", ".b.b1C2d3", ".a.short", ".a.tooLong7"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        fs::create_dir(folder.path().join(".a.folder")).expect("a directory");
        remove_leftovers(&folder.path().join("a")).expect("removed");
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".a.folder", ".a.short", ".a.tooLong7", ".b.b1C2d3"]);
    }

    #[test]
    fn leftovers_of_a_long_name_are_removed() {
        let folder = tempfile::tempdir().expect("a directory");
        let name = "a".repeat(255);
        let of_other = short_name(OsStr::new(&"a".repeat(254)));
        let own = short_name(OsStr::new(&name));
        for leftover in [own.clone(), format!(".{own}.b1C2d3"), of_other.clone()] {
            assert!(leftover.len() <= 255);
            fs::write(folder.path().join(leftover), "").expect("a file");
        }
        remove_leftovers(&folder.path().join(&name)).expect("removed");
        assert_eq!(names(folder.path()), [OsStr::new(&of_other)]);
    }
}
