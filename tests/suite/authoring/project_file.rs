//! `gtc-pack.toml`: invalid and hostile project files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

use test_support::schema::faults;
use test_support::{Output, Sandbox, assert_contains, repository};

const PYTHON: &str = "language = \"python\"\nversion = \"0.1.0\"\n";

fn build(sandbox: &Sandbox) -> Output {
    sandbox.gtc(["pack", "build", "project"])
}

/// A FIFO without a writer.
fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
}

#[test]
fn an_invalid_project_file_is_reported_with_its_place() {
    let sandbox = Sandbox::new();
    for (text, expected) in [
        ("", "member `language`: required; a pack without a handler has `handler = false`"),
        ("handler = true\n", "member `language`: required"),
        (
            "handler = false\nlanguage = \"rust\"\n",
            "member `language`: only for a pack with a handler",
        ),
        ("handler = false\nsource = \"x\"\n", "member `source`: only for a pack with a handler"),
        ("handler = false\nwit = \"x\"\n", "member `wit`: only for a pack with a handler"),
        (
            "handler = false\n[permissions]\ntools = [\"git\"]\n",
            "member `permissions`: only for a pack with a handler",
        ),
        (
            "handler = false\nversion = \"1.0.0\"\n",
            "member `id`: required for a pack without a handler",
        ),
        (
            "handler = false\nid = \"acme.x\"\n",
            "member `version`: required for a pack without a handler",
        ),
        ("language = \"cobol\"\n", "line 1: unknown variant `cobol`"),
        ("language = \"rust\"\n\nlicence = \"MIT\"\n", "line 3: unknown field `licence`"),
        ("language = \"rust\"\n[permissions]\ntool = []\n", "line 3: unknown field `tool`"),
        ("language = \"rust\"\nlanguage = \"rust\"\n", "line 2: duplicate key"),
        ("language = \"rust\"\nid = 7\n", "line 2: invalid type: integer `7`"),
        ("language = \"rust\"\nversion = \"1\"\n", "member `version`: unexpected end"),
        ("language = \"rust\"\nid = \"no id\"\n", "member `id`"),
        ("language = \"python\"\n", "member `version`: required for language `python`"),
        (
            "language = \"rust\"\nsource = \"../other\"\n",
            "member `source`: expected a relative path without `..`",
        ),
        (
            "language = \"rust\"\nsource = \"/etc\"\n",
            "member `source`: expected a relative path without `..`",
        ),
        (
            "language = \"rust\"\nsource = \"\"\n",
            "member `source`: expected a relative path without `..`",
        ),
        (
            "language = \"rust\"\nwit = \"a/../../b\"\n",
            "member `wit`: expected a relative path without `..`",
        ),
        (
            "language = \"rust\"\n[permissions]\ntools = [\"../vault\"]\n",
            "member `permissions.tools`",
        ),
        (
            "language = \"rust\"\n[permissions]\ntools = [\"vault 'version\"]\n",
            "member `permissions.tools`",
        ),
        (
            "language = \"rust\"\n[permissions]\nnetwork = [\"nowhere\"]\n",
            "member `permissions.network`",
        ),
        ("language = \"ru\u{1b}[31mst\"\n", "line 1: invalid basic string"),
    ] {
        sandbox.write("project/gtc-pack.toml", text);
        let message = build(&sandbox).refused(2, "project-malformed");
        assert!(
            message.contains("gtc-pack.toml") && message.contains(expected),
            "{text}: {message}"
        );
        assert!(!message.contains('\u{1b}'), "{message}");
    }
}

