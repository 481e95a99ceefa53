//! Documents whose commands are run: every block marked `console` in them is what really happens.
//!
//! A line that begins with `$ ` is a command for `sh`; a line that ends in `\` goes on. What follows is what it prints, standard
//! output and error as they come, then `? N` when it ends with the exit code N. In what is expected, `[..]` stands for anything
//! within a line and `...` for any lines. Set `BLESS=1` to write down what is printed now.

use crate::support::registry::docker::DockerRegistry;
use crate::support::toolchain::{path, toolchain};
use crate::support::{Sandbox, repository, run};

/// The documents, and what each needs in its folder before the first command.
fn documents() -> Vec<&'static str> {
    vec![
        "docs/operating.md",
        "docs/authoring.md",
        "docs/ci.md",
        "ARCHITECTURE.md",
        "tests/transcripts/cache.md",
        "tests/transcripts/env.md",
        "tests/transcripts/packs.md",
    ]
}

#[test]
fn documents_tell_the_truth() {
    let check = |document| check(document, Shell::new(Vec::new())).err();
    let failures: Vec<String> = documents().into_iter().filter_map(check).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The registries in the document have names with ports that do not change; here they listen where there is room.
#[test]
#[ignore = "needs docker-registry and skopeo; `cargo xtask test` runs it"]
fn the_document_about_registries_tells_the_truth() {
    let registries = [DockerRegistry::open(), DockerRegistry::with_passwords()];
    let localhost = |registry: &DockerRegistry| registry.host().replace("127.0.0.1", "localhost");
    let names = ["localhost:50000", "localhost:50001"].map(str::to_owned);
    let names = names.into_iter().zip(registries.each_ref().map(localhost)).collect();
    check("docs/registries.md", Shell::new(names)).unwrap_or_else(|failure| panic!("{failure}"));
}

fn check(document: &str, shell: Shell) -> Result<(), String> {
    let path = repository().join(document);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{document}: {error}"))?;
    let actual = replay(&text, &shell);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, actual).map_err(|error| format!("{document}: {error}"))?;
        return Ok(());
    }
    let (expected_lines, actual_lines): (Vec<_>, Vec<_>) = (text.lines().collect(), actual.lines().collect());
    for (line, (expected, actual)) in expected_lines.iter().zip(&actual_lines).enumerate() {
        if expected != actual {
            return Err(format!("{document}:{}: the document says\n  {expected}\nbut now it is\n  {actual}", line + 1));
        }
    }
    match expected_lines.len() == actual_lines.len() {
        true => Ok(()),
        false => Err(format!("{document}: {} lines are now {}:\n{actual}", expected_lines.len(), actual_lines.len())),
    }
}

/// The document with the output of every command replaced by what it prints now. Output that the document describes with
/// wildcards stays as it stands when it matches.
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
            assert!(line.starts_with("$ "), "a console block holds commands and their output: {line}");
            let mut command = line.trim_start_matches("$ ").to_owned();
            replayed.push_str(line);
            replayed.push('\n');
            while line.ends_with('\\') || is_heredoc_open(&command) {
                line = lines.next().expect("a command goes on");
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

/// A shell whose commands all run in one empty folder.
struct Shell {
    sandbox: Sandbox,
    /// Names in the document, and what stands in for each of them here.
    names: Vec<(String, String)>,
    /// What the commands have printed so far.
    printed: std::cell::RefCell<String>,
}

/// A digest in a command that was printed before for the same reference.
const PRINTED_DIGEST: &str = "@sha256:…";

impl Shell {
    /// A cache of its own for each document: what is kept in it, and what is said of it, is nobody else's.
    fn new(names: Vec<(String, String)>) -> Self {
        let sandbox = Sandbox::new().with_own_cache();
        std::fs::create_dir(sandbox.home().join("work")).expect("a folder");
        Self { sandbox, names, printed: String::new().into() }
    }

    fn run(&self, command: &str) -> String {
        let command = self.names.iter().fold(command.to_owned(), |text, (name, here)| text.replace(name, here));
        let command = self.with_digest(&command);
        let mut shell = self.sandbox.command("/bin/sh");
        shell.arg("-c").arg(format!("exec 2>&1; {command}")).current_dir(self.sandbox.home().join("work"));
        shell.env("PATH", path()).env("GTC_FORMAT", "human").env("REPOSITORY", repository());
        toolchain(&mut shell);
        let ran = run(&mut shell);
        self.printed.borrow_mut().push_str(&ran.stdout);
        let mut text = ran.stdout.replace(&self.sandbox.home().display().to_string(), "/home/marie");
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
    /// The command with the digest that was printed last for its reference, where it leaves one out.
    fn with_digest(&self, command: &str) -> String {
        let Some((before, after)) = command.split_once(PRINTED_DIGEST) else { return command.to_owned() };
        let reference = before.rsplit(' ').next().expect("a reference");
        let printed = self.printed.borrow();
        let (_, digest) = printed.rsplit_once(&format!("{reference}@sha256:")).expect("it was printed before");
        let digest: String = digest.chars().take_while(char::is_ascii_hexdigit).collect();
        format!("{before}@sha256:{digest}{after}")
    }
}
