//! A new project in Rust is built, tested and bound, and its build is reproducible.

use std::fs;

use serde_json::json;

use super::Author;
use test_support::{Sandbox, gtc, gtc_folder, repository, text};

#[test]
fn the_template_builds_passes_its_tests_and_is_bound() {
    let author = Author::new();
    let folder = author.project("acme.secrets.demo", &[]);
    let lock = fs::read_to_string(folder.join("Cargo.lock")).expect("a file");
    let built = author.build(&folder).succeeded().result();
    assert_eq!(built["path"], "acme.secrets.demo-0.1.0.gtpack", "{built}");
    assert_eq!(
        (&built["slot"], &built["tools"]),
        (&json!("secrets"), &json!(["git --version"])),
        "{built}"
    );
    assert_eq!(built["warnings"], json!(null), "{built}");
    let tested = author.run(&folder, "cargo", ["test", "--quiet", "--locked"]).succeeded();
    tested.shows(&["3 passed"]);
    author.run(&folder, "cargo", ["fmt", "--check"]).succeeded();
    let lints = ["clippy", "--quiet", "--locked", "--all-targets", "--", "--deny", "warnings"];
    author.run(&folder, "cargo", lints).succeeded();
    assert_eq!(
        fs::read_to_string(folder.join("Cargo.lock")).expect("a file"),
        lock,
        "cargo wrote another lock file"
    );

    let pack = folder.join("acme.secrets.demo-0.1.0.gtpack").display().to_string();
    let mut sandbox = author.sandbox;
    sandbox.gtc(["pack", "validate", "--strict", &pack]).succeeded();
    bind_as_the_readme_says(&sandbox, &folder.join("README.md"), &folder);
    sandbox.env().doctor().succeeded();
    sandbox.program("git", "echo git version 2.99.1");
    let report = sandbox.env().tool_check().succeeded().result();
    let bound = report["bindings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|binding| binding["slot"] == "secrets");
    let check = &bound.expect("it is bound")["checks"][0];
    assert_eq!((text(&check["name"]), &check["outcome"]["detail"]), ("git", &json!("2.99.1")));
    assert_eq!(check["description"], "Git 2.25 or newer");
}

/// Binds a pack with the command in its README.
fn bind_as_the_readme_says(sandbox: &Sandbox, readme: &std::path::Path, folder: &std::path::Path) {
    let text = fs::read_to_string(readme).expect("a file");
    let command =
        text.lines().find(|line| line.starts_with("gtc op env-packs")).expect("a command");
    let mut shell = sandbox.command("/bin/sh");
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:/usr/bin:/bin", gtc_folder()));
    test_support::run(&mut shell).succeeded();
}

/// The commands of the README work in an empty folder of an empty home.
#[test]
fn the_readme_tutorial_works() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("a file");
    let section = readme.split("## Write your first pack").nth(1).expect("a section");
    let block = section.split("```").nth(1).expect("a block").trim_start_matches("sh\n");
    assert!(block.lines().count() >= 5, "{block}");
    let author = Author { sandbox: Sandbox::new() };
    let empty = author.sandbox.home().join("empty");
    fs::create_dir(&empty).expect("a folder");
    author.run(&empty, "/bin/sh", ["-ec", block]).succeeded();
    let environment = author.sandbox.document("local");
    assert!(environment.to_string().contains("acme.secrets.demo@0.1.0"), "{environment}");
}

