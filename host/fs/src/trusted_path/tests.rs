//! Folders, links and files that another user could change.
//!
//! A test need not be root to see files of another user: it looks at its own as someone else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// A group that no account of a machine has.
const OTHER_GROUP: u32 = 0x7fff_1234;

/// A folder with `bin/tool`, below a folder that all users share, as `/tmp`.
struct Tree {
    root: tempfile::TempDir,
    viewer: Viewer,
}

impl Tree {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let tree = Self { root, viewer: Viewer::this_process().expect("a user") };
        fs::create_dir(tree.path("bin")).expect("a folder");
        fs::write(tree.path("bin/tool"), "").expect("a file");
        tree.set("bin", 0o755);
        tree.set("bin/tool", 0o755);
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn set(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).expect("permissions");
    }

    #[track_caller]
    fn refused(&self, name: &str, step: &str, reason: UntrustedReason) {
        let found = self.viewer.check(&self.path(name)).map_err(|step| (step.path, step.reason));
        assert_eq!(found, Err((self.path(step), reason)));
    }

    #[track_caller]
    fn accepted(&self, name: &str) {
        assert_eq!(self.viewer.check(&self.path(name)), Ok(()));
    }
}

#[test]
fn every_step_may_be_written_by_its_owner_only() {
    let tree = Tree::new();
    tree.accepted("bin/tool");
    for step in ["", "bin", "bin/tool"] {
        for (mode, reason) in [(0o757, UntrustedReason::All), (0o777, UntrustedReason::All)] {
            tree.set(step, mode);
            tree.refused("bin/tool", step, reason);
            tree.set(step, 0o755);
        }
    }
    tree.accepted("bin/tool");
    tree.refused("bin/other", "bin/other", UntrustedReason::Gone);
}

#[test]
fn a_shared_folder_may_be_on_the_way_but_not_hold_the_program() {
    let tree = Tree::new();
    tree.set("", 0o1777);
    tree.accepted("bin/tool");
    tree.set("bin", 0o1777);
    tree.refused("bin/tool", "bin", UntrustedReason::Shared);
    let error = check_folder(&tree.path("bin")).expect_err("shared").to_string();
    assert!(error.ends_with("has mode 1777; move the program to another folder"), "{error}");
    tree.set("bin", 0o755);
    symlink(tree.path("bin/tool"), tree.path("link")).expect("a link");
    tree.refused("link", "", UntrustedReason::Shared);
    assert_eq!(check_folder(&tree.path("bin")), Ok(()));
}

#[test]
fn the_folders_behind_links_count_too() {
    let tree = Tree::new();
    for folder in ["links", "middle"] {
        fs::create_dir(tree.path(folder)).expect("a folder");
    }
    symlink("../middle/next", tree.path("links/tool")).expect("a link");
    symlink(tree.path("bin/../bin/tool"), tree.path("middle/next")).expect("a link");
    symlink("circle", tree.path("circle")).expect("a link");
    tree.accepted("links/tool");
    for step in ["links", "middle", "bin"] {
        tree.set(step, 0o777);
        tree.refused("links/tool", step, UntrustedReason::All);
        tree.set(step, 0o755);
    }
    tree.refused("circle", "circle", UntrustedReason::Gone);
}

#[test]
fn steps_belong_to_root_or_this_user() {
    let mut tree = Tree::new();
    let owner = tree.viewer.uid;
    // another user looks at the same files, and so does one for whom they are those of root
    tree.viewer = Viewer { uid: owner + 1, root: 0, ..tree.viewer };
    if owner == 0 {
        tree.accepted("bin/tool");
        chown("bin/tool", &tree);
        tree.refused("bin/tool", "bin/tool", UntrustedReason::Owner);
        chown("bin", &tree);
    }
    let first = if owner == 0 { "bin" } else { "" };
    tree.refused("bin/tool", first, UntrustedReason::Owner);
    let owner = tree.path(first).metadata().expect("a folder").uid();
    let error = tree.viewer.check(&tree.path("bin/tool")).expect_err("refused").to_string();
    assert!(error.contains(&format!("{owner}")), "{error}");
    assert!(error.contains("has mode 0"), "{error}");
    let repair = format!("if you trust it, run `chown -h root {}`", tree.path(first).display());
    assert!(error.ends_with(&repair), "{error}");
    tree.viewer.root = owner;
    tree.accepted("bin/tool");
}

/// An access control list of acl(5): user 4242 may write.
fn access_list() -> Vec<u8> {
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(1, 7, none), (2, 7, 4242), (4, 5, none), (0x10, 7, none), (0x20, 5, none)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[test]
fn an_access_control_list_may_let_others_write() {
    let tree = Tree::new();
    let name = "system.posix_acl_access";
    let flags = rustix::fs::XattrFlags::empty();
    if rustix::fs::setxattr(tree.path("bin"), name, &access_list(), flags).is_err() {
        #[expect(clippy::print_stderr, reason = "a check that did not run says so")]
        {
            eprintln!("not run: this file system has no access control lists");
        }
        return;
    }
    assert_eq!(tree.path("bin").metadata().expect("a folder").mode() & 0o777, 0o775);
    // if the group of the folder is private, only the list gives the permission
    let viewer = Viewer { gid: 0, ..tree.viewer };
    let step = viewer.check(&tree.path("bin/tool")).expect_err("refused");
    assert!([UntrustedReason::AccessList, UntrustedReason::Group].contains(&step.reason));
    if tree.path("bin").metadata().expect("a folder").gid() == 0 {
        let repair = format!("run `setfacl -b {}`", tree.path("bin").display());
        assert!(step.to_string().ends_with(&repair), "{step}");
    }
    tree.set("bin", 0o755);
    tree.accepted("bin/tool");
}

/// Gives a file to a user without an account, which only root may do.
fn chown(name: &str, tree: &Tree) {
    std::os::unix::fs::lchown(tree.path(name), Some(0x7fff_4321), None).expect("permitted to root");
}

#[test]
fn a_group_that_may_write_has_no_other_members() {
    let tree = Tree::new();
    let own_group = tree.path("bin").metadata().expect("a folder").gid();
    tree.set("bin", 0o775);
    if own_group == 0 {
        tree.accepted("bin/tool");
        let group = Some(OTHER_GROUP);
        std::os::unix::fs::chown(tree.path("bin"), None, group).expect("permitted to root");
        tree.refused("bin/tool", "bin", UntrustedReason::Group);
        let error = tree.viewer.check(&tree.path("bin/tool")).expect_err("refused").to_string();
        let bin = tree.path("bin").display().to_string();
        assert!(error.starts_with(&format!("group {OTHER_GROUP} may write to `{bin}`")), "{error}");
        assert!(error.ends_with(&format!("has mode 0775; run `chmod g-w {bin}`")), "{error}");
    } else {
        // whether its own group is private depends on the machine
        let is_private = Accounts::read().is_private(own_group, tree.viewer.uid);
        assert_eq!(tree.viewer.check(&tree.path("bin/tool")).is_ok(), is_private);
    }
    let stranger = Viewer { gid: OTHER_GROUP + 1, ..tree.viewer };
    let is_accepted = stranger.check(&tree.path("bin/tool")).is_ok();
    assert!(!is_accepted, "the group is not the primary one");
}
