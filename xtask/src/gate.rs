//! The gate: everything that must hold before a change is taken, on a machine that may
//! have nothing but Rust.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::process::{self, command};
use crate::{builtins, dependencies, tools};

/// What guests are compiled for, and what shows that the domain needs no operating
/// system.
const TARGETS: [&str; 2] = ["wasm32-wasip2", "wasm32-unknown-unknown"];

/// The version of `wkg` that is built where there is none: in two to four minutes.
const WKG_VERSION: &str = "0.16.1";

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
    let cargo =
        |arguments: &'static [&'static str]| move || process::run(&mut command("cargo", arguments));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    let domain =
        ["check", "--package", "env-pack-domain", "--target", "wasm32-unknown-unknown", "--locked"];
    let steps: &[(&str, &dyn Fn() -> Result<()>)] = &[
        ("targets", &add_targets),
        ("format", &format),
        ("clippy", &|| process::run(&mut command("cargo", &clippy))),
        ("domain for WebAssembly", &|| process::run(&mut command("cargo", &domain))),
        ("built-ins", &builtins::check),
        ("tests", &cargo(&["test", "--workspace", "--locked"])),
        ("tests of the examples", &examples),
        ("an example with a real program", &real_programs),
        ("handlers in other languages", &other_languages),
        ("a zip reader in another language", &other_readers),
        ("registries", &registries),
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
        let libraries = process::output(&mut command(
            "rustc",
            &["--print", "target-libdir", "--target", target],
        ));
        libraries.is_ok_and(|path| Path::new(path.trim()).is_dir())
    };
    let missing: Vec<&str> = TARGETS.into_iter().filter(|target| !is_there(target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let add = process::run(&mut command("rustup", &[&["target", "add"][..], &missing].concat()));
    add.with_context(|| {
        format!(
            "without rustup, install what your system has of Rust for {}",
            missing.join(" and ")
        )
    })
}

/// The workspaces: ours, and those of guests, which no command of ours covers.
const WORKSPACES: [&str; 4] = [".", "builtins", "tests/guests", "examples"];

fn format() -> Result<()> {
    for workspace in WORKSPACES {
        let mut fmt = command("cargo", &["fmt", "--all", "--check"]);
        process::run(fmt.current_dir(process::root().join(workspace)))?;
    }
    Ok(())
}

fn examples() -> Result<()> {
    let mut test = command("cargo", &["test", "--workspace", "--locked"]);
    test.current_dir(process::root().join("examples"));
    process::run(test.env("CARGO_TARGET_DIR", process::root().join("target/guests")))
}

/// Has the example for Terraform ask the real one, if this machine has it.
fn real_programs() -> Result<()> {
    let test = "examples::terraform_deployer_reads_the_terraform_of_this_machine";
    ignored_tests(
        test,
        "the example for Terraform with a real one",
        &[&["terraform", "version", "-json"]],
    )
}

/// Builds and binds the handlers in other languages, as far as this machine has their
/// languages.
fn other_languages() -> Result<()> {
    let languages = [
        ("python", &["python3", "-m", "venv", "--help"][..]),
        ("javascript", &["npm", "--version"][..]),
    ];
    for (language, question) in languages {
        for (test, what) in [
            ("toolchains::a_{}_handler", "handler"),
            ("languages::a_{}_project", "project"),
            ("transcripts::the_guide_for_{}", "guide for handlers"),
            ("examples::a_{}_example", "example"),
        ] {
            ignored_tests(
                &test.replace("{}", language),
                &format!("the {what} in {language}"),
                &[question],
            )?;
        }
    }
    let programs: &[&[&str]] =
        &[&["wit-bindgen", "--version"], &["zig", "version"], &["wasm-tools", "--version"]];
    ignored_tests("transcripts::components::a_handler_in_c", "the handler in C", programs)
}

/// Has Python read the archives that our door admits, if this machine has Python.
fn other_readers() -> Result<()> {
    let test = "archives::other_readers::python_zipfile_agrees_on_admitted_archives";
    ignored_tests(
        test,
        "Python's zipfile agrees about archives",
        &[&["python3", "-c", "import zipfile, zlib"]],
    )
}

/// Runs the registry and the tools that others have for it, as far as they can be had.
fn registries() -> Result<()> {
    tools::from_debian(&["docker-registry", "skopeo"]);
    let registry: &[&str] = &["docker-registry", "--version"];
    ignored_tests("oci::servers::", "the servers of the tests", &[registry])?;
    ignored_tests("oci::real::", "packs in a real registry", &[registry])?;
    let skopeo: &[&str] = &["skopeo", "--version"];
    ignored_tests("oci::skopeo::", "packs that skopeo copies", &[registry, skopeo])?;
    let layouts = "layout::skopeo_reads_what_we_write_and_writes_what_we_read";
    ignored_tests(layouts, "image layouts with skopeo", &[skopeo])?;
    let carried = "air_gap::a_file_goes_from_registry_to_registry";
    ignored_tests(
        carried,
        "packs that are carried from registry to registry",
        &[registry, skopeo],
    )?;
    let recipes = "transcripts::recipes::recipes_push_to_a_registry";
    ignored_tests(recipes, "recipes for CI that push", &[registry])?;
    let document = "transcripts::the_guide_to_registries";
    ignored_tests(document, "the document about registries", &[registry, skopeo])?;
    let namespace: &[&str] = &["unshare", "--map-root-user", "--net", "true"];
    ignored_tests("oci::cut_off::", "packs without a network", &[namespace])?;
    let wkg = tools::built("wkg", WKG_VERSION).unwrap_or_else(|error| {
        println!("not installed: wkg, because {error:#}");
        "wkg".to_owned()
    });
    ignored_tests("oci::wkg::", "components that wkg pushes", &[registry, &[&wkg, "--version"]])
}

/// Runs tests that need programs which answer these questions, or says that it did not.
fn ignored_tests(tests: &str, what: &str, questions: &[&[&str]]) -> Result<()> {
    if let Some(question) = questions.iter().find(|question| !tools::answers(question)) {
        println!(
            "NOT CHECKED: {what} (`{tests}`), because `{}` does not work here",
            question.join(" ")
        );
        return Ok(());
    }
    // with the features of the workspace, as everything was built before: those of one
    // package alone would compile it all again
    let arguments =
        ["test", "--workspace", "--test", "suite", "--locked", "--", "--ignored", tests];
    process::run(&mut command("cargo", &arguments))
}

fn documentation() -> Result<()> {
    let mut doc = command(
        "cargo",
        &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"],
    );
    process::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}
