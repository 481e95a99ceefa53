//! Backups of the texts that changes replace.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::{FIXTURES, local, request};
use crate::backend::{Backend as _, Decision, Edit, TextKind};
use crate::files::FileBackend;
use crate::limits::StoreLimits;
use crate::{ChangeError, StoreError};

/// Makes an environment with the document `text 1`, of revision 1.
fn environment(backups: usize) -> (tempfile::TempDir, FileBackend) {
    let root = tempfile::tempdir().expect("a folder");
    let backend = FileBackend::new(root.path()).with_limits(StoreLimits { backups });
    write(&backend, &[(TextKind::Document, "text 1")]).expect("created");
    (root, backend)
}

fn write(backend: &FileBackend, texts: &[(TextKind, &str)]) -> Result<(), ChangeError> {
    let writes = texts.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
    let edit = Edit { writes, ..Edit::default() };
    let decide = &mut |_| Decision::Write(edit.clone());
    backend.change(&local(), &request(), std::time::Duration::ZERO, decide).map(|_| ())
}

fn write_document(backend: &FileBackend, text: &str) -> Result<(), ChangeError> {
    write(backend, &[(TextKind::Document, text)])
}

/// Returns the names and contents of the backups, sorted.
fn backups(root: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(root.join("local/backups")).expect("a folder");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a name");
            (name, fs::read_to_string(entry.path()).expect("a file"))
        })
        .collect();
    found.sort();
    found
}

fn named(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_replaced_text_is_kept_under_its_revision() {
    let (root, backend) = environment(20);
    assert!(!root.path().join("local/backups").exists(), "nothing was replaced");
    write(&backend, &[(TextKind::Document, "text 2"), (TextKind::Pins, "pins 2")]).expect("made");
    assert_eq!(backups(root.path()), named(&[("environment.json.1.bak", "text 1")]));
    write(&backend, &[(TextKind::Pins, "pins 3"), (TextKind::TrustRoot, "keys 3")]).expect("made");
    // a text that stays the same is not replaced
    write(&backend, &[(TextKind::Document, "text 2"), (TextKind::TrustRoot, "keys 4")])
        .expect("made");
    let expected = [
        ("environment.json.1.bak", "text 1"),
        ("packs.lock.json.2.bak", "pins 2"),
        ("trust-root.json.3.bak", "keys 3"),
    ];
    assert_eq!(backups(root.path()), named(&expected));
}

#[test]
fn the_text_of_another_tool_is_kept_too() {
    let (root, backend) = environment(20);
    let path = root.path().join("local/environment.json");
    fs::write(&path, "of another tool").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    write_document(&backend, "text 3").expect("made");
    assert_eq!(backups(root.path()), named(&[("environment.json.2.bak", "of another tool")]));
    let backup = root.path().join("local/backups/environment.json.2.bak");
    assert_eq!(backup.metadata().expect("a file").permissions().mode() & 0o777, 0o640);
}

#[test]
fn old_backups_are_removed_and_files_of_others_stay() {
    let (root, backend) = environment(2);
    write_document(&backend, "text 2").expect("made");
    let folder = root.path().join("local/backups");
    let theirs = [
        "environment.json.20261201T000000Z.bak",
        "environment.json.007.bak",
        "environment.json.1.bak.bak",
        "environment.json.20261201000000.bak",
        "other.json.1.bak",
        "notes.txt",
    ];
    for name in theirs {
        fs::write(folder.join(name), "of another tool").expect("a file");
    }
    for number in 3..8 {
        write_document(&backend, &format!("text {number}")).expect("made");
    }
    let mut expected: Vec<_> = theirs.map(|name| (name, "of another tool")).to_vec();
    expected.extend([("environment.json.5.bak", "text 5"), ("environment.json.6.bak", "text 6")]);
    expected.sort_unstable();
    assert_eq!(backups(root.path()), named(&expected));
}

#[test]
fn a_backup_is_written_through_no_link() {
    let (root, backend) = environment(20);
    let outside = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("local/backups");
    symlink(outside.path(), &folder).expect("a link");
    let refused = write_document(&backend, "text 2").expect_err("it leads outside");
    assert!(matches!(refused, ChangeError::Store(StoreError::LeadsOutside { .. })), "{refused}");
    assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 0);
    fs::remove_file(&folder).expect("removed");
    symlink(outside.path().join("none"), &folder).expect("a link");
    write_document(&backend, "text 2").expect_err("it leads nowhere");
    fs::remove_file(&folder).expect("removed");
    // a link in the place of the backup is replaced
    fs::create_dir(&folder).expect("a folder");
    let target = outside.path().join("target");
    fs::write(&target, "of the user").expect("a file");
    symlink(&target, folder.join("environment.json.1.bak")).expect("a link");
    write_document(&backend, "text 2").expect("made");
    assert_eq!(fs::read_to_string(&target).expect("a file"), "of the user");
    assert_eq!(backups(root.path()), named(&[("environment.json.1.bak", "text 1")]));
}

#[test]
fn a_text_that_cannot_be_kept_is_not_replaced() {
    let (root, backend) = environment(20);
    let folder = root.path().join("local/backups");
    fs::write(&folder, "of the user").expect("a file");
    let refused = write_document(&backend, "text 2").expect_err("a file is in the way");
    assert!(matches!(&refused, ChangeError::Store(StoreError::Io { path, .. }) if *path == folder));
    fs::remove_file(&folder).expect("removed");
    let backup = folder.join("environment.json.1.bak");
    fs::create_dir_all(&backup).expect("a folder");
    let refused = write_document(&backend, "text 2").expect_err("a folder is in the way");
    assert!(matches!(&refused, ChangeError::Store(StoreError::Io { path, .. }) if *path == backup));
    let path = root.path().join("local/environment.json");
    assert_eq!(fs::read_to_string(path).expect("a file"), "text 1");
    assert!(!root.path().join("local/.change.json").exists());
}

#[test]
fn a_linked_text_is_kept_with_its_content() {
    let root = tempfile::tempdir().expect("a folder");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("environment.json");
    fs::write(&target, FIXTURES[0]).expect("a file");
    fs::create_dir(root.path().join("local")).expect("a folder");
    symlink(&target, root.path().join("local/environment.json")).expect("a link");
    write_document(&FileBackend::new(root.path()), "text 1").expect("made");
    assert_eq!(fs::read_to_string(&target).expect("a file"), "text 1");
    assert_eq!(backups(root.path()), named(&[("environment.json.1.bak", FIXTURES[0])]));
}
