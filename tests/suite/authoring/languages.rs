//! New projects in Python and JavaScript are built, tested and bound, with the toolchains of
//! the examples.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Author;
use crate::toolchains::{component, toolchains};
use test_support::{Output, text};

/// Creates a project, and links the toolchain that an example has installed.
fn project(
    author: &Author,
    language: &str,
    path: &str,
    example: &str,
    toolchain: (&str, &str),
) -> PathBuf {
    component(example);
    let folder = author.project(path, &["--lang", language]);
    symlink(toolchains().join(example).join(toolchain.0), folder.join(toolchain.1))
        .expect("a link");
    folder
}

/// Builds the pack, without the time limit of other commands, because the toolchains are slow.
fn build_pack(author: &Author, folder: &Path) -> Value {
    let mut build = author.sandbox.verb("pack build").command();
    build.current_dir(folder);
    Output::from(build.output().expect("it starts")).succeeded().result()
}

/// Builds and binds the pack. Returns the outcome of its first check, with a program that prints
/// `prints`.
fn bind_and_check(
    author: &mut Author,
    folder: &Path,
    slot: &str,
    path: &str,
    (program, prints): (&str, &str),
) -> Value {
    let built = build_pack(author, folder);
    assert_eq!(
        (&built["slot"], &built["descriptor_path"]),
        (&json!(slot), &json!(path)),
        "{built}"
    );
    assert_eq!(built["warnings"], json!(null), "{built}");
    author.sandbox.program(program, &format!("echo {prints}"));
    let pack = folder.join(text(&built["path"]));
    author.sandbox.pack().validate(&pack).succeeded();
    let update = author.sandbox.env_packs().update(slot).kind(format!("{path}@0.1.0"));
    update.pack_ref(pack).succeeded();
    author.sandbox.env().doctor().succeeded();
    let report = author.sandbox.env().tool_check().exited(0).result();
    let bound = report["bindings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|binding| binding["slot"] == slot);
    bound.expect("it is bound")["checks"][0]["outcome"].clone()
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_project_builds_passes_its_tests_and_is_bound() {
    let mut author = Author::new();
    let path = "acme.secrets.snake";
    let folder = project(&author, "python", path, "python-secrets", (".venv", ".venv"));
    let tests = author.run(&folder, "python3", ["-m", "unittest"]).succeeded();
    assert!(tests.stderr.contains("Ran 2 tests"), "{tests:?}");
    let outcome =
        bind_and_check(&mut author, &folder, "secrets", path, ("python3", "Python 3.99.1"));
    assert_eq!(outcome, json!({"status": "ok", "detail": "3.99.1"}));
    author.sandbox.program("python3", "echo Python 3.8.10");
    author.sandbox.env().tool_check().exited(1).shows(&["3.8.10"]);
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_project_builds_passes_its_tests_and_is_bound() {
    let mut author = Author::new();
    let path = "acme.telemetry.coffee";
    let folder = project(
        &author,
        "javascript",
        path,
        "javascript-telemetry",
        ("node_modules", "node_modules"),
    );
    author.run(&folder, "npm", ["test"]).succeeded().shows(&["# pass 3", "# fail 0"]);
    let outcome = bind_and_check(&mut author, &folder, "telemetry", path, ("node", "v99.1.0"));
    assert_eq!(outcome, json!({"status": "ok", "detail": "99.1.0"}));
    author.sandbox.program("node", "echo v18.20.4");
    author.sandbox.env().tool_check().exited(1).shows(&["18.20.4"]);
}
