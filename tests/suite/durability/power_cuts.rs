//! A power cut right after a change was acknowledged, on real file systems: the environment and its
//! audit line are there after the next start.
//!
//! The disk is an image file. It is copied when the program ends, and the copy takes its place, as
//! after a power cut: it has what the file system had sent to the disk, and not what it kept in memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{is_made, request};
use test_support::Sandbox;
use test_support::footprint::show;

/// Changes on each file system.
const CHANGES: usize = 200;

/// A mounted disk, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(image: &Path, options: &str, folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder");
        successful(Command::new("mount").args(["-o", options]).arg(image).arg(&folder));
        Self(folder)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let Self(folder) = self;
        successful(Command::new("umount").arg(folder));
    }
}

fn successful(command: &mut Command) {
    let status = command.status().expect("the program exists");
    assert!(status.success(), "{command:?}: {status}");
}

/// Copies a disk as it is at one moment: a copy is repeated if the disk changed meanwhile.
fn copy_disk(from: &Path, to: &Path) {
    loop {
        successful(Command::new("cp").arg("--sparse=always").arg(from).arg(to));
        let same = Command::new("cmp").arg("--quiet").arg(from).arg(to).status();
        if same.expect("cmp exists").success() {
            return;
        }
    }
}

/// Makes changes on a file system, and looks at a copy of its disk after each.
fn cut_power_after_each_change(kind: &str, options: &str) {
    let images = tempfile::tempdir().expect("a folder");
    let image = images.path().join("disk");
    let copy = images.path().join("copy");
    successful(Command::new("truncate").args(["--size", "320M"]).arg(&image));
    successful(Command::new(format!("mkfs.{kind}")).arg("-q").arg(&image));
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".greentic");
    let mut disk = Mounted::new(&image, options, folder.clone());
    sandbox.env().init().succeeded();
    let key = sandbox.key("key.pem");
    for number in 0..CHANGES {
        request(&sandbox, &key.public, &key.id, number).succeeded();
        copy_disk(&image, &copy);
        // what it writes now is lost
        drop(disk);
        std::fs::rename(&copy, &image).expect("renamed");
        disk = Mounted::new(&image, options, folder.clone());
        assert!(is_made(&sandbox, number), "change {number} was lost");
        let verdict = sandbox.audit().verify().succeeded().result();
        assert_eq!(verdict["faults"], json!([]), "{number}");
        assert_eq!(verdict["last"], json!(number + 2), "{number}");
        sandbox.request().show(format!("key-{number}")).succeeded();
    }
    drop(disk);
    show(&format!("{kind}, {options}: {CHANGES} power cuts, nothing acknowledged was lost"));
}

// the kernel writes nothing on its own for five minutes where that can be said

#[test]
#[ignore = "needs root and loop devices; a few minutes"]
fn power_cuts_on_ext4() {
    cut_power_after_each_change("ext4", "loop,commit=300");
}

#[test]
#[ignore = "needs root and loop devices; a few minutes"]
fn power_cuts_on_ext4_without_its_care_for_renames() {
    cut_power_after_each_change("ext4", "loop,commit=300,noauto_da_alloc,data=writeback");
}

#[test]
#[ignore = "needs root, loop devices and xfsprogs; a few minutes"]
fn power_cuts_on_xfs() {
    cut_power_after_each_change("xfs", "loop");
}

#[test]
#[ignore = "needs root, loop devices and btrfs-progs; a few minutes"]
fn power_cuts_on_btrfs() {
    cut_power_after_each_change("btrfs", "loop,commit=300");
}
