//! Whether only this user and root decide what a path leads to, and what is there.
//!
//! Every step counts: the folders from `/` on, each symbolic link and the folders that it leads
//! through, and the file. Each must belong to this user or root, and no other user may write to it.
//! Three exceptions are those of `sudo` and OpenSSH:
//!
//! - Root's group may write, and so may this user's primary group if it has no other member: with
//!   umask 002, users share folders with such a group of their own.
//! - Users may share a folder on the way if its sticky bit is set, as `/tmp`: they cannot replace
//!   the folders of others in it. Programs that lie directly in it are not run.
//! - The owner of `/` counts as root, because it decides about every path. In a user namespace,
//!   root may have another number.

use std::ffi::OsString;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use shell_words::quote;

use super::accounts::Accounts;

const GROUP_WRITABLE: u32 = 0o020;
const WRITABLE_BY_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;
/// The number of links that Linux follows in one path.
const MAX_LINKS: usize = 40;

/// The first step of a path that another user could change.
#[derive(Debug, PartialEq, Eq)]
pub struct UntrustedStep {
    /// The folder, link or file.
    pub path: PathBuf,
    /// Why it is not trusted.
    pub reason: UntrustedReason,
    uid: u32,
    gid: u32,
    mode: u32,
}

/// Why a step of a path is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UntrustedReason {
    /// Another user owns it.
    Owner,
    /// A group with other members may write to it.
    Group,
    /// An access control list may let users write to it.
    AccessList,
    /// All users may write to it.
    All,
    /// It is a folder in which others may create files too, next to a program.
    Shared,
    /// It is not there any more, or the links form a circle.
    Gone,
}

/// The user for whom a path is checked.
#[derive(Clone, Copy, Debug)]
struct Viewer {
    uid: u32,
    gid: u32,
    /// The owner of `/`.
    root: u32,
}

/// Checks every step to a program.
///
/// # Errors
/// The first step that another user could change.
pub(crate) fn check_program(path: &Path) -> Result<(), UntrustedStep> {
    Viewer::this_process()?.check(path)
}

/// Checks every step to a folder in which programs are searched.
///
/// # Errors
/// The first step that another user could change.
pub(crate) fn check_folder(path: &Path) -> Result<(), UntrustedStep> {
    let viewer = Viewer::this_process()?;
    viewer.check(path)?;
    let folder = path.metadata().map_err(|_| UntrustedStep::gone(path))?;
    if viewer.is_shared(&folder) {
        return Err(UntrustedStep::new(path, UntrustedReason::Shared, &folder));
    }
    Ok(())
}

impl Viewer {
    fn this_process() -> Result<Self, UntrustedStep> {
        let slash = Path::new("/");
        let root = slash.metadata().map_err(|_| UntrustedStep::gone(slash))?.uid();
        let uid = rustix::process::geteuid().as_raw();
        Ok(Self { uid, gid: rustix::process::getegid().as_raw(), root })
    }

    fn check(self, path: &Path) -> Result<(), UntrustedStep> {
        let mut at = PathBuf::from("/");
        let mut steps = reversed_steps(path);
        let mut parent = self.check_step(&at, None)?;
        let mut links = 0;
        while let Some(step) = steps.pop() {
            if step == ".." {
                at.pop();
                parent = self.check_step(&at, None)?;
                continue;
            }
            let next = at.join(step);
            let entry = self.check_step(&next, Some((&at, &parent)))?;
            if !entry.is_symlink() {
                at = next;
                parent = entry;
                continue;
            }
            links += 1;
            let target = next.read_link().ok().filter(|_| links <= MAX_LINKS);
            let target = target.ok_or_else(|| UntrustedStep::gone(&next))?;
            if target.is_absolute() {
                at = PathBuf::from("/");
                parent = self.check_step(&at, None)?;
            }
            steps.extend(reversed_steps(&target));
        }
        Ok(())
    }

