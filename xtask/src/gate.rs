//! The gate: everything that must hold before a change lands, on a machine that may have
//! only Rust.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::process::{self, command};
use crate::report::Report;
use crate::{builtins, dependencies, tools};

/// The target of guests, and the one that shows that the domain needs no operating system.
const TARGETS: [&str; 2] = ["wasm32-wasip2", "wasm32-unknown-unknown"];
/// Our workspace, and those of guests, which no cargo command for ours covers.
const WORKSPACES: [&str; 4] = [".", "builtins", "tests/guests", "examples"];
/// The version of `wkg` to build if the machine has none; that takes two to four minutes.
const WKG_VERSION: &str = "0.16.1";

type Step = (&'static str, fn(&mut Report) -> Result<()>);

/// The steps in order. Those that compile our workspace use one profile and the features
/// of the whole workspace, so that no dependency is compiled twice.
const STEPS: [Step; 15] = [
    ("targets", |_| add_targets()),
    ("format", |_| check_format()),
    ("clippy", |_| cargo("clippy --workspace --all-targets --locked -- --deny warnings")),
    ("domain for WebAssembly", |_| {
        cargo("check --package env-pack-domain --target wasm32-unknown-unknown --locked")
    }),
    ("built-ins", builtins::check),
    ("tests", |_| cargo("test --workspace --locked")),
    ("tests of the examples", |_| test_examples()),
    ("an example with a real program", test_terraform),
    ("handlers in other languages", test_other_languages),
    ("other zip readers", test_zip_readers),
    ("clocks and full disks", test_clocks_and_disks),
    ("completions in other shells", test_completions),
    ("registries", test_registries),
    ("documentation", |_| check_documentation()),
    ("dependencies", |report| dependencies::check(&WORKSPACES, report)),
];

/// Runs every step up to the first that fails, and prints a table of their times.
pub(crate) fn run() -> Result<()> {
    let mut report = Report::default();
    let result = STEPS.into_iter().try_for_each(|(name, step)| report.run(name, step));
    print!("\n{report}");
    if result.is_ok() {
        println!("all checks passed");
    }
    result
}

/// Runs cargo with these words as arguments.
fn cargo(arguments: &str) -> Result<()> {
    process::run(&mut command("cargo", &arguments.split(' ').collect::<Vec<_>>()))
}

/// Adds the targets that the compiler lacks.
fn add_targets() -> Result<()> {
    let missing: Vec<&str> =
        TARGETS.into_iter().filter(|target| !is_target_installed(target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let add = process::run(&mut command("rustup", &[&["target", "add"][..], &missing].concat()));
    add.with_context(|| {
        format!(
            "without rustup, install the Rust libraries of your system for {}",
            missing.join(" and ")
        )
    })
}

fn is_target_installed(target: &str) -> bool {
    let arguments = ["--print", "target-libdir", "--target", target];
    let folder = process::output(&mut command("rustc", &arguments));
    folder.is_ok_and(|path| Path::new(path.trim()).is_dir())
}

fn check_format() -> Result<()> {
    for workspace in WORKSPACES {
        let mut fmt = command("cargo", &["fmt", "--all", "--check"]);
        process::run(fmt.current_dir(process::root().join(workspace)))?;
    }
    Ok(())
}

fn test_examples() -> Result<()> {
    let mut test = command("cargo", &["test", "--workspace", "--locked"]);
    test.current_dir(process::root().join("examples"));
    process::run(test.env("CARGO_TARGET_DIR", process::root().join("target/guests")))
}

/// Runs the Terraform example with the `terraform` of this machine.
fn test_terraform(report: &mut Report) -> Result<()> {
    ignored_tests(
        report,
        "examples::terraform_deployer_reads_the_terraform_of_this_machine",
        "the example for Terraform with a real one",
        &[&["terraform", "version", "-json"]],
    )
}

/// Builds and binds the handlers in other languages that this machine has.
fn test_other_languages(report: &mut Report) -> Result<()> {
    let languages = [
        ("python", &["python3", "-m", "venv", "--help"][..]),
        ("javascript", &["npm", "--version"][..]),
    ];
    for (language, version_query) in languages {
        for (test, what) in [
            ("toolchains::a_{}_handler", "handler"),
            ("languages::a_{}_project", "project"),
            ("transcripts::the_guide_for_{}", "guide for handlers"),
            ("examples::a_{}_example", "example"),
        ] {
            let tests = test.replace("{}", language);
            let what = format!("the {what} in {language}");
            ignored_tests(report, &tests, &what, &[version_query])?;
        }
    }
    ignored_tests(
        report,
        "transcripts::components::a_handler_in_c",
        "the handler in C",
        &[&["wit-bindgen", "--version"], &["zig", "version"], &["wasm-tools", "--version"]],
    )
}

/// Has other readers read the archives that the archive profile admits.
fn test_zip_readers(report: &mut Report) -> Result<()> {
    tools::install_from_debian(&[
        ("unzip", &["unzip", "-v"]),
        ("libarchive-tools", &["bsdtar", "--version"]),
        ("p7zip-full", &["7z", "i"]),
    ]);
    let readers: [(&str, &str, &[&str]); 6] = [
        (
            "other_readers::python_zipfile_agrees_on_admitted_archives",
            "that Python's zipfile agrees about archives",
            &["python3", "-c", "import zipfile, zlib"],
        ),
        (
            "name_sweep::python_extracts_every_name",
            "names that Python extracts",
            &["python3", "-c", "import zipfile, zlib"],
        ),
        ("name_sweep::info_zip", "names that Info-ZIP extracts", &["unzip", "-v"]),
        ("name_sweep::bsdtar", "names that bsdtar extracts", &["bsdtar", "--version"]),
        ("name_sweep::seven_zip", "names that 7-Zip extracts", &["7z", "i"]),
        ("name_sweep::java", "names that Java extracts", &["jar", "--version"]),
    ];
    for (tests, what, query) in readers {
        ignored_tests(report, &format!("archives::{tests}"), what, &[query])?;
    }
    Ok(())
}

/// Changes environments on a full disk, and while the clock moves.
fn test_clocks_and_disks(report: &mut Report) -> Result<()> {
    tools::install_from_debian(&[("faketime", &["faketime", "--version"])]);
    let faketime: &[&str] = &["faketime", "--version"];
    ignored_tests(report, "durability::clocks::", "changes by a clock that moves", &[faketime])?;
    let small_disk: &[&str] =
        &["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
    ignored_tests(report, "durability::full_disks::", "changes on a full disk", &[small_disk])
}

/// Completes command lines in shells that a machine may lack.
fn test_completions(report: &mut Report) -> Result<()> {
    tools::install_from_debian(&[("fish", &["fish", "--version"]), ("zsh", &["zsh", "--version"])]);
    for shell in ["fish", "zsh"] {
        let what = format!("completions in {shell}");
        let tests = format!("completions::{shell}_completes");
        ignored_tests(report, &tests, &what, &[&[shell, "--version"]])?;
    }
    Ok(())
}

/// Tests against a real registry and other vendors' tools for registries.
fn test_registries(report: &mut Report) -> Result<()> {
    tools::install_from_debian(&[
        ("docker-registry", &["docker-registry", "--version"]),
        ("skopeo", &["skopeo", "--version"]),
    ]);
    let wkg = tools::find_or_build("wkg", WKG_VERSION).unwrap_or_else(|error| {
        println!("not installed: wkg, because {error:#}");
        "wkg".to_owned()
    });
    let registry: &[&str] = &["docker-registry", "--version"];
    let skopeo: &[&str] = &["skopeo", "--version"];
    let wkg: &[&str] = &[&wkg, "--version"];
    let namespace: &[&str] = &["unshare", "--map-root-user", "--net", "true"];
    let tests: [(&str, &str, &[&[&str]]); 9] = [
        ("oci::test_servers::", "the servers of the tests", &[registry]),
        ("oci::docker_registry::", "packs in a real registry", &[registry]),
        ("oci::skopeo::", "packs that skopeo copies", &[registry, skopeo]),
        ("layout::skopeo_and_gtc_read_each_others_layouts", "image layouts with skopeo", &[skopeo]),
        (
            "bundles::a_bundle_transfers_a_pack_between_registries",
            "packs that are carried from registry to registry",
            &[registry, skopeo],
        ),
        (
            "transcripts::recipes::recipes_push_to_a_registry",
            "recipes for CI that push",
            &[registry],
        ),
        (
            "transcripts::the_guide_to_registries",
            "the document about registries",
            &[registry, skopeo],
        ),
        ("oci::no_network::", "packs without a network", &[namespace]),
        ("oci::wkg::", "components that wkg pushes", &[registry, wkg]),
    ];
    for (tests, what, queries) in tests {
        ignored_tests(report, tests, what, queries)?;
    }
    Ok(())
}

/// Runs the ignored tests of this name if the machine has the programs that they need,
/// each of which answers a query.
fn ignored_tests(report: &mut Report, tests: &str, what: &str, queries: &[&[&str]]) -> Result<()> {
    if let Some(query) = queries.iter().find(|query| !tools::answers(query)) {
        let query = query.join(" ");
        report.not_checked(format!("{what} (`{tests}`), because `{query}` does not work here"));
        return Ok(());
    }
    let test = format!("test --workspace --test suite --locked -- --ignored {tests}");
    let listing = format!("{test} --list");
    let found = process::output(&mut command("cargo", &listing.split(' ').collect::<Vec<_>>()))?;
    ensure!(found.contains(": test"), "no ignored test has the name `{tests}`");
    cargo(&test)
}

/// Documents libraries and `xtask`. The example makes cargo use the features of the tests;
/// without it, wasmtime would be checked again.
fn check_documentation() -> Result<()> {
    let targets = "--lib --examples --bin xtask --document-private-items";
    let arguments = format!("doc --workspace --no-deps --locked {targets}");
    let arguments: Vec<&str> = arguments.split(' ').collect();
    process::run(command("cargo", &arguments).env("RUSTDOCFLAGS", "--deny warnings"))
}
