//! Handlers in Python and JavaScript: built from the examples, bound, and run.
//!
//! The tests need `python3` or `node`, and the network to install a toolchain of 100 MB.
//! `cargo xtask test` runs them if those are installed, and reports it otherwise; `cargo test`
//! ignores them.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use gtc_engine::EngineLimits;
use serde_json::{Value, json};

use crate::empty_wasi::{found, preflight};
use test_support::{Sandbox, gtc, repository, text};

/// Builds the component of an example as a project, in a folder in which its toolchain stays
/// installed.
pub(crate) fn component(example: &str) -> PathBuf {
    let source = repository().join("examples").join(example);
    let folder = toolchains().join(example);
    build_if_stale(example, &[&source, &source.join("wit"), &wit()], |out| {
        copy(&source, &folder);
        install(example, &folder);
        let mut build = Command::new(gtc());
        build
            .args(["pack", "build"])
            .current_dir(&folder)
            .env("GTC_CACHE_DIR", toolchains().join("cache"));
        run_successfully(&mut build);
        std::fs::copy(folder.join("target/handler.wasm"), out).expect("a copy");
    })
}

/// Installs the toolchain of an example next to its sources, unless the same list of packages
/// is installed.
fn install(example: &str, folder: &Path) {
    let (list, installed_in) = match example {
        "python-secrets" => ("requirements.txt", ".venv"),
        _ => ("package-lock.json", "node_modules"),
    };
    // written last, so that an interrupted installation is repeated
    let packages = std::fs::read(folder.join(list)).expect("a list");
    let marker = folder.join(installed_in).join("installed");
    if std::fs::read(&marker).is_ok_and(|installed| installed == packages) {
        return;
    }
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("instructions");
    let command = readme
        .lines()
        .find(|line| line.starts_with("python3 -m venv") || line.starts_with("npm ci"));
    run_successfully(
        Command::new("/bin/sh").args(["-ec", command.expect("a command")]).current_dir(folder),
    );
    std::fs::write(marker, packages).expect("a file");
}

