//! Snapshots of every message in the sources, so that the diff of a change in wording is
//! its review.
//!
//! `tests/snapshots/messages` holds a text file for each area of the sources, with the
//! messages of its files in source order.

mod collect;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::process::root;
use crate::sources;

/// The path of a snapshot, relative to the repository, and its text.
type Snapshots = BTreeMap<PathBuf, String>;

const FOLDER: &str = "tests/snapshots/messages";

/// Writes the snapshots and removes those whose area is gone.
pub(crate) fn update() -> Result<()> {
    let current = current()?;
    for stale in recorded()?.keys().filter(|path| !current.contains_key(*path)) {
        fs::remove_file(root().join(stale))?;
    }
    fs::create_dir_all(root().join(FOLDER))?;
    for (path, text) in &current {
        fs::write(root().join(path), text)?;
    }
    println!("messages: {} snapshots in {FOLDER}", current.len());
    Ok(())
}

/// Fails if a snapshot differs from the sources.
pub(crate) fn check() -> Result<()> {
    let current = current()?;
    let recorded = recorded()?;
    let paths: BTreeSet<&PathBuf> = current.keys().chain(recorded.keys()).collect();
    let changed: Vec<String> = paths
        .into_iter()
        .filter(|path| current.get(*path) != recorded.get(*path))
        .map(|path| path.display().to_string())
        .collect();
    ensure!(
        changed.is_empty(),
        "messages changed; run `cargo xtask messages`, read the diff and commit it: {}",
        changed.join(", ")
    );
    println!("messages: the snapshots agree with the sources");
    Ok(())
}

/// The snapshots that the sources give.
fn current() -> Result<Snapshots> {
    let mut snapshots = Snapshots::new();
    for source in sources::without_tests()? {
        let messages = collect::messages(&source.syntax);
        if messages.is_empty() {
            continue;
        }
        let snapshot = Path::new(FOLDER).join(area(&source.path) + ".txt");
        let text = snapshots.entry(snapshot).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("# {}\n", source.path.display()));
        for message in messages {
            // further lines are indented, so that a message is one block
            let mut indent = "";
            for line in message.lines() {
                text.push_str(format!("{indent}{line}").trim_end());
                text.push('\n');
                indent = "    ";
            }
        }
    }
    Ok(snapshots)
}

/// The snapshots on disk.
fn recorded() -> Result<Snapshots> {
    let mut snapshots = Snapshots::new();
    if !root().join(FOLDER).exists() {
        return Ok(snapshots);
    }
    for entry in fs::read_dir(root().join(FOLDER))? {
        let path = Path::new(FOLDER).join(entry?.file_name());
        let text = fs::read_to_string(root().join(&path))?;
        snapshots.insert(path, text);
    }
    Ok(snapshots)
}

/// The area that a source file belongs to: a crate below `host`, a folder of the large crate
/// `core`, or a top folder.
fn area(path: &Path) -> String {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts.as_slice() {
        ["host", "core", "src", folder, _, ..] => folder,
        ["host", krate, ..] => krate,
        ["guest-sdk", ..] => "sdk",
        [top, ..] => top,
        [] => "",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_snapshots_agree_with_the_sources() {
        super::check().expect("up-to-date snapshots");
    }
}
