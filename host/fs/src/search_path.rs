//! Finding a program in the folders of a `PATH` variable.
//!
//! Relative folders never count: what they hold depends on the current directory.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::trusted_path::{self, UntrustedStep};

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
        reason: UntrustedProgram,
    },
}

/// Why a program is not trusted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UntrustedProgram {
    /// Its folder is not absolute.
    #[error("its folder in PATH is relative; write the whole path of the folder")]
    Relative,
    /// It runs with the rights of another user or group, so that it could not be killed.
    #[error("it has the rights of another user, or of another group (mode {mode:04o})")]
    SetId {
        /// Its mode.
        mode: u32,
    },
    /// Another user could change it, or what its path leads to.
    #[error("{0}")]
    Step(UntrustedStep),
}

/// The first executable file of this name that only this user and root can have put there.
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
        match check(&program, &file) {
            Ok(()) => return Ok(program),
            Err(reason) => {
                not_trusted.get_or_insert(SearchError::NotTrusted { program, reason });
            }
        }
    }
    Err(not_trusted.unwrap_or(SearchError::NotFound))
}

/// The folders of `path` that only this user and root can write to, as a `PATH` of their own:
/// what a program finds that runs other programs.
pub fn trusted_folders(path: &OsStr) -> OsString {
    let folders = std::env::split_paths(path)
        .filter(|folder| folder.is_absolute() && trusted_path::check_folder(folder).is_ok());
    std::env::join_paths(folders).unwrap_or_default()
}

fn executable(path: &Path) -> Option<Metadata> {
    let file = path.metadata().ok()?;
    (file.is_file() && file.mode() & EXECUTABLE != 0).then_some(file)
}

fn check(program: &Path, file: &Metadata) -> Result<(), UntrustedProgram> {
    if !program.is_absolute() {
        return Err(UntrustedProgram::Relative);
    }
    trusted_path::check_program(program).map_err(UntrustedProgram::Step)?;
    let mode = file.mode() & 0o7777;
    if mode & SET_ID != 0 {
        return Err(UntrustedProgram::SetId { mode });
    }
    Ok(())
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
        assert_eq!(find_trusted("tool", &path), Ok(folders[2].join("tool")));
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
        for (name, program, step) in [
            ("tool", open.join("tool"), open.clone()),
            ("link", closed.join("link"), open.clone()),
            ("writable", closed.join("writable"), closed.join("writable")),
        ] {
            let error = find_trusted(name, &path).expect_err(name).to_string();
            let expected = format!(
                "`{}` is not run: all users may write to `{}`, which belongs to user ",
                program.display(),
                step.display()
            );
            assert!(error.starts_with(&expected), "{error}");
            assert!(error.ends_with(&format!("; run `chmod go-w {}`", step.display())), "{error}");
        }
        let error = find_trusted("set-id", &path).expect_err("refused").to_string();
        assert!(error.ends_with("or of another group (mode 4755)"), "{error}");
        assert_eq!(trusted_folders(&path), closed.into_os_string());
        let error = find_trusted("sh", OsStr::new("../../../../../bin")).map(drop);
        assert!(!matches!(error, Ok(())), "a relative folder");
    }
}
