//! Stores whose folders or files are missing, or are not what they should be.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use env_pack_domain::AnswersRef;

use super::{AnswersError, FIXTURES, Store, StoreError, local, store};

#[test]
fn a_recorded_store_is_opened_only_if_its_folder_exists() {
    let (root, store) = store(FIXTURES[0]);
    let recorded = store.at_gc_root(store.gc_root()).expect("the folder exists");
    assert_eq!(recorded.gc_root(), root.path());
    assert_eq!(recorded.list().expect("listed"), [local()]);
    assert!(store.at_gc_root(&root.path().join("missing")).is_none());
}

#[test]
fn a_store_in_a_file_cannot_be_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("environments");
    fs::write(&path, "").expect("a file");
    let error = Store::new(&path).list().expect_err("it is not a folder");
    assert!(matches!(&error, StoreError::Io { what: "read", path: named, .. } if *named == path));
}

#[test]
fn answers_that_cannot_be_looked_up_are_not_missing() {
    let (root, store) = store(FIXTURES[0]);
    let path = root.path().join("local/environment.json/answers.json");
    let answers_ref = AnswersRef::new("environment.json/answers.json");
    let error = store.answers(&local(), Some(&answers_ref)).expect_err("below a file");
    assert!(matches!(&error, AnswersError::Read { path: named, .. } if *named == path), "{error}");
}

#[test]
fn the_error_about_answers_elsewhere_names_the_reference() {
    let (root, store) = store(FIXTURES[0]);
    symlink(Path::new("/"), root.path().join("local/link")).expect("a link");
    let answers_ref = AnswersRef::new("link");
    let error = store.answers(&local(), Some(&answers_ref)).expect_err("it leads outside");
    assert_eq!(error.to_string(), "answers_ref `link` leads out of the environment's folder");
}