#[test]
fn a_project_stays_in_its_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("outside/handler.py", "");
    sandbox.write("outside/gtc-pack.toml", PYTHON);
    let project = sandbox.home().join("project");
    fs::create_dir_all(project.join("wit")).expect("a folder");
    let message = build(&sandbox).refused(2, "not-found");
    assert_contains(&message, &["there is no `gtc-pack.toml`", "gtc pack new"]);

    symlink("../outside/gtc-pack.toml", project.join("gtc-pack.toml")).expect("a link");
    assert!(
        build(&sandbox)
            .refused(2, "project-malformed")
            .contains("is outside of the project folder")
    );
    fs::remove_file(project.join("gtc-pack.toml")).expect("a link");

    sandbox.write("project/gtc-pack.toml", PYTHON);
    symlink("../outside/handler.py", project.join("handler.py")).expect("a link");
    let message = build(&sandbox).refused(2, "project-malformed");
    assert!(message.contains("handler.py` is outside of the project folder"), "{message}");
    fs::remove_file(project.join("handler.py")).expect("a link");

    sandbox.write("project/gtc-pack.toml", format!("{PYTHON}source = \"link/handler.py\"\n"));
    symlink("../outside", project.join("link")).expect("a link");
    assert!(
        build(&sandbox)
            .refused(2, "project-malformed")
            .contains("is outside of the project folder")
    );
}

#[test]
fn special_and_oversized_files_are_refused() {
    let sandbox = Sandbox::new();
    let project = sandbox.home().join("project");
    fs::create_dir_all(project.join("wit")).expect("a folder");
    fifo(&project.join("gtc-pack.toml"));
    assert!(build(&sandbox).refused(2, "io").contains("gtc-pack.toml` is not a regular file"));
    fs::remove_file(project.join("gtc-pack.toml")).expect("a FIFO");

    sandbox.write("project/gtc-pack.toml", PYTHON);
    fifo(&project.join("handler.py"));
    assert!(build(&sandbox).refused(2, "io").contains("handler.py` is not a regular file"));
    sandbox.pack().build("project/handler.py").version("1.0.0").refused(2, "not-a-file");

    sandbox.write("project/gtc-pack.toml", format!("{PYTHON}# {}\n", "x".repeat(64 << 10)));
    assert!(build(&sandbox).refused(2, "project-malformed").contains("has more than 65536 bytes"));
    let raised = ["--limit", "project.file-bytes=1MiB"];
    sandbox.gtc(["pack", "build", "project"].iter().chain(&raised)).refused(2, "io");
    sandbox.write("project/gtc-pack.toml", b"language = \"\xff\"\n");
    assert!(build(&sandbox).refused(2, "io").contains("it is not UTF-8"));
    sandbox.write(
        "project/gtc-pack.toml",
        format!("language = \"rust\"\nid = {}", "[".repeat(60_000)),
    );
    build(&sandbox).refused(2, "project-malformed");
}

/// The published schema is generated from the type that is parsed.
#[test]
fn the_schema_of_the_project_file_is_published() {
    let path = repository().join("docs/gtc-pack.schema.json");
    let schema = serde_json::to_string_pretty(&gtc_core::project::schema()).expect("JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &schema).expect("a file");
    }
    assert_eq!(fs::read_to_string(&path).expect("a file"), schema, "set BLESS=1 to update it");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], json!(false));
    for (project, is_valid) in [
        (json!({"language": "rust"}), true),
        (json!({"language": "python", "version": "0.1.0", "handler": true}), true),
        (json!({"handler": false, "id": "acme.x", "version": "0.1.0"}), true),
        (json!({}), false),
        (json!({"language": "python"}), false),
        (json!({"handler": false, "id": "acme.x"}), false),
        (json!({"handler": false, "id": "acme.x", "version": "0.1.0", "wit": "wit"}), false),
        (json!({"handler": false, "id": "acme.x", "version": "1.0.0", "language": "rust"}), false),
    ] {
        assert_eq!(faults(&schema, &project).is_empty(), is_valid, "{project}");
    }
}

#[test]
fn a_component_or_a_project() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--version", "1.0.0"][..],
        &["--component", "x.wasm"],
        &["project", "--component", "x.wasm", "--version", "1.0.0"],
        &["project", "--id", "a.b"],
        &["--tool", "vault version"],
    ] {
        sandbox.gtc(["pack", "build"].iter().chain(arguments)).refused(2, "invalid-argument");
    }
    for arguments in [
        json!({"version": "1.0.0"}),
        json!({"component": "x.wasm"}),
        json!({"project": ".", "component": "x.wasm", "version": "1.0.0"}),
        json!({"allow_network": ["a:1"]}),
    ] {
        let answers = sandbox.write("answers.json", arguments.to_string()).display().to_string();
        sandbox.gtc(["pack", "build", "--answers", &answers]).refused(2, "invalid-argument");
    }
}
