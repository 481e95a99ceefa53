//! Fuzz targets: functions that accept any bytes, and panic if the host breaks a promise.
//!
//! Each uses the public API of the host. `cargo test -p gtc-fuzz` runs the corpus and a few
//! thousand mutations; `cargo run -p gtc-fuzz -- <target> --runs N` runs more of them; `cargo
//! fuzz run <target> --features libfuzzer` searches for inputs that reach new code.
#![expect(clippy::disallowed_methods, reason = "it prepares inputs in files")]

mod archive;
mod cosign;
mod environment;
mod handler;
pub mod mutate;
mod signature;
mod text;
mod well_formed;

use std::path::{Path, PathBuf};

/// A fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of the target, and of its folder below `corpus`.
    pub name: &'static str,
    /// Runs the target on an input; panics if the host breaks a promise.
    pub run: fn(&[u8]),
    /// Number of mutations that `cargo test` runs, in a few seconds.
    pub short_runs: u64,
}

/// Every target.
pub const TARGETS: [Target; 12] = [
    Target { name: "archive", run: archive::archive, short_runs: 20_000 },
    Target { name: "documents", run: archive::documents, short_runs: 20_000 },
    Target { name: "descriptor", run: text::descriptor, short_runs: 50_000 },
    Target { name: "requirement", run: text::requirement, short_runs: 50_000 },
    Target { name: "extension", run: text::extension, short_runs: 50_000 },
    Target { name: "reference", run: text::reference, short_runs: 50_000 },
    Target { name: "protocol", run: text::protocol, short_runs: 50_000 },
    Target { name: "environment", run: environment::environment, short_runs: 2_000 },
    Target { name: "signature", run: signature::signature, short_runs: 50_000 },
    Target { name: "cosign", run: cosign::cosign, short_runs: 50_000 },
    Target { name: "answers", run: handler::answers, short_runs: 200 },
    Target { name: "generated", run: handler::generated, short_runs: 200 },
];

/// Finds a target by name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// The root folder of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Target {
    /// The corpus: the files of the target's own folder, and real files of the repository.
    ///
    /// # Panics
    /// If a file cannot be read.
    pub fn corpus(&self) -> Vec<Vec<u8>> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name);
        let shared = match self.name {
            "archive" => vec!["builtins/packed"],
            "cosign" => vec!["tests/fixtures/cosign"],
            "environment" => vec!["tests/fixtures/native/busy", "tests/fixtures/native/fresh"],
            _ => vec![],
        };
        let folders = shared.into_iter().map(|folder| repository().join(folder)).chain([own]);
        let mut files: Vec<PathBuf> = folders.flat_map(|folder| files(&folder)).collect();
        files.sort();
        files.into_iter().map(|file| std::fs::read(file).expect("a corpus file")).collect()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the corpus, then a fixed sequence of mutations.
    fn replay_and_mutate(name: &str) {
        let target = target(name).expect("a target");
        let corpus = target.corpus();
        assert!(!corpus.is_empty(), "`{name}` has no corpus");
        for input in &corpus {
            (target.run)(input);
        }
        let mut mutator = mutate::Mutator::new(1, &corpus);
        for _ in 0..target.short_runs {
            let input = mutator.next_input();
            mutate::attempt(&target, &input)
                .unwrap_or_else(|file| panic!("`{name}` fails on {}", file.display()));
        }
    }

    /// The engine supports few WebAssembly proposals. It would refuse components that use
    /// others before they run.
    #[test]
    fn most_generated_components_are_executed() {
        let corpus = target("generated").expect("a target").corpus();
        let mut mutator = mutate::Mutator::new(2, &corpus);
        let run = (0..100).filter(|_| handler::is_executed(&mutator.next_input())).count();
        assert!(run > 60, "{run} of 100");
    }

    macro_rules! short_runs {
        ($($name:ident),+) => {
            $(#[test]
            fn $name() {
                replay_and_mutate(stringify!($name));
            })+

            #[test]
            fn every_target_is_tested() {
                let tested = [$(stringify!($name)),+];
                assert_eq!(tested, TARGETS.map(|target| target.name));
            }
        };
    }

    short_runs!(
        archive,
        documents,
        descriptor,
        requirement,
        extension,
        reference,
        protocol,
        environment,
        signature,
        cosign,
        answers,
        generated
    );
}
