//! Runs the commands that `gtc` suggests, in a copy of the home folder: a suggested command must
//! work.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

use crate::{Output, run_unchecked};

/// Verbs that write to a place that a copy of the home does not replace: a registry, or a cache
/// that other tests use.
const NOT_RUN: [[&str; 2]; 5] =
    [["pack", "push"], ["pack", "sign"], ["cache", "gc"], ["cache", "verify"], ["doctor", "self"]];

/// The largest file whose content is copied, in bytes.
const MAX_COPIED_BYTES: u64 = 64 << 20;

/// Runs each command that the output of a run suggests. One with a placeholder, such as `<file>`,
/// is only parsed.
///
/// # Panics
/// If `gtc` does not accept a command, or what it names does not exist.
#[track_caller]
pub(crate) fn check(suggesting: &Command, output: &Output) {
    for text in texts(output) {
        for command in commands(&text) {
            check_command(suggesting, &command, &text);
        }
    }
}

#[track_caller]
fn check_command(suggesting: &Command, suggested: &str, text: &str) {
    let words = shell_words::split(suggested)
        .unwrap_or_else(|error| panic!("`{suggested}` is not a command: {error}\n{text}"));
    let Some(home) = variable(suggesting, "HOME").map(PathBuf::from) else { return };
    if !is_first_of_its_kind(&words, &home) {
        return;
    }
    let copied = tempfile::Builder::new().tempdir_in("/tmp").expect("a folder");
    copy_readable(&home, copied.path());
    let moved = |word: &str| word.replace(text_of(&home), text_of(copied.path()));
    let arguments: Vec<String> = words[1..].iter().map(|word| moved(word)).collect();
    let mut command = Command::new(suggesting.get_program());
    command.env_clear();
    for (name, value) in suggesting.get_envs() {
        let value = value.expect("no variable is removed").to_string_lossy();
        command.env(name, moved(&value));
    }
    if let Some(folder) = suggesting.get_current_dir() {
        command.current_dir(moved(text_of(folder)));
    }
    let is_run = !suggested.contains('<') && !is_verb(&arguments) && !is_excluded(&arguments);
    command.args(&arguments).args((!is_run).then_some("--help"));
    let output = run_unchecked(&mut command);
    let is_accepted = !["invalid-argument", "not-found"]
        .iter()
        .any(|kind| output.stderr.contains(&format!("\"kind\":\"{kind}\"")));
    assert!(is_accepted, "`{suggested}` is not accepted: {output:?}\nsuggested by: {text}");
}

/// Copies the regular files, links and folders that can be read: tests prepare others too.
fn copy_readable(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let from = entry.path();
        let to = to.join(entry.file_name());
        let kind = entry.file_type().expect("a type");
        let _ = if kind.is_dir() {
            fs::create_dir(&to).map(|()| copy_readable(&from, &to))
        } else if kind.is_symlink() {
            fs::read_link(&from).and_then(|target| std::os::unix::fs::symlink(target, &to))
        } else if kind.is_file() {
            copy_file(&from, &to)
        } else {
            Ok(())
        };
    }
}

/// Copies a file. Of a large one, only the size: tests make sparse files that no disk could hold.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let size = fs::metadata(from)?.len();
    if size > MAX_COPIED_BYTES {
        return fs::File::create(to)?.set_len(size);
    }
    fs::copy(from, to).map(drop)
}

/// Returns true if no command of the same words was checked yet, apart from the home folder.
fn is_first_of_its_kind(words: &[String], home: &Path) -> bool {
    static CHECKED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);
    let command = words.join(" ").replace(text_of(home), "~");
    CHECKED.lock().expect("no thread panicked").insert(command)
}

/// Returns true for the mere name of a verb, such as `gtc pack build`.
fn is_verb(arguments: &[String]) -> bool {
    arguments.iter().all(|argument| argument.chars().all(|it| it.is_ascii_lowercase() || it == '-'))
        && arguments[0] == "pack"
}

fn is_excluded(arguments: &[String]) -> bool {
    NOT_RUN.iter().any(|verb| arguments.starts_with(&verb.map(str::to_owned)))
}

/// Returns the texts of an output that `gtc` wrote itself.
fn texts(output: &Output) -> Vec<String> {
    let mut texts = Vec::new();
    for text in [&output.stdout, &output.stderr] {
        match serde_json::from_str::<Value>(text) {
            Ok(document) => collect(&document, &mut texts),
            Err(_) => texts.extend(text.lines().filter_map(|line| {
                let (_, suggestion) = line.split_once("next: ")?;
                Some(suggestion.to_owned())
            })),
        }
    }
    texts
}

/// Collects the members of a report that suggest commands.
fn collect(document: &Value, texts: &mut Vec<String>) {
    match document {
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if ["hint", "next"].contains(&name.as_str()) => {
                        texts.push(text.clone());
                    }
                    value => collect(value, texts),
                }
            }
        }
        _ => {}
    }
}

/// Returns the commands of `gtc` in a sentence, which are in backticks. A backtick in a quoted
/// word does not end a command.
fn commands(text: &str) -> Vec<String> {
    let starts = text.match_indices("`gtc ").map(|(at, _)| at + 1);
    starts.map(|start| text[start..start + length_of_command(&text[start..])].to_owned()).collect()
}

fn length_of_command(text: &str) -> usize {
    let mut in_quotes = false;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\'' => in_quotes = !in_quotes,
            '\\' if !in_quotes => is_escaped = true,
            '`' if !in_quotes => return at,
            _ => {}
        }
    }
    text.len()
}

fn variable(command: &Command, name: &str) -> Option<OsString> {
    command.get_envs().find(|(it, _)| *it == name)?.1.map(ToOwned::to_owned)
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
