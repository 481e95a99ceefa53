//! Missing and failing toolchains: the error names the missing part and how to install it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use test_support::gtc;

use super::Author;

/// Creates a PATH with only these programs.
fn programs(author: &mut Author, scripts: &[(&str, &str)]) -> String {
    scripts.iter().for_each(|(name, script)| author.sandbox.program(name, script));
    let bin = author.sandbox.home().join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    symlink("/bin/sh", bin.join("sh")).expect("a link");
    bin.display().to_string()
}

fn project(author: &Author, text: &str) -> PathBuf {
    for name in ["gtc-pack.toml", "handler.py", "handler.js", "wit/world.wit"] {
        author.sandbox.write(
            Path::new("project").join(name),
            if name == "gtc-pack.toml" { text } else { "" },
        );
    }
    author.sandbox.home().join("project")
}

#[track_caller]
fn refused(author: &Author, path: &str, folder: &Path, what: &str, install: &str) {
    let message = author
        .run_with_path(path, folder, gtc(), ["pack", "build"])
        .refused(2, "toolchain-missing");
    assert!(message.contains(what) && message.contains(install), "{message}");
}

#[test]
fn rust_is_missing_or_does_not_know_the_target() {
    let mut author = Author::new();
    let folder = author.project("acme.secrets.demo", &[]);
    let path = programs(&mut author, &[]);
    refused(&author, &path, &folder, "rustc is not installed", "https://sh.rustup.rs");
    author.sandbox.program("rustc", "echo /no/such/folder");
    refused(
        &author,
        &path,
        &folder,
        "target `wasm32-wasip2` is not installed",
        "`rustup target add wasm32-wasip2`",
    );
    let unknown = "echo 'error: error loading target specification: could not find specification for target' >&2; exit 1";
    author.sandbox.program("rustc", unknown);
    refused(&author, &path, &folder, "target `wasm32-wasip2` is not installed", "`rustup update`");
    author.sandbox.program("rustc", "echo /");
    refused(&author, &path, &folder, "cargo is not installed", "https://sh.rustup.rs");
}

#[test]
fn componentize_py_is_missing() {
    let mut author = Author::new();
    let folder = project(&author, "language = \"python\"\nversion = \"0.1.0\"\n");
    let path = programs(&mut author, &[]);
    refused(
        &author,
        &path,
        &folder,
        "componentize-py is not installed",
        "`pip install componentize-py`",
    );
    refused(
        &author,
        &path,
        &folder,
        "componentize-py is not installed",
        "`apt install python3-venv`",
    );
}

#[test]
fn node_or_componentize_js_is_missing() {
    let mut author = Author::new();
    let folder = project(&author, "language = \"javascript\"\nversion = \"0.1.0\"\n");
    let path = programs(&mut author, &[]);
    refused(&author, &path, &folder, "node is not installed", "https://nodejs.org/");
    author.sandbox.program("node", "echo v18.20.4");
    refused(&author, &path, &folder, "Node.js 20 or newer is not installed", "https://nodejs.org/");
    author.sandbox.program("node", "echo v20.20.2");
    let install =
        "`npm install --save-dev @bytecodealliance/componentize-js @bytecodealliance/jco`";
    refused(
        &author,
        &path,
        &folder,
        "package `@bytecodealliance/componentize-js` is not installed",
        install,
    );
}

/// The location of an error is shown, rather than a backtrace of the toolchain.
#[test]
fn the_location_of_a_build_error_is_shown() {
    let mut author = Author::new();
    let folder = project(&author, "language = \"python\"\nversion = \"0.1.0\"\n");
    let path = programs(
        &mut author,
        &[("componentize-py", "echo \"backtrace $RUST_BACKTRACE\" >&2; exit 1")],
    );
    let message =
        author.run_with_path(&path, &folder, gtc(), ["pack", "build"]).refused(1, "build-failed");
    assert!(message.contains("backtrace 0"), "{message}");

    project(&author, "language = \"javascript\"\nversion = \"0.1.0\"\n");
    author
        .sandbox
        .write("project/node_modules/@bytecodealliance/componentize-js/package.json", "{}");
    let node = "case $1 in --version) echo v20.20.2 ;; --check) echo \"$2:29 const x = ;\" >&2; exit 1 ;; esac";
    author.sandbox.program("node", node);
    let message =
        author.run_with_path(&path, &folder, gtc(), ["pack", "build"]).refused(1, "build-failed");
    assert!(message.contains("project/handler.js:29 const x = ;"), "{message}");
}

/// All output of a toolchain is read, and only its end is shown.
#[test]
fn long_toolchain_output_is_truncated() {
    let mut author = Author::new();
    let folder = project(&author, "language = \"python\"\nversion = \"0.1.0\"\n");
    let script = "i=0; while [ $i -lt 100000 ]; do echo 'a line that says nothing at all, over and over' >&2; \
                  i=$((i+1)); done; echo 'the last line' >&2; exit 3";
    let path = programs(&mut author, &[("componentize-py", script)]);
    let message =
        author.run_with_path(&path, &folder, gtc(), ["pack", "build"]).refused(1, "build-failed");
    assert!(message.contains("the last line") && message.contains("exit status: 3"), "{message}");
    assert!(message.len() < 8 << 10, "{} bytes", message.len());
}