/// The longest descriptor path, with digits and dashes instead of letters, builds in a folder
/// with spaces inside another workspace.
#[test]
fn an_unusual_path_inside_another_workspace_builds() {
    let author = Author::new();
    let home = author.sandbox.home();
    author.sandbox.write(
        "an outer workspace/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"other\"]\n",
    );
    author.sandbox.write(
        "an outer workspace/other/Cargo.toml",
        "[package]\nname = \"other\"\nedition = \"2024\"\n",
    );
    author.sandbox.write("an outer workspace/other/src/lib.rs", "");
    let folder = home.join("an outer workspace/a new one");
    fs::create_dir(&folder).expect("a folder");
    let path = format!("-9-.type.0{}-", "x".repeat(183));
    assert_eq!(path.len() + "@0.1.0".len(), 200, "the limit of a descriptor");
    let new =
        ["pack", "new", "--format", "human", "--slot", "extension", "--dir", ".", "--", &path];
    author.run(&folder, gtc(), new).succeeded().shows(&["next: `gtc pack build`"]);
    let readme = fs::read_to_string(folder.join("README.md")).expect("a file");
    let block = readme.split("```sh\n").nth(1).expect("a block");
    let (commands, _) = block.split_once("gtc op env tool-check local").expect("the last command");
    // the sandbox already has the environment
    let commands: Vec<&str> =
        commands.lines().filter(|line| !line.starts_with("gtc op env init")).collect();
    author.run(&folder, "/bin/sh", ["-ec", &commands.join("\n")]).succeeded();
    assert!(author.sandbox.document("local").to_string().contains(&path));
    author
        .run(&home.join("an outer workspace"), "cargo", ["metadata", "--format-version", "1"])
        .succeeded();
}

#[test]
fn two_builds_in_two_places_are_the_same_pack() {
    let author = Author::new();
    let digest = |folder: &std::path::Path| {
        let report = author.build(folder).succeeded().result();
        text(&report["sha256"]).to_owned()
    };
    let first = author.project("acme.state.twice", &[]);
    let one = digest(&first);
    assert_eq!(digest(&first), one, "built twice");
    let elsewhere = author.sandbox.home().join("an other place");
    fs::create_dir(&elsewhere).expect("a folder");
    let moved = elsewhere.join("twice");
    fs::rename(&first, &moved).expect("a folder");
    fs::remove_file(moved.join("acme.state.twice-0.1.0.gtpack")).expect("a pack");
    assert_eq!(digest(&moved), one, "built elsewhere");
    let pack = fs::read(moved.join("acme.state.twice-0.1.0.gtpack")).expect("a pack");
    let cargo = std::env::home_dir().expect("a home").join(".cargo");
    let cargo = std::env::var_os("CARGO_HOME").map_or(cargo, Into::into);
    for place in [author.sandbox.home(), &cargo].map(|place| place.display().to_string()) {
        assert!(
            !pack.windows(place.len()).any(|bytes| bytes == place.as_bytes()),
            "the pack names `{place}`"
        );
    }
}

#[test]
fn compiler_errors_are_shown() {
    let author = Author::new();
    let folder = author.project("acme.state.broken", &[]);
    fs::write(folder.join("src/lib.rs"), "compile_error!(\"this \u{1b}[31mis\u{202e} wrong\");")
        .expect("a file");
    let message = author.build(&folder).refused(1, "build-failed");
    assert!(message.contains("`cargo` failed") && message.contains("src/lib.rs:1:1"), "{message}");
    assert!(!message.contains('\u{1b}') && !message.contains('\u{202e}'), "{message}");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a file");
    fs::write(folder.join("Cargo.toml"), manifest.replace("\"cdylib\", ", "")).expect("a file");
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n").expect("a file");
    let message = author.build(&folder).refused(1, "build-failed");
    assert!(message.contains("built no component") && message.contains("crate-type"), "{message}");
}

/// The SDK that `gtc pack new` copies into a project is complete.
#[test]
fn a_project_contains_the_complete_sdk() {
    let author = Author::new();
    let vendored = author.project("acme.state.sdk", &[]).join("vendor/env-pack-sdk");
    let sdk = repository().join("guest-sdk");
    let mut compared = 0;
    let mut paths = vec![sdk.clone()];
    while let Some(path) = paths.pop() {
        // its integration tests stay in the repository
        if path == sdk.join("tests") {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            paths.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let name = path.strip_prefix(&sdk).expect("a path below the SDK");
        let copy = fs::read(vendored.join(name)).ok();
        assert_eq!(copy, fs::read(&path).ok(), "{} differs in a new project", name.display());
        compared += 1;
    }
    assert!(compared > 20, "{compared} files");
}
