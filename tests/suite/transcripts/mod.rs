//! Runs the commands in the documents, and compares their output: every `console` block is
//! tested.
//!
//! A line that begins with `$ ` is a command for `sh`; a line that ends in `\` continues. The
//! output follows, standard output and error combined, then `? N` for an exit code N other than
//! 0. In the expected output, `[..]` matches anything within a line, and `...` matches any lines.
//! Set `BLESS=1` to update the documents.

mod cached_toolchains;
mod code_blocks;
mod components;
mod links;
mod recipes;

use test_support::registry::docker::DockerRegistry;
use test_support::toolchain::{path, toolchain};
use test_support::{Output, Sandbox, repository, run};

/// A test for each document that needs only Rust, so that they run in parallel.
macro_rules! documents {
    ($($test:ident = $document:literal)+) => {
        const DOCUMENTS: &[&str] = &[$($document),+];

        $(#[test]
        fn $test() {
            assert_up_to_date($document, Shell::new(Vec::new()));
        })+
    };
}

documents! {
    the_guide_for_authors = "docs/authoring.md"
    the_guide_for_ci = "docs/ci.md"
    the_guide_for_operators_of_fleets = "docs/fleets.md"
    the_guide_for_operators = "docs/operating.md"
    the_guide_for_rust = "docs/rust.md"
    the_guide_to_messaging = "docs/messaging.md"
    the_guide_to_moving = "docs/moving.md"
    the_guide_to_signing = "docs/signing.md"
    the_guide_to_testing = "docs/testing.md"
    transcript_of_cache = "tests/transcripts/cache.md"
    transcript_of_env = "tests/transcripts/env.md"
    transcript_of_packs = "tests/transcripts/packs.md"
}

/// The documents with a test of their own, because they need other programs.
const OTHER_DOCUMENTS: [&str; 4] =
    ["docs/components.md", "docs/javascript.md", "docs/python.md", "docs/registries.md"];

fn assert_up_to_date(document: &str, shell: Shell) {
    check(document, shell).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn the_guide_for_components() {
    let handler = components::TextHandler::new();
    assert_up_to_date("docs/components.md", Shell::new(handler.commands()));
}

/// The registries in the document have fixed ports, but those of this test have free ones.
#[test]
#[ignore = "needs docker-registry and skopeo; `cargo xtask test` runs it"]
fn the_guide_to_registries() {
    let registries = [DockerRegistry::open(), DockerRegistry::with_passwords()];
    let localhost = |registry: &DockerRegistry| registry.host().replace("127.0.0.1", "localhost");
    let names = ["localhost:50000", "localhost:50001"].map(str::to_owned);
    let names = names.into_iter().zip(registries.each_ref().map(localhost)).collect();
    assert_up_to_date("docs/registries.md", Shell::new(names));
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn the_guide_for_python() {
    let shell = Shell::with_toolchain(
        "python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt",
        ".venv",
    );
    cached_toolchains::python(&shell.toolchain());
    assert_up_to_date("docs/python.md", shell);
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn the_guide_for_javascript() {
    let shell = Shell::with_toolchain("npm ci --ignore-scripts --silent", "node_modules");
    cached_toolchains::javascript(&shell.toolchain());
    assert_up_to_date("docs/javascript.md", shell);
}

#[test]
fn every_page_with_commands_is_replayed() {
    for page in pages() {
        let has_commands = text_of(&page).contains("```console");
        let is_replayed =
            DOCUMENTS.iter().chain(&OTHER_DOCUMENTS).any(|document| **document == page);
        assert_eq!(has_commands, is_replayed, "{page}");
    }
}

/// The pages for users: those in `docs`, and those in the root folder.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(str::to_owned)
        .into();
    let entries = std::fs::read_dir(repository().join("docs")).expect("a folder");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    pages.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")));
    pages.sort();
    pages
}

fn text_of(page: &str) -> String {
    std::fs::read_to_string(repository().join(page))
        .unwrap_or_else(|error| panic!("{page}: {error}"))
}

fn check(document: &str, shell: Shell) -> Result<(), String> {
    let path = repository().join(document);
    let text = text_of(document);
    let actual = replay(&text, &shell);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, actual).map_err(|error| format!("{document}: {error}"))?;
        return Ok(());
    }
    let expected_lines: Vec<_> = text.lines().collect();
    let actual_lines: Vec<_> = actual.lines().collect();
    for (line, (expected, actual)) in expected_lines.iter().zip(&actual_lines).enumerate() {
        if expected != actual {
            return Err(format!(
                "{document}:{}: expected\n  {expected}\nbut got\n  {actual}",
                line + 1
            ));
        }
    }
    if expected_lines.len() != actual_lines.len() {
        return Err(format!(
            "{document}: expected {} lines, but got {}:\n{actual}",
            expected_lines.len(),
            actual_lines.len()
        ));
    }
    Ok(())
}

