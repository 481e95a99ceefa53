//! Tests of the tests: each deliberate fault is put into a copy of the sources, and the
//! test named beside it must fail.

mod list;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{self, command, output, root};

use list::{FAULTS, Fault};

/// Puts every fault whose name holds `filter` into the sources, one after the other.
pub fn run(filter: &str) -> Result<()> {
    let chosen: Vec<&Fault> = FAULTS.iter().filter(|fault| fault.name.contains(filter)).collect();
    ensure!(!chosen.is_empty(), "no fault has `{filter}` in its name");
    let tree = copy()?;
    if !target().exists() && root().join("target/debug").exists() {
        take_over_dependencies(&tree)?;
    }
    for fault in &chosen {
        ensure!(
            fault.is_caught(&tree)?.is_none(),
            "`{}` fails without the fault `{}`",
            fault.test,
            fault.name
        );
    }
    println!("faults: the tests of all {} pass without them", chosen.len());
    let mut missed = Vec::new();
    for fault in &chosen {
        let start = Instant::now();
        let caught = fault.put_into(&tree)?;
        println!(
            "{} {} ({}, {} s)",
            if caught { "caught" } else { "MISSED" },
            fault.name,
            fault.test,
            start.elapsed().as_secs()
        );
        missed.extend((!caught).then_some(fault.name));
    }
    ensure!(missed.is_empty(), "no test noticed: {}", missed.join(", "));
    println!("faults: {} of {} caught", chosen.len(), chosen.len());
    Ok(())
}

/// Copies what git tracks, so that the faults stay out of the real sources.
fn copy() -> Result<PathBuf> {
    let tree = root().join("target/faults");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    for file in output(&mut command("git", &["ls-files"]))?.lines() {
        let to = tree.join(file);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(root().join(file), to).with_context(|| file.to_owned())?;
    }
    Ok(tree)
}

/// Copies what is compiled of the dependencies already, without what is compiled of our
/// own crates.
fn take_over_dependencies(tree: &Path) -> Result<()> {
    fs::create_dir(target())?;
    process::run(&mut command("cp", &["--archive", "target/debug", "target/faults-target"]))?;
    let own = ["env-pack-domain", "env-pack-sdk", "gtc", "test-artifacts"]
        .map(|package| ["--package", package]);
    let mut clean = command("cargo", &[&["clean", "--quiet"], own.as_flattened()].concat());
    process::run(clean.current_dir(tree).env("CARGO_TARGET_DIR", target()))
}

/// Where the copy is compiled: a place of its own, because cargo takes crates of the same
/// place in two trees for the same crate.
fn target() -> PathBuf {
    root().join("target/faults-target")
}

impl Fault {
    /// Whether the test fails with the fault in the sources, which are mended afterwards.
    fn put_into(&self, tree: &Path) -> Result<bool> {
        let path = tree.join(self.file);
        let text = fs::read_to_string(&path)?;
        fs::write(&path, text.replacen(self.from, self.to, 1))?;
        let caught = self.is_caught(tree);
        fs::write(&path, text)?;
        match caught?.as_deref() {
            None => Ok(false),
            Some(words) if words.contains("FAILED") => Ok(true),
            Some(words) => {
                bail!("the sources do not compile with the fault `{}`:\n{words}", self.name)
            }
        }
    }

    /// What the test says when it fails.
    fn is_caught(&self, tree: &Path) -> Result<Option<String>> {
        let package = match self.file {
            _ if self.is_of_suite() => "gtc",
            file if file.starts_with("host/domain") => "env-pack-domain",
            file if file.starts_with("guest-sdk") => "env-pack-sdk",
            _ => "gtc",
        };
        let which: &[&str] = if self.is_of_suite() { &["--test", "suite"] } else { &["--lib"] };
        let base = ["test", "--package", package, "--locked"];
        let mut test = command("cargo", &[&base, which, &["--", "--exact", self.test]].concat());
        let ran = test.current_dir(tree).env("CARGO_TARGET_DIR", target()).output()?;
        let words = format!(
            "{}{}",
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
        ensure!(!words.contains("running 0 tests"), "there is no test `{}`", self.test);
        Ok((!ran.status.success()).then_some(words))
    }

    fn is_of_suite(&self) -> bool {
        !self.test.contains("tests::")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_put_in_and_names_a_test() {
        for Fault { name, file, from, to, test } in FAULTS {
            let text = fs::read_to_string(root().join(file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(text.matches(from).count(), 1, "{name}: {file} does not hold once: {from}");
            assert_ne!(from, to, "{name}");
            let function = test.rsplit("::").next().expect("a name");
            let tests = output(&mut command("git", &["grep", "-l", &format!("fn {function}\\b")]))
                .unwrap_or_default();
            assert!(!tests.is_empty(), "{name}: there is no test `{function}`");
        }
    }

    #[test]
    fn no_fault_stands_twice() {
        let mut names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FAULTS.len());
    }
}
