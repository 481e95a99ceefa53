//! Stores whose folders or files are missing, or are not what they should be.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use env_pack_domain::AnswersRef;

use super::{AnswersError, FIXTURES, Store, StoreError, local, request, store};
use crate::{Change, ChangeError, NewAnswers};

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

fn put(store: &Store, path: &str, text: &str) -> Result<(), ChangeError> {
    store.change(&local(), &request(), |_| {
        let answers_ref = AnswersRef::new(path);
        let answers = vec![NewAnswers { answers_ref, text: text.to_owned() }];
        Ok(Change { answers, ..Change::recorded(Vec::new(), ()) })
    })
}

#[test]
fn answers_are_written_for_their_owner_only() {
    let (root, store) = store(FIXTURES[0]);
    put(&store, "env-packs/./secrets/answers.json", "{}").expect("written");
    let path = root.path().join("local/env-packs/secrets/answers.json");
    let mode = |path: &Path| path.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    // the permission bits of an existing file stay, and a link inside the environment is followed
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink("env-packs/secrets/answers.json", root.path().join("local/link.json")).expect("a link");
    put(&store, "link.json", "{\"a\": 1}").expect("written");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "{\"a\": 1}");
    assert_eq!(mode(&path), 0o640);
    assert!(root.path().join("local/link.json").is_symlink());
}

#[test]
fn answers_that_others_can_read_are_exposed() {
    let (root, store) = store(FIXTURES[0]);
    put(&store, "a.json", "{}").expect("written");
    let path = root.path().join("local/a.json");
    symlink("a.json", root.path().join("local/link.json")).expect("a link");
    let exposed = |name: &str| store.exposed_answers(&local(), &AnswersRef::new(name));
    for mode in [0o600, 0o400, 0o611, 0o640, 0o604, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        for name in ["a.json", "link.json"] {
            let found = exposed(name).expect("examined").map(|exposed| exposed.mode);
            assert_eq!(found, (mode & 0o044 != 0).then_some(mode), "{name} {mode:o}");
        }
    }
    assert_eq!(exposed("none.json").expect("examined"), None);
    assert_eq!(exposed("audit").expect("examined"), None);
    exposed("../a.json").expect_err("it leads out");
}

#[test]
fn answers_replace_no_other_file_and_leave_no_environment() {
    let (root, store) = store(FIXTURES[0]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("local");
    symlink(elsewhere.path(), folder.join("outside")).expect("a link");
    symlink(elsewhere.path().join("none"), folder.join("nowhere")).expect("a link");
    let before = fs::read(folder.join("environment.json")).expect("a file");
    for path in [
        "environment.json",
        "./environment.json",
        "packs.lock.json",
        "trust-root.json",
        "runtime.json",
        "audit/events.jsonl",
        "messaging/index.json",
        ".lock",
        "a/.b.json",
    ] {
        let refused = put(&store, path, "{}");
        let is_reserved =
            matches!(refused, Err(ChangeError::Answers(AnswersError::Reserved { .. })));
        assert!(is_reserved, "{path}: {refused:?}");
    }
    for path in ["outside/a.json", "outside/b/c.json", "nowhere", "nowhere/a.json"] {
        let refused = put(&store, path, "{}");
        let leads_outside =
            matches!(refused, Err(ChangeError::Answers(AnswersError::LeadsOutside { .. })));
        assert!(leads_outside, "{path}: {refused:?}");
    }
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
    assert_eq!(fs::read(folder.join("environment.json")).expect("a file"), before);
    let malformed = put(&store, "a.json", "{");
    assert!(matches!(malformed, Err(ChangeError::Answers(AnswersError::Malformed { .. }))));
    let limit = usize::try_from(crate::MAX_ANSWERS_BYTES).expect("a size");
    put(&store, "a.json", &format!("{}1", " ".repeat(limit - 1))).expect("as large as may be");
    let large = put(&store, "a.json", &format!("{}1", " ".repeat(limit)));
    assert!(matches!(large, Err(ChangeError::Answers(AnswersError::TooLarge { .. }))));
}
