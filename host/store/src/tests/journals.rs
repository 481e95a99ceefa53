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
use crate::{Change, ChangeError, NewAnswers, Store, StoreError};

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
    let answers = vec![NewAnswers { answers_ref, text: "{}".to_owned() }];
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

#[test]
fn logs_and_the_lock_are_no_links() {
    for name in ["audit/events.jsonl", "audit/events.torn", "requests.jsonl", ".lock", "audit"] {
        for is_dangling in [false, true] {
            let (root, store) = store(FIXTURES[0]);
            let outside = tempfile::tempdir().expect("a folder");
            let target = outside.path().join("target");
            if !is_dangling && name == "audit" {
                fs::create_dir(&target).expect("a folder");
            } else if !is_dangling {
                fs::write(&target, "of the user").expect("a file");
            }
            let folder = root.path().join("local");
            if name != "audit" {
                fs::create_dir(folder.join("audit")).expect("a folder");
                // half a line, which the next change moves away
                fs::write(folder.join("audit/events.jsonl"), "hostile").expect("a file");
            }
            let link = folder.join(name);
            let _ = fs::remove_file(&link);
            symlink(&target, &link).expect("a link");
            let before = fs::read(&target).ok();
            let answers_ref = AnswersRef::new("x.json");
            let answers = vec![NewAnswers { answers_ref, text: "{}".to_owned() }];
            let changed = store.change(&local(), &request(), |_| {
                let change = Change::recorded(vec![super::event("update")], ());
                Ok::<_, ChangeError>(Change { answers: answers.clone(), ..change })
            });
            changed.expect_err(name);
            assert_eq!(fs::read(&target).ok(), before, "{name}");
            assert_eq!(target.exists(), !is_dangling, "{name}");
            if target.is_dir() {
                assert_eq!(fs::read_dir(&target).expect("a folder").count(), 0, "{name}");
            }
            assert!(!folder.join("x.json").exists(), "{name}");
        }
    }
}

#[test]
fn a_found_journal_follows_no_link_of_a_text() {
    let (root, store) = store(FIXTURES[0]);
    let outside = tempfile::tempdir().expect("a folder");
    let target = outside.path().join("target");
    fs::write(&target, FIXTURES[0]).expect("a file");
    let path = root.path().join("local/environment.json");
    fs::remove_file(&path).expect("removed");
    symlink(&target, &path).expect("a link");
    let before = Sha256Digest::compute(FIXTURES[0].as_bytes()).to_string();
    let file = json!({"before": before, "after": "hostile", "is_private": false});
    write_journal(root.path(), &json!({"environment.json": file}), &json!({}));
    change(&store).expect_err("refused");
    assert_eq!(fs::read_to_string(&target).expect("a file"), FIXTURES[0]);
    // a change of this process follows the link, and the link stays
    fs::remove_file(root.path().join("local/.change.json")).expect("removed");
    super::text_after(&store, |environment| {
        env_pack_domain::change::remove(environment.clone(), &super::secrets())
            .expect("bound")
            .environment
    });
    assert!(path.is_symlink());
    assert_ne!(fs::read_to_string(&target).expect("a file"), FIXTURES[0]);
}

#[test]
fn a_journal_names_no_file_of_others() {
    let (root, store) = store(FIXTURES[0]);
    let file = json!({"before": null, "after": "hostile", "is_private": false});
    for path in [".lock", ".change.json", "audit/events.jsonl", "runtime.json", "a/.b", "backups"] {
        write_journal(root.path(), &json!({path: file}), &json!({}));
        let refused = store.load(&local()).expect_err(path);
        assert!(matches!(refused, StoreError::MalformedJournal { .. }), "{path}: {refused}");
    }
}

#[test]
fn another_tool_that_changes_the_environment_meanwhile_is_not_overwritten() {
    let (root, store) = store(FIXTURES[0]);
    let path = root.path().join("local/environment.json");
    let mut runs = 0;
    let theirs = |runs: usize| FIXTURES[0].replacen('{', &format!("{{\"x_run\": {runs},"), 1);
    let removed = store.change(&local(), &request(), |stored| {
        runs += 1;
        // it saves while this change is decided, twice
        if runs < 3 {
            fs::write(&path, theirs(runs)).expect("a file");
        }
        let changed = env_pack_domain::change::remove(stored.environment, &super::secrets());
        let environment = Some(changed.expect("bound").environment);
        Ok::<_, ChangeError>(Change { environment, ..Change::recorded(Vec::new(), ()) })
    });
    removed.expect("changed");
    assert_eq!(runs, 3);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains("\"x_run\": 2") && !text.contains("\"secrets\""), "{text}");
}