    /// Checks a folder, link or file in a parent that has been checked.
    fn check_step(
        self,
        path: &Path,
        parent: Option<(&Path, &Metadata)>,
    ) -> Result<Metadata, UntrustedStep> {
        let entry = path.symlink_metadata().map_err(|_| UntrustedStep::gone(path))?;
        let fail = |reason| Err(UntrustedStep::new(path, reason, &entry));
        if ![0, self.uid, self.root].contains(&entry.uid()) {
            return fail(UntrustedReason::Owner);
        }
        if !entry.is_dir()
            && let Some((folder, metadata)) = parent
            && self.is_shared(metadata)
        {
            return Err(UntrustedStep::new(folder, UntrustedReason::Shared, metadata));
        }
        // the mode of a link means nothing: only users who may write to its folder can replace it
        if entry.is_symlink() || entry.is_dir() && entry.mode() & STICKY != 0 {
            return Ok(entry);
        }
        if entry.mode() & WRITABLE_BY_ALL != 0 {
            return fail(UntrustedReason::All);
        }
        if self.may_group_write(&entry) {
            return fail(UntrustedReason::Group);
        }
        // the bits of the group are the upper bound of an access control list
        if entry.mode() & GROUP_WRITABLE != 0 && has_access_list(path) {
            return fail(UntrustedReason::AccessList);
        }
        Ok(entry)
    }

    /// Returns true if other users may write to a file or folder.
    fn is_shared(self, entry: &Metadata) -> bool {
        entry.mode() & WRITABLE_BY_ALL != 0 || self.may_group_write(entry)
    }

    /// Returns true if a group with other members may write to a file or folder.
    fn may_group_write(self, entry: &Metadata) -> bool {
        let gid = entry.gid();
        entry.mode() & GROUP_WRITABLE != 0
            && gid != 0
            && !(gid == self.gid && Accounts::read().is_private(gid, self.uid))
    }
}

/// Returns true if a file or folder has more permissions than those of its mode (acl(5)).
fn has_access_list(path: &Path) -> bool {
    // a list does not fit into this buffer, and need not be read
    let found = rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut [0_u8; 8]);
    matches!(found, Ok(_) | Err(rustix::io::Errno::RANGE))
}

/// The steps of a path from the last to the first, without `/` and `.`.
fn reversed_steps(path: &Path) -> Vec<OsString> {
    let steps = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    steps.collect()
}

impl UntrustedStep {
    fn new(path: &Path, reason: UntrustedReason, entry: &Metadata) -> Self {
        let mode = entry.mode() & 0o7777;
        Self { path: path.to_owned(), reason, uid: entry.uid(), gid: entry.gid(), mode }
    }

    fn gone(path: &Path) -> Self {
        let reason = UntrustedReason::Gone;
        Self { path: path.to_owned(), reason, uid: 0, gid: 0, mode: 0 }
    }
}

/// The step, its owner and mode, and the command that makes it trusted.
impl fmt::Display for UntrustedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy();
        let accounts = Accounts::read();
        let owner = accounts.user(self.uid);
        let mode = self.mode;
        match self.reason {
            UntrustedReason::Owner => write!(
                f,
                "`{path}` belongs to user {owner} and has mode {mode:04o}; if you trust it, run \
                 `chown -h root {}`",
                quote(&path)
            ),
            UntrustedReason::Group => write!(
                f,
                "group {} may write to `{path}`, which belongs to user {owner} and has mode \
                 {mode:04o}; run `chmod g-w {}`",
                accounts.group(self.gid),
                quote(&path)
            ),
            UntrustedReason::AccessList => write!(
                f,
                "`{path}`, which belongs to user {owner} and has mode {mode:04o}, has an access \
                 control list, which may let other users write to it; run `setfacl -b {}`",
                quote(&path)
            ),
            UntrustedReason::All => write!(
                f,
                "all users may write to `{path}`, which belongs to user {owner} and has mode \
                 {mode:04o}; run `chmod go-w {}`",
                quote(&path)
            ),
            UntrustedReason::Shared => write!(
                f,
                "other users may create files in `{path}`, which belongs to user {owner} and has \
                 mode {mode:04o}; move the program to another folder"
            ),
            UntrustedReason::Gone => write!(f, "`{path}` cannot be followed"),
        }
    }
}

#[cfg(test)]
mod tests;
