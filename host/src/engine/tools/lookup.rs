//! Which file a program name stands for: the first on PATH that nobody but its owner, or
//! the owner of the machine, can have put there.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Failure;

const WRITABLE_BY_ANYBODY: u32 = 0o002;
const STICKY: u32 = 0o1000;
const SET_ID: u32 = 0o6000;
const EXECUTABLE: u32 = 0o111;

/// The file that runs when this program is asked for.
///
/// Folders of PATH that are relative, or that anybody may change, are passed over: what
/// they hold depends on where one stands, or on others. So is a program that runs with
/// the rights of another user: it could not be ended.
pub(super) fn find(tool: &str, path: &OsStr) -> Result<PathBuf, Failure> {
    let mut passed_over = None;
    for folder in std::env::split_paths(path) {
        let program = folder.join(tool);
        let Some(file) = program.metadata().ok().filter(is_program) else { continue };
        match objection(&folder, &program, &file) {
            None => return Ok(program),
            Some(why) => drop(passed_over.get_or_insert((program, why))),
        }
    }
    Err(match passed_over {
        Some((program, why)) => {
            Failure::Denied(format!("`{}` is not run: {why}", program.display()))
        }
        None => Failure::NotFound,
    })
}

/// The folders of PATH in which nobody else can put programs: those in which a program
/// finds what it runs itself.
pub(super) fn trusted_folders(path: &OsStr) -> OsString {
    let folders = std::env::split_paths(path).filter(|folder| is_ours(folder));
    std::env::join_paths(folders).unwrap_or_default()
}

fn is_program(file: &Metadata) -> bool {
    file.is_file() && file.mode() & EXECUTABLE != 0
}

/// Why a program is passed over, if it is.
fn objection(folder: &Path, program: &Path, file: &Metadata) -> Option<&'static str> {
    if !is_ours(folder) {
        return Some("it lies in a folder of PATH that is relative, or that anybody may write to");
    }
    // a link from a safe folder may lead into another one
    let target = program.canonicalize().ok();
    let is_ours = target.as_deref().and_then(Path::parent).is_some_and(is_ours);
    if !is_ours || file.mode() & WRITABLE_BY_ANYBODY != 0 {
        return Some(
            "it is a file that anybody may write to, or lies in a folder that anybody may write to",
        );
    }
    (file.mode() & SET_ID != 0).then_some("it has the rights of another user, or of another group")
}

/// Whether nobody but its owner and the owner of the machine decides what is in a folder,
/// and which folder it is.
fn is_ours(folder: &Path) -> bool {
    let is_closed = |folder: &Path| {
        let mode = folder.metadata().map(|folder| folder.permissions().mode());
        mode.is_ok_and(|mode| mode & WRITABLE_BY_ANYBODY == 0)
            && folder.ancestors().all(is_kept_in_place)
    };
    folder.is_absolute()
        && is_closed(folder)
        && folder.canonicalize().is_ok_and(|folder| is_closed(&folder))
}

/// Whether nobody else can put something else in the place of this folder. In a folder
/// that everybody writes to, such as `/tmp`, the sticky bit keeps the entries of each
/// from all others.
fn is_kept_in_place(folder: &Path) -> bool {
    let Some(parent) = folder.parent() else { return true };
    let (Ok(parent), Ok(entry)) = (parent.metadata(), folder.symlink_metadata()) else {
        return false;
    };
    let is_mine = || [0, rustix::process::getuid().as_raw()].contains(&entry.uid());
    parent.mode() & WRITABLE_BY_ANYBODY == 0 || parent.mode() & STICKY != 0 && is_mine()
}
