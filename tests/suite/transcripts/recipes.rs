//! Recipes for CI: those of `docs/ci.md`, and the workflow that `gtc pack new` writes. They are
//! valid YAML, pin their dependencies, and their commands work.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::code_blocks::blocks;
use super::text_of;
use test_support::registry::docker::DockerRegistry;
use test_support::toolchain::{path, toolchain};
use test_support::{Sandbox, assert_contains, repository, run, text};

/// The beginnings of commands that install programs, which the tests skip.
const INSTALL: [&str; 6] =
    ["apt-get", "cargo install", "rustup", "python3 -m venv", "npm ci", "test -x .cargo/bin/gtc"];

/// The recipes of the page, in order.
fn recipes() -> Vec<String> {
    let page = text_of("docs/ci.md");
    let recipes = blocks(&page).into_iter().filter(|(_, language, _)| *language == "yaml recipe");
    recipes.map(|(_, _, code)| code).collect()
}

/// The recipe for a file, whose name is in its first line.
fn recipe(file: &str) -> Value {
    let recipes = recipes();
    let found = recipes.iter().find(|recipe| recipe.starts_with(&format!("# {file}\n")));
    serde_saphyr::from_str(found.unwrap_or_else(|| panic!("no recipe for {file}"))).expect("YAML")
}

/// A new project in a sandbox.
fn project(language: &str) -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.gtc(["pack", "new", "acme.state.demo", "--lang", language]).succeeded();
    let folder = sandbox.home().join("acme.state.demo");
    (sandbox, folder)
}

fn workflow(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(".github/workflows/pack.yml")).expect("a workflow")
}

/// A shell as CI systems start it, with their variables.
fn shell(sandbox: &Sandbox, program: &str, folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut shell = sandbox.command(program);
    toolchain(&mut shell);
    shell
        .env("PATH", path())
        .env("CARGO_NET_OFFLINE", "true")
        .envs(variables.iter().copied())
        .current_dir(folder);
    shell
}

fn installs(line: &str) -> bool {
    INSTALL.iter().any(|beginning| line.starts_with(beginning))
}

/// Runs the steps of a GitHub job, except for those that install programs and, without a
/// registry, those that push.
fn run_job(
    sandbox: &Sandbox,
    folder: &Path,
    job: &Value,
    variables: &[(&str, &str)],
    registry: Option<&str>,
) {
    let mut ran = 0;
    for script in
        job["steps"].as_array().expect("steps").iter().filter_map(|step| step["run"].as_str())
    {
        assert!(
            !script.contains("${{"),
            "a GitHub expression in a script allows injection: {script}"
        );
        let lines = script.lines().filter(|line| !installs(line.trim()));
        let lines = lines.filter(|line| registry.is_some() || !line.contains("gtc pack push"));
        let script = lines.map(|line| format!("{line}\n")).collect::<String>();
        let script =
            registry.map_or(script.clone(), |registry| script.replace("ghcr.io", registry));
        run(shell(sandbox, "/bin/bash", folder, variables).args(["-eo", "pipefail", "-c", &script])).succeeded();
        ran += usize::from(!script.is_empty());
    }
    assert!(ran > 0, "nothing of {job} was run");
}

/// Runs the script of a GitLab job, with the same exceptions.
fn run_script(
    sandbox: &Sandbox,
    folder: &Path,
    job: &Value,
    variables: &[(&str, &str)],
    registry: Option<&str>,
) {
    let lines = job["script"].as_array().expect("a script").iter().map(text);
    let lines: Vec<_> = lines
        .filter(|line| !installs(line) && (registry.is_some() || !line.contains("gtc pack push")))
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        run(shell(sandbox, "/bin/sh", folder, variables).args(["-ec", line])).succeeded();
    }
}

/// A recipe uses the same dependencies whenever it runs.
#[test]
fn everything_is_pinned() {
    let templates = ["rust", "python", "javascript"].map(|language| workflow(&project(language).1));
    for recipe in recipes().iter().chain(&templates) {
        for line in recipe.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let (_, commit) = action.split_once('@').unwrap_or_else(|| panic!("{line}"));
            let (commit, version) =
                commit.split_once(" # v").unwrap_or_else(|| panic!("no version: {line}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{line}"
            );
            assert_eq!(version.split('.').count(), 3, "{line}");
        }
        for word in ["latest", "@main", "@master"] {
            assert!(!recipe.contains(word), "`{word}` is not pinned:\n{recipe}");
        }
        for (at, _) in recipe.match_indices("cargo install") {
            let command = recipe[at..].lines().next().expect("a line");
            assert_contains(command, &["--locked", "--rev \"$GTC_REVISION\""]);
        }
    }
}

/// Recipes install the Rust version that `gtc` needs.
#[test]
fn recipes_install_the_rust_that_is_needed() {
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).expect("a manifest");
    let needed = manifest
        .split("rust-version = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a version");
    for recipe in
        recipes().iter().chain(&[workflow(&project("rust").1), workflow(&project("python").1)])
    {
        assert!(
            recipe.contains(&format!("{needed}.0")),
            "it does not install Rust {needed}:\n{recipe}"
        );
    }
}

