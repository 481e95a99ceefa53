//! Files that nobody ever sees half of, and of which nothing is left when whoever writes
//! them is ended early.
//!
//! A file is written before it has a name, where the file system can do that. Only then
//! is it put in its place, or in the place of an older one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};

/// How much of the name of a file the one beside it has, in bytes: no name may have more
/// than 255.
const NAME_BYTES: usize = 200;

/// Writes a file, with these permissions as far as the mask of the process lets it have
/// them.
///
/// # Errors
/// What the system said; what was in the place of the file is still there then.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_with(path, mode, |file| file.write_all(bytes))
}

/// The same for what is too much to be held in memory: `fill` writes it.
///
/// # Errors
/// What `fill` or the system said; what was in the place of the file is still there then.
pub(crate) fn write_with(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let name = name.to_string_lossy();
    let name = &name[..name.floor_char_boundary(NAME_BYTES)];
    let beside = match nameless(folder, mode) {
        Some(mut file) => {
            fill(&mut file)?;
            file.sync_all()?;
            named(&file, folder, name)?
        }
        None => {
            let (beside, mut file) = hidden(folder, name, mode)?;
            let written = fill(&mut file).and_then(|()| file.sync_all());
            written.inspect_err(|_| drop(fs::remove_file(&beside)))?;
            beside
        }
    };
    fs::rename(&beside, path).inspect_err(|_| drop(fs::remove_file(&beside)))?;
    File::open(folder)?.sync_all()
}

/// A file without a name, which is gone with the process; none where the file system
/// knows no such thing.
fn nameless(folder: &Path, mode: u32) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    openat(CWD, folder, flags, Mode::from_raw_mode(mode)).ok().map(File::from)
}

/// Gives a file a name beside its place.
fn named(file: &File, folder: &Path, name: &str) -> io::Result<PathBuf> {
    // the way that needs no privilege
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    free_name(folder, name, |beside| {
        Ok(linkat(CWD, &descriptor, CWD, beside, AtFlags::SYMLINK_FOLLOW)?)
    })
    .map(|(path, ())| path)
}

/// A new file beside the place of another.
fn hidden(folder: &Path, name: &str, mode: u32) -> io::Result<(PathBuf, File)> {
    free_name(folder, name, |beside| {
        OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)
    })
}

/// Does something with the first name that is free. Process ids would not do: processes
/// in two containers have the same.
fn free_name<T>(
    folder: &Path,
    name: &str,
    take: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let mut number = 0_u64;
    loop {
        let path = folder.join(format!(".{name}.{number}.tmp"));
        match take(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            taken => return Ok((path, taken?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_whole_and_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        for content in ["one", "another"] {
            write(&path, content.as_bytes(), 0o600).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), content);
        }
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_name_may_be_as_long_as_any_and_no_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        for byte in [b'a', 0xff] {
            let path = folder.path().join(std::ffi::OsStr::from_bytes(&[byte; 255]));
            write(&path, b"x", 0o644).expect("written");
            assert_eq!(fs::read(&path).expect("a file"), b"x");
        }
    }

    #[test]
    fn names_that_are_taken_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(".a.0.tmp"), "somebody else's").expect("a file");
        write(&folder.path().join("a"), b"ours", 0o644).expect("written");
        assert_eq!(
            fs::read_to_string(folder.path().join(".a.0.tmp")).expect("a file"),
            "somebody else's"
        );
        let (path, _) = hidden(folder.path(), "a", 0o644).expect("a file");
        assert_eq!(path, folder.path().join(".a.1.tmp"));
    }

    #[test]
    fn what_cannot_be_replaced_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::create_dir(&path).expect("a folder");
        assert!(write(&path, b"x", 0o644).is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