/// The document with the output of every command replaced by the current one. Expected output
/// with wildcards is kept if it matches.
fn replay(text: &str, shell: &Shell) -> String {
    let mut replayed = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        replayed.push_str(line);
        replayed.push('\n');
        if line != "```console" {
            continue;
        }
        while let Some(mut line) = lines.next().filter(|line| *line != "```") {
            assert!(line.starts_with("$ "), "a console block begins with a command: {line}");
            let mut command = line.trim_start_matches("$ ").to_owned();
            replayed.push_str(line);
            replayed.push('\n');
            while line.ends_with('\\') || is_heredoc_open(&command) {
                line = lines.next().expect("the command continues");
                command.push_str(&format!("\n{line}"));
                replayed.push_str(line);
                replayed.push('\n');
            }
            let mut expected = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && *line != "```") {
                expected.push_str(&format!("{line}\n"));
            }
            let actual = shell.run(&command);
            replayed.push_str(if matches(&expected, &actual) { &expected } else { &actual });
        }
        replayed.push_str("```\n");
    }
    replayed
}

fn is_heredoc_open(command: &str) -> bool {
    command.lines().next().is_some_and(|line| line.contains("<<'END'"))
        && !command.lines().skip(1).any(|line| line == "END")
}

fn matches(expected: &str, actual: &str) -> bool {
    let expected = snapbox::Data::text(expected.to_owned());
    let redactions = snapbox::Redactions::new();
    let assert = snapbox::Assert::new().redact_with(redactions);
    assert.try_eq(None, snapbox::Data::text(actual.to_owned()), expected).is_ok()
}

/// A shell whose commands run in one folder, which is empty at first.
struct Shell {
    sandbox: Sandbox,
    /// Names in the document, and the names that replace them here.
    names: Vec<(String, String)>,
    /// The output of the commands so far.
    printed: std::cell::RefCell<String>,
    /// Commands have no time limit, because they may compile an interpreter.
    is_slow: bool,
}

/// In a command: the digest that was last printed for the same reference.
const PRINTED_DIGEST: &str = "@sha256:…";

impl Shell {
    /// Creates a shell with its own cache, because documents show its content.
    fn new(names: Vec<(String, String)>) -> Self {
        Self::in_sandbox(Sandbox::new().with_own_cache(), names)
    }

    fn in_sandbox(sandbox: Sandbox, names: Vec<(String, String)>) -> Self {
        std::fs::create_dir(sandbox.home().join("work")).expect("a folder");
        Self { sandbox, names, printed: String::new().into(), is_slow: false }
    }

    /// Creates a shell with an installed toolchain: it replaces the command `install` by a link
    /// with this name in the project folder. Compiled components are cached.
    fn with_toolchain(install: &str, name: &str) -> Self {
        let shell = Self { is_slow: true, ..Self::in_sandbox(Sandbox::new(), Vec::new()) };
        let there = format!("ln -s {} {name}", shell.toolchain().display());
        Self { names: vec![(install.to_owned(), there)], ..shell }
    }

    /// The folder of that toolchain.
    fn toolchain(&self) -> std::path::PathBuf {
        self.sandbox.home().join("toolchain")
    }

    fn run(&self, command: &str) -> String {
        let command = self
            .names
            .iter()
            .fold(command.to_owned(), |text, (name, here)| text.replace(name, here));
        let command = self.with_digest(&command);
        let mut shell = self.sandbox.command("/bin/sh");
        shell
            .arg("-c")
            .arg(format!("exec 2>&1; {command}"))
            .current_dir(self.sandbox.home().join("work"));
        shell.env("PATH", path()).env("GTC_FORMAT", "human").env("REPOSITORY", repository());
        toolchain(&mut shell);
        let ran = if self.is_slow {
            Output::from(shell.output().expect("it starts"))
        } else {
            run(&mut shell)
        };
        self.printed.borrow_mut().push_str(&ran.stdout);
        let mut text =
            ran.stdout.replace(&self.sandbox.home().display().to_string(), "/home/marie");
        text = self.names.iter().fold(text, |text, (name, here)| text.replace(here, name));
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        match ran.code {
            0 => text,
            code => format!("{text}? {code}\n"),
        }
    }
}

impl Shell {
    /// Replaces [`PRINTED_DIGEST`] in a command.
    fn with_digest(&self, command: &str) -> String {
        let Some((before, after)) = command.split_once(PRINTED_DIGEST) else {
            return command.to_owned();
        };
        let reference = before.rsplit(' ').next().expect("a reference");
        let printed = self.printed.borrow();
        let (_, digest) =
            printed.rsplit_once(&format!("{reference}@sha256:")).expect("it was printed before");
        let digest: String = digest.chars().take_while(char::is_ascii_hexdigit).collect();
        format!("{before}@sha256:{digest}{after}")
    }
}