/// Copies a folder, except for build outputs.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        let is_built = ["target", ".venv", "node_modules"].iter().any(|built| name == *built)
            || path.extension().is_some_and(|end| end == "gtpack");
        if is_built {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

fn run_successfully(command: &mut Command) {
    let ran = command.output().expect("it starts");
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Builds the witness guest in Python, with all of WASI.
fn python_witness() -> PathBuf {
    component("python-secrets");
    let venv = toolchains().join("python-secrets/.venv");
    let source = repository().join("tests/guests/python");
    let mut build = Command::new(venv.join("bin/componentize-py"));
    build
        .args(["--quiet", "--world", "env-pack-handler", "--wit-path"])
        .arg(wit())
        .arg("componentize");
    // it writes compiled code next to the source
    let stage = tempfile::tempdir().expect("a folder");
    std::fs::copy(source.join("witness.py"), stage.path().join("witness.py")).expect("a copy");
    build.env("VIRTUAL_ENV", venv).arg("--python-path").arg(stage.path());
    build_if_stale("python-witness", &[&source, &wit()], |out| {
        run_successfully(build.arg("witness").arg("--output").arg(out))
    })
}

/// Builds the witness guest in JavaScript, with the WASI interfaces that a handler may import.
fn javascript_witness() -> PathBuf {
    component("javascript-telemetry");
    let source = repository().join("tests/guests/javascript");
    let script = toolchains().join("javascript-telemetry/witness.mjs");
    // node searches packages next to the script that imports them
    std::fs::copy(source.join("build.mjs"), &script).expect("a copy");
    let mut build = Command::new("node");
    build.arg(script).arg(source.join("witness.js")).arg(wit());
    build_if_stale("javascript-witness", &[&source, &wit()], |out| {
        run_successfully(build.arg(out).args(["http", "fetch-event"]))
    })
}

/// The folder in which toolchains are installed.
pub(crate) fn toolchains() -> PathBuf {
    repository().join("target/toolchains")
}

fn wit() -> PathBuf {
    repository().join("wit/env-pack/0.1.0")
}

/// Builds a component if it is older than its sources.
///
/// A file lock admits one thread of one process at a time, because all share the folder of the
/// toolchain.
fn build_if_stale(name: &str, sources: &[&Path], build: impl FnOnce(&Path)) -> PathBuf {
    std::fs::create_dir_all(toolchains()).expect("a folder");
    let lock = File::create(toolchains().join(format!("{name}.lock"))).expect("a file");
    lock.lock().expect("a lock");
    let out = toolchains().join(format!("{name}.wasm"));
    let before = modified(&out).unwrap_or(SystemTime::UNIX_EPOCH);
    let entries = sources.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let mut files =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    if files.any(|source| modified(&source) > Some(before)) {
        build(&out);
    }
    out
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// Packs a component, binds it with the permissions that it declares, and returns the checks of
/// its preflight.
fn bind_and_check(
    sandbox: &Sandbox,
    example: &str,
    slot: &str,
    kind: &str,
    declared: &[&str],
    answers: &Value,
) -> Vec<Value> {
    let pack = sandbox.built_pack(component(example), "0.1.0", declared);
    sandbox.write(".greentic/environments/local/answers.json", answers.to_string());
    let update = sandbox.env_packs().update(slot).kind(kind).pack_ref(pack);
    update.answers_ref("answers.json").grant_declared().succeeded();
    sandbox.env().doctor().succeeded();
    let report = sandbox.env().tool_check().succeeded().result();
    let checks = report["bindings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|binding| binding["slot"] == slot);
    checks.expect("it is bound")["checks"].as_array().expect("a list").clone()
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_handler_is_a_handler() {
    let mut sandbox = Sandbox::with_local();
    sandbox.program("python3", "echo Python 3.99.1");
    let kind = "acme.secrets.python-demo@0.1.0";
    let declared = ["--tool", "python3 --version"];
    let checks = bind_and_check(
        &sandbox,
        "python-secrets",
        "secrets",
        kind,
        &declared,
        &json!({"one": 1, "two": 2}),
    );
    assert_eq!(checks[0]["outcome"], json!({"status": "ok", "detail": "Python 3.99.1"}));
    assert_eq!(checks[1]["outcome"], json!({"status": "ok", "detail": "2 answers"}));
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_handler_is_a_handler() {
    let mut sandbox = Sandbox::with_local();
    sandbox.program("node", "echo v99.1.0");
    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = collector.local_addr().expect("an address").to_string();
    let declared = ["--tool", "node --version", "--network", &endpoint];
    let kind = "acme.telemetry.javascript-demo@0.1.0";
    let checks = bind_and_check(
        &sandbox,
        "javascript-telemetry",
        "telemetry",
        kind,
        &declared,
        &json!({"endpoint": endpoint}),
    );
    assert_eq!(text(&checks[0]["outcome"]["detail"]), "v99.1.0");
    assert_eq!(text(&checks[1]["outcome"]["detail"]), format!("{endpoint} answers"));
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_handler_is_isolated() {
    let witness = python_witness();
    let answer = preflight(&witness, EngineLimits::default(), "{}").expect("an answer");
    let expected = [
        ("current folder", "/"),
        ("list /", "ENOENT"),
        ("list .", "ENOENT"),
        ("read /etc/passwd", "ENOENT"),
        ("read ../../etc/passwd", "ENOENT"),
        ("read /proc/self/environ", "ENOENT"),
        ("write /tmp/x", "ENOENT"),
        ("write x", "ENOENT"),
        ("make a folder", "ENOENT"),
        ("connect", "EACCES"),
        ("listen", "EACCES"),
        ("datagrams", "EACCES"),
        ("look a name up", "gaierror"),
        ("variables", "{}"),
        ("arguments", "[]"),
        ("standard input", ""),
        ("another program", "ENOTSUP"),
        ("another process", "AttributeError"),
        ("another thread", "RuntimeError"),
        ("sleeps", "True"),
        ("knows the year", "True"),
        ("chance", "32"),
        ("chance differs", "True"),
    ];
    assert_eq!(found(&answer), expected);
    let fault = |answers: &str| {
        let limits =
            EngineLimits { preflight_time: Duration::from_secs(2), ..EngineLimits::default() };
        preflight(&witness, limits, answers).expect_err("a fault")
    };
    assert_eq!(fault("{\"exit\": 7}").kind(), "exited");
    assert_eq!(fault("{\"sleep\": 3600}").kind(), "out-of-time");
    let raised = fault("{\"exit\": \"raise\"}");
    assert_eq!(
        (raised.kind(), raised.to_string().contains("these are my last words")),
        ("exited", true),
        "{raised}"
    );
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_handler_is_isolated() {
    let witness = javascript_witness();
    let answer = preflight(&witness, EngineLimits::default(), "{}").expect("an answer");
    // `fetch` exists, but has no network
    assert_eq!(
        found(&answer),
        [
            ("process", "undefined"),
            ("require", "undefined"),
            ("Deno", "undefined"),
            ("XMLHttpRequest", "undefined"),
            ("WebSocket", "undefined"),
            ("fetch", "function"),
            ("location", "object"),
            ("localStorage", "undefined"),
            ("Worker", "undefined"),
            ("sleeps", "ReferenceError"),
            ("knows the year", "true"),
            ("clock", "true"),
            ("chance", "32"),
            ("chance differs", "true")
        ]
    );
    let fault = |answers: &str| {
        let limits =
            EngineLimits { preflight_time: Duration::from_secs(2), ..EngineLimits::default() };
        preflight(&witness, limits, answers).expect_err("a fault")
    };
    assert_eq!(fault("{\"loop\": 1}").kind(), "out-of-time");
    assert_eq!(fault("{\"fetch\": 1}").kind(), "trapped");
    let thrown = fault("{\"throw\": 1}");
    assert_eq!(
        (thrown.kind(), thrown.to_string().contains("these are my last words")),
        ("trapped", true),
        "{thrown}"
    );
}
