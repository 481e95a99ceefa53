//! Finding a program in the folders of a `PATH` variable.
//!
//! Relative folders never count: what they hold depends on the current directory.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const WRITABLE_BY_OTHERS: u32 = 0o002;
const STICKY: u32 = 0o1000;
const SET_ID: u32 = 0o6000;
const EXECUTABLE: u32 = 0o111;

/// Why [`find_trusted`] found no program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// No folder of `PATH` holds an executable file of this name.
    #[error("not found on PATH")]
    NotFound,
    /// A folder of `PATH` holds such a file, but another user could have put it there.
    #[error("`{}` is not run: {reason}", program.display())]
    NotTrusted {
        /// The first such file.
        program: PathBuf,
        /// Why it is not trusted.
        reason: &'static str,
    },
}

/// The first executable file of this name in an absolute folder of `path`.
pub fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|program| executable(program).is_some())
}

/// The first executable file of this name that only its owner and root can have put there.
///
/// Folders that are relative or that others may write to are skipped, and so are set-user-ID
/// and set-group-ID programs: with the rights of another user, they could not be killed.
///
/// # Errors
/// See [`SearchError`].
pub fn find_trusted(name: &str, path: &OsStr) -> Result<PathBuf, SearchError> {
    let mut not_trusted = None;
    for folder in std::env::split_paths(path) {
        let program = folder.join(name);
        let Some(file) = executable(&program) else { continue };
        match objection(&folder, &program, &file) {
            None => return Ok(program),
            Some(reason) => {
                not_trusted.get_or_insert(SearchError::NotTrusted { program, reason });
            }
        }
    }
    Err(not_trusted.unwrap_or(SearchError::NotFound))
}

/// The folders of `path` that only their owner and root can write to, as a `PATH` of their own:
/// what a program finds that runs other programs.
pub fn trusted_folders(path: &OsStr) -> OsString {
    let folders = std::env::split_paths(path).filter(|folder| is_trusted(folder));
    std::env::join_paths(folders).unwrap_or_default()
}

fn executable(path: &Path) -> Option<Metadata> {
    let file = path.metadata().ok()?;
    (file.is_file() && file.mode() & EXECUTABLE != 0).then_some(file)
}

fn objection(folder: &Path, program: &Path, file: &Metadata) -> Option<&'static str> {
    if !is_trusted(folder) {
        return Some(
            "it lies in a folder of PATH that is relative, or that other users may write to",
        );
    }
    // a link in a trusted folder may lead to a file in another one
    let target = program.canonicalize().ok();
    let target_is_trusted = target.as_deref().and_then(Path::parent).is_some_and(is_trusted);
    if !target_is_trusted || file.mode() & WRITABLE_BY_OTHERS != 0 {
        return Some(
            "it is a file that other users may write to, or lies in a folder that other users may write to",
        );
    }
    (file.mode() & SET_ID != 0).then_some("it has the rights of another user, or of another group")
}

/// Whether only the owner and root decide which folder this is and what it holds.
fn is_trusted(folder: &Path) -> bool {
    folder.is_absolute()
        && is_closed_to_others(folder)
        && folder.canonicalize().is_ok_and(|folder| is_closed_to_others(&folder))
}

fn is_closed_to_others(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|folder| folder.mode() & WRITABLE_BY_OTHERS == 0)
        && folder.ancestors().all(cannot_be_replaced)
}

/// Whether no other user can put something else in the place of this folder. In a folder that
/// all users write to, such as `/tmp`, the sticky bit protects the entries of each user.
fn cannot_be_replaced(folder: &Path) -> bool {
    let Some(parent) = folder.parent() else { return true };
    let Ok(parent) = parent.metadata() else { return false };
    let Ok(entry) = folder.symlink_metadata() else { return false };
    let is_ours = [0, rustix::process::getuid().as_raw()].contains(&entry.uid());
    parent.mode() & WRITABLE_BY_OTHERS == 0 || parent.mode() & STICKY != 0 && is_ours
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    fn program(path: &Path, mode: u32) {
        fs::write(path, "#!/bin/sh\n").expect("a file");
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
    }

    #[test]
    fn the_first_executable_file_in_an_absolute_folder_is_found() {
        let root = tempfile::tempdir().expect("a directory");
        let folders = ["text", "folder", "right", "later"].map(|name| root.path().join(name));
        for folder in &folders {
            fs::create_dir(folder).expect("a directory");
        }
        program(&folders[0].join("tool"), 0o644);
        fs::create_dir(folders[1].join("tool")).expect("a directory");
        program(&folders[2].join("tool"), 0o755);
        program(&folders[3].join("tool"), 0o755);
        let relative = PathBuf::from("relative");
        let path = std::env::join_paths([&relative].into_iter().chain(&folders)).expect("a PATH");
        assert_eq!(find("tool", &path), Some(folders[2].join("tool")));
        assert_eq!(find_trusted("tool", &path), Ok(folders[2].join("tool")));
        assert_eq!(find("other", &path), None);
        assert_eq!(find_trusted("other", &path), Err(SearchError::NotFound));
    }

    #[test]
    fn a_program_that_others_may_have_placed_is_not_trusted() {
        let root = tempfile::tempdir().expect("a directory");
        let open = root.path().join("open");
        fs::create_dir(&open).expect("a directory");
        fs::set_permissions(&open, Permissions::from_mode(0o777)).expect("permissions");
        program(&open.join("tool"), 0o755);
        let closed = root.path().join("closed");
        fs::create_dir(&closed).expect("a directory");
        program(&closed.join("writable"), 0o757);
        program(&closed.join("set-id"), 0o4755);
        std::os::unix::fs::symlink(open.join("tool"), closed.join("link")).expect("a link");
        let path = std::env::join_paths([&open, &closed]).expect("a PATH");
        for name in ["tool", "writable", "set-id", "link"] {
            let error = find_trusted(name, &path).expect_err(name);
            assert!(matches!(error, SearchError::NotTrusted { .. }), "{name}: {error}");
        }
        assert_eq!(trusted_folders(&path), closed.into_os_string());
    }
}
