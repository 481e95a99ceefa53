//! Journals of interrupted changes, in folders that another user may have prepared.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use env_pack_domain::{AnswersRef, Sha256Digest};
use serde_json::{Value, json};

use super::{FIXTURES, local, request, store};
use crate::backend::{Backend as _, Decision};
use crate::files::FileBackend;
use crate::{Change, ChangeError, NewAnswers, Store};

/// Writes a journal with these files and logs.
fn write_journal(root: &Path, files: &Value, logs: &Value) {
    let journal = json!({"schema": "gtc.change.v1", "request": "k", "files": files, "logs": logs});
    write_text(root, &journal.to_string());
}

fn write_text(root: &Path, json: &str) {
    let text = format!("{}\n{json}", Sha256Digest::compute(json.as_bytes()));
    fs::write(root.join("local/.change.json"), text).expect("a file");
}

fn change(store: &Store) -> Result<(), ChangeError> {
    let answers_ref = AnswersRef::new("x.json");
    let answers = Some(NewAnswers { answers_ref, text: "{}".to_owned() });
    store.change(&local(), &request(), |_| {
        Ok(Change { answers: answers.clone(), ..Change::recorded(Vec::new(), ()) })
    })
}

/// Asserts that nothing reads or changes the environment, and that the error says this.
#[track_caller]
fn assert_refused(store: &Store, says: &str) {
    let errors = [
        store.load(&local()).expect_err("refused").to_string(),
        change(store).expect_err("refused").to_string(),
    ];
    assert!(errors.iter().any(|error| error.contains(says)), "{errors:?}");
}

#[test]
fn readers_see_an_interrupted_change_and_the_next_change_finishes_it() {
    let (root, store) = store(FIXTURES[0]);
    let before = Sha256Digest::compute(FIXTURES[0].as_bytes()).to_string();
    let after = FIXTURES[0].replace("\"sessions\"", "\"widgets\"");
    assert_ne!(after, FIXTURES[0]);
    let file = |text: &str| json!({"before": before, "after": text, "is_private": false});
    write_journal(root.path(), &json!({"environment.json": file(&after)}), &json!({}));
    assert_eq!(store.load(&local()).expect("loaded").faults.len(), 1);
    assert_eq!(super::read(&store, "environment.json"), FIXTURES[0]);
    change(&store).expect("changed");
    assert_eq!(super::read(&store, "environment.json"), after);
    assert!(!root.path().join("local/.change.json").exists());
}

#[test]
fn a_damaged_journal_is_named() {
    let (root, store) = store(FIXTURES[0]);
    let path = root.path().join("local/.change.json");
    write_journal(root.path(), &json!({}), &json!({}));
    let whole = fs::read_to_string(&path).expect("a file");
    for damaged in ["", "one line", &whole.replace("gtc.change.v1", "gtc.change.v2"), &whole[1..]] {
        fs::write(&path, damaged).expect("a file");
        assert_refused(&store, ".change.json");
    }
    write_text(root.path(), "{\"schema\": \"gtc.change.v9\"}");
    assert_refused(&store, ".change.json");
}

#[test]
fn a_journal_writes_nothing_outside_of_its_environment() {
    let (root, store) = store(FIXTURES[0]);
    let outside = tempfile::tempdir().expect("a folder");
    symlink(outside.path(), root.path().join("local/link")).expect("a link");
    let file = json!({"before": null, "after": "hostile", "is_private": false});
    let absolute = outside.path().join("x").display().to_string();
    for path in ["../x", "link/x", "a/../../x", absolute.as_str(), "", "."] {
        write_journal(root.path(), &json!({path: file}), &json!({}));
        change(&store).expect_err(path);
    }
    for log in ["../events.jsonl", "environment.json", "link/x", "audit/events.jsonl/.."] {
        let append = json!({"at": 0, "lines": "hostile\n"});
        write_journal(root.path(), &json!({}), &json!({log: append}));
        change(&store).expect_err(log);
    }
    assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 0);
    assert!(!root.path().join("x").exists());
    assert_eq!(super::read(&store, "environment.json"), FIXTURES[0]);
    fs::remove_file(root.path().join("local/.change.json")).expect("removed");
    change(&store).expect("changed");
}

#[test]
fn the_holder_of_the_lock_is_named() {
    let (root, store) = store(FIXTURES[0]);
    change(&store).expect("changed");
    let holder = fs::read_to_string(root.path().join("local/.lock")).expect("a file");
    assert_eq!(holder, format!("process {} (`gtc op env-packs update`)", std::process::id()));
    let held = fs::File::open(root.path().join("local/.lock")).expect("a file");
    held.lock().expect("locked");
    fs::write(root.path().join("local/.lock"), "process 7\u{1b}[2J").expect("a file");
    let backend = FileBackend::new(root.path());
    let nothing = &mut |_| Decision::Nothing;
    let busy = backend.change(&local(), &request(), Duration::ZERO, nothing).expect_err("busy");
    assert!(busy.to_string().contains(r"is being changed by process 7\u{1b}[2J"), "{busy}");
}
