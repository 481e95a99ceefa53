//! The gate: everything that must hold before a change is taken, on a machine that may have nothing but Rust.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::process::{self, command};
use crate::{builtins, dependencies};

/// What guests are compiled for, and what shows that the domain needs no operating system.
const TARGETS: [&str; 2] = ["wasm32-wasip2", "wasm32-unknown-unknown"];

/// Runs the whole gate and says how long each step took.
fn run_all(steps: &[(&str, &dyn Fn() -> Result<()>)]) -> Result<()> {
    for (name, step) in steps {
        println!("==> {name}");
        let start = Instant::now();
        step()?;
        println!("==> {name}: {} s", start.elapsed().as_secs());
    }
    Ok(())
}

/// Runs the gate.
pub fn run() -> Result<()> {
    let cargo = |arguments: &'static [&'static str]| move || process::run(&mut command("cargo", arguments));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    let domain = ["check", "--package", "env-pack-domain", "--target", "wasm32-unknown-unknown", "--locked"];
    let steps: &[(&str, &dyn Fn() -> Result<()>)] = &[
        ("targets", &add_targets),
        ("format", &format),
        ("clippy", &|| process::run(&mut command("cargo", &clippy))),
        ("domain for WebAssembly", &|| process::run(&mut command("cargo", &domain))),
        ("built-ins", &builtins::check),
        ("tests", &cargo(&["test", "--workspace", "--locked"])),
        ("tests of the examples", &examples),
        ("handlers in other languages", &other_languages),
        ("a zip reader in another language", &other_readers),
        ("a client for registries by others", &other_clients),
        ("documentation", &documentation),
        ("dependencies", &|| dependencies::check(&WORKSPACES)),
    ];
    run_all(steps)?;
    println!("the gate is open");
    Ok(())
}

/// Adds the targets that the compiler does not have yet.
fn add_targets() -> Result<()> {
    let is_there = |target: &&str| {
        let libraries = process::output(&mut command("rustc", &["--print", "target-libdir", "--target", target]));
        libraries.is_ok_and(|path| Path::new(path.trim()).is_dir())
    };
    let missing: Vec<&str> = TARGETS.into_iter().filter(|target| !is_there(target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let add = process::run(&mut command("rustup", &[&["target", "add"][..], &missing].concat()));
    add.with_context(|| format!("without rustup, install what your system has of Rust for {}", missing.join(" and ")))
}

/// The workspaces: ours, and those of guests, which no command of ours covers.
const WORKSPACES: [&str; 4] = [".", "builtins", "tests/guests", "examples/vault-secrets"];

fn format() -> Result<()> {
    for workspace in WORKSPACES {
        let mut fmt = command("cargo", &["fmt", "--all", "--check"]);
        process::run(fmt.current_dir(process::root().join(workspace)))?;
    }
    Ok(())
}

fn examples() -> Result<()> {
    let mut test = command("cargo", &["test", "--locked"]);
    test.current_dir(process::root().join("examples/vault-secrets"));
    process::run(test.env("CARGO_TARGET_DIR", process::root().join("target/guests")))
}

/// Builds and binds the handlers in other languages, as far as this machine has their languages.
fn other_languages() -> Result<()> {
    let languages = [("python", "python3", &["-m", "venv", "--help"][..]), ("javascript", "npm", &["--version"][..])];
    for (language, program, question) in languages {
        let test = format!("toolchains::a_{language}_handler");
        ignored_test(&test, &format!("the handler in {language}"), program, question)?;
    }
    Ok(())
}

/// Has Python read the archives that our door admits, if this machine has Python.
fn other_readers() -> Result<()> {
    let question = ["-c", "import zipfile, zlib"];
    ignored_test(
        "archives::agreement::python_reads_what_the_door_admits",
        "the agreement of Python about archives",
        "python3",
        &question,
    )
}

/// Has skopeo read the image layouts that we write, and write some that we read, if this machine has skopeo.
fn other_clients() -> Result<()> {
    let test = "layout::skopeo_reads_what_we_write_and_writes_what_we_read";
    ignored_test(test, "image layouts with skopeo", "skopeo", &["--version"])
}

/// Runs a test that needs a program, or says that it did not.
fn ignored_test(test: &str, what: &str, program: &str, question: &[&str]) -> Result<()> {
    let is_there = command(program, question).output().is_ok_and(|answer| answer.status.success());
    if !is_there {
        println!("NOT CHECKED: {what}, because `{program} {}` does not work here", question.join(" "));
        return Ok(());
    }
    let arguments = ["test", "--package", "gtc", "--test", "suite", "--locked", "--", "--ignored", test];
    process::run(&mut command("cargo", &arguments))
}

fn documentation() -> Result<()> {
    let mut doc = command("cargo", &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    process::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}