/// A job has only the permissions that it needs.
#[test]
fn jobs_of_github_have_no_permission_they_do_not_need() {
    let jobs = |workflow: &Value| {
        assert_eq!(workflow["permissions"], json!({"contents": "read"}));
        let jobs = workflow["jobs"].as_object().expect("jobs").iter();
        jobs.map(|(name, job)| (name.clone(), job["permissions"].clone())).collect::<Vec<_>>()
    };
    let ours: Value = serde_saphyr::from_str(&workflow(&project("rust").1)).expect("YAML");
    let publishing = json!({"packages": "write"});
    assert_eq!(jobs(&ours), [("pack".to_owned(), Value::Null), ("publish".to_owned(), publishing)]);
    let scanning = json!({"contents": "read", "security-events": "write"});
    assert_eq!(jobs(&recipe(".github/workflows/packs.yml")), [("validate".to_owned(), scanning)]);
}

#[test]
fn the_workflow_of_a_project_does_what_it_says() {
    publishes_from_github(None);
}

#[test]
fn the_pipeline_of_a_project_does_what_it_says() {
    publishes_from_gitlab(None);
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn recipes_push_to_a_registry() {
    let registry = DockerRegistry::open();
    publishes_from_github(Some(registry.host()));
    publishes_from_gitlab(Some(registry.host()));
}

fn publishes_from_github(registry: Option<&str>) {
    let (sandbox, folder) = project("rust");
    let workflow: Value = serde_saphyr::from_str(&workflow(&folder)).expect("YAML");
    run_job(&sandbox, &folder, &workflow["jobs"]["pack"], &[], registry);
    let key = key(&sandbox);
    let temporary = sandbox.write("temporary/file", "").with_file_name("").display().to_string();
    let variables = [
        ("SIGNING_KEY", std::fs::read_to_string(&key).expect("a key")),
        ("RUNNER_TEMP", temporary),
        ("GITHUB_SERVER_URL", "https://git.example".to_owned()),
        ("GITHUB_REPOSITORY", "Acme/Demo".to_owned()),
        ("GITHUB_REF_NAME", "v0.1.0+build.7".to_owned()),
    ];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    run_job(&sandbox, &folder, &workflow["jobs"]["publish"], &variables, registry);
    assert_signed(&sandbox, &folder.join("pack.gtpack"), &key);
    if let Some(registry) = registry {
        let pushed = format!("oci://{registry}/acme/demo:0.1.0_build.7");
        assert_signed(&sandbox, Path::new(&pushed), &key);
    }
}

fn publishes_from_gitlab(registry: Option<&str>) {
    let (sandbox, folder) = project("rust");
    let pipeline = recipe(".gitlab-ci.yml");
    run_script(&sandbox, &folder, &pipeline["pack"], &[], registry);
    let report = std::fs::read_to_string(folder.join("packs.xml")).expect("a report");
    assert!(report.contains("<testsuites name=\"gtc pack validate\""), "{report}");
    let key = key(&sandbox);
    let file = key.display().to_string();
    let image = format!("{}/acme/demo", registry.unwrap_or("registry.example"));
    let variables = [
        ("SIGNING_KEY", file.as_str()),
        ("CI_PROJECT_URL", "https://git.example/acme/demo"),
        ("CI_REGISTRY_IMAGE", &image),
        ("CI_COMMIT_TAG", "v0.1.0+build.7"),
    ];
    run_script(&sandbox, &folder, &pipeline["publish"], &variables, registry);
    assert_signed(&sandbox, &folder.join("pack.gtpack"), &key);
    if registry.is_some() {
        assert_signed(&sandbox, Path::new(&format!("oci://{image}:0.1.0_build.7")), &key);
    }
}

/// Creates a private key; its public key is next to it.
fn key(sandbox: &Sandbox) -> std::path::PathBuf {
    let key = sandbox.home().join("release.key");
    sandbox.gtc(["pack", "keygen", "-o", &key.display().to_string()]).succeeded();
    key
}

fn assert_signed(sandbox: &Sandbox, pack: &Path, key: &Path) {
    let public_key = format!("{}.pub", key.display());
    sandbox.pack().verify(pack).key(&public_key).succeeded();
}

#[test]
fn packs_of_others_are_validated_as_the_recipe_says() {
    let sandbox = Sandbox::new();
    let packs = sandbox.home().join("packs");
    std::fs::create_dir(&packs).expect("a folder");
    std::fs::copy(
        repository().join("builtins/packed/greentic.state.in-memory.gtpack"),
        packs.join("state.gtpack"),
    )
    .expect("a copy");
    run_job(
        &sandbox,
        sandbox.home(),
        &recipe(".github/workflows/packs.yml")["jobs"]["validate"],
        &[],
        None,
    );
    let report = sandbox.read_text("packs.sarif");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["version"], "2.1.0");
}
