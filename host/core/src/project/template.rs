//! Renders the templates of new projects: files with placeholders such as `{{path}}`.
//! Every value comes from a parsed descriptor path, whose characters need no escape in any
//! of the languages.

use env_pack_domain::{CapabilitySlot, DescriptorPath};

use super::language::Language;
use super::sdk;

/// The values of a new project that its template needs.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// The descriptor path that its packs provide.
    pub path: DescriptorPath,
    /// The capability slot that they fill.
    pub slot: CapabilitySlot,
    /// The id of its packs.
    pub id: String,
    /// The file of its first pack, quoted for a shell.
    pub pack: String,
    /// The command that binds its first pack; `None` for a slot that `gtc` does not bind.
    pub bind: Option<String>,
}

/// The files of a template: path in the project, and text.
macro_rules! template {
    ($language:literal: $($place:literal = $name:literal)+) => {
        &[$(($place, include_str!(concat!("../../templates/", $language, "/", $name)))),+]
    };
}

const RUST: &[(&str, &str)] = template!("rust":
    ".github/workflows/pack.yml" = "../workflow.yml"
    ".gitignore" = "gitignore"
    "Cargo.lock" = "Cargo.lock"
    "Cargo.toml" = "Cargo.toml"
    "README.md" = "README.md"
    "answers.schema.json" = "answers.schema.json"
    "gtc-pack.toml" = "gtc-pack.toml"
    "src/lib.rs" = "src/lib.rs"
    "src/tests.rs" = "src/tests.rs"
    "tests/missing.yaml" = "tests/missing.yaml"
    "tests/old.yaml" = "tests/old.yaml"
    "tests/ready.yaml" = "tests/ready.yaml"
);

const PYTHON: &[(&str, &str)] = template!("python":
    ".github/workflows/pack.yml" = "../workflow.yml"
    ".gitignore" = "gitignore"
    "README.md" = "README.md"
    "answers.schema.json" = "answers.schema.json"
    "checks.py" = "checks.py"
    "gtc-pack.toml" = "gtc-pack.toml"
    "handler.py" = "handler.py"
    "requirements.txt" = "requirements.txt"
    "test_checks.py" = "test_checks.py"
    "tests/missing.yaml" = "tests/missing.yaml"
    "tests/old.yaml" = "tests/old.yaml"
    "tests/ready.yaml" = "tests/ready.yaml"
    "wit/world.wit" = "wit/world.wit"
);

const JAVASCRIPT: &[(&str, &str)] = template!("javascript":
    ".github/workflows/pack.yml" = "../workflow.yml"
    ".gitignore" = "gitignore"
    "README.md" = "README.md"
    "answers.schema.json" = "answers.schema.json"
    "checks.js" = "checks.js"
    "checks.test.js" = "checks.test.js"
    "gtc-pack.toml" = "gtc-pack.toml"
    "handler.js" = "handler.js"
    "package-lock.json" = "package-lock.json"
    "package.json" = "package.json"
    "tests/missing.yaml" = "tests/missing.yaml"
    "tests/old.yaml" = "tests/old.yaml"
    "tests/ready.yaml" = "tests/ready.yaml"
    "wit/world.wit" = "wit/world.wit"
);

/// The template of a pack without a handler.
const NO_HANDLER: &[(&str, &str)] = template!("no-handler":
    ".github/workflows/pack.yml" = "../workflow.yml"
    ".gitignore" = "gitignore"
    "README.md" = "README.md"
    "answers.schema.json" = "answers.schema.json"
    "gtc-pack.toml" = "gtc-pack.toml"
);

/// The workflow steps that install the toolchain and run the tests. Rust is installed already,
/// because the workflow builds `gtc`.
fn workflow_steps(language: Option<Language>) -> &'static str {
    match language {
        None => "",
        Some(Language::Rust) => "      - run: cargo test --locked\n",
        Some(Language::Python) => {
            "      - run: python3 -m venv .venv && .venv/bin/pip install --quiet -r \
             requirements.txt\n      - run: python3 -m unittest\n"
        }
        Some(Language::JavaScript) => {
            "      - run: npm ci --ignore-scripts --silent\n      - run: npm test\n"
        }
    }
}

/// Renders the files of a new project: path below its folder, and content. Without a language,
/// its pack has no handler.
pub fn render(language: Option<Language>, project: &NewProject) -> Vec<(String, String)> {
    let template = match language {
        None => NO_HANDLER,
        Some(Language::Rust) => RUST,
        Some(Language::Python) => PYTHON,
        Some(Language::JavaScript) => JAVASCRIPT,
    };
    let mut files = Vec::new();
    for (name, text) in template {
        let text = fill(text, language, project);
        let text = if *name == "Cargo.lock" { sort_packages(&text) } else { text };
        files.push(((*name).to_owned(), text));
    }
    match language {
        None => {}
        Some(Language::Rust) => {
            copy(&mut files, "vendor", sdk::LICENSE);
            copy(&mut files, "vendor/env-pack-sdk", sdk::SDK);
        }
        Some(Language::Python | Language::JavaScript) => {
            copy(&mut files, "wit/deps/env-pack", sdk::LICENSE);
            copy(&mut files, "wit/deps/env-pack", sdk::WIT);
        }
    }
    files
}

fn copy(files: &mut Vec<(String, String)>, folder: &str, embedded: &[(&str, &str)]) {
    for (name, text) in embedded {
        files.push((format!("{folder}/{name}"), (*text).to_owned()));
    }
}

/// Replaces every placeholder in a text.
fn fill(text: &str, language: Option<Language>, project: &NewProject) -> String {
    let path = project.path.as_str();
    let slot = project.slot.to_string();
    let scenarios =
        if language.is_some() { "      - run: gtc pack test pack.gtpack\n" } else { "" };
    let values = [
        ("path", path),
        ("namespace", path.split('.').next().unwrap_or_default()),
        ("crate", &package_name(path)),
        ("slot", &slot),
        ("variant", &capitalize(&slot)),
        ("constant", &slot.to_uppercase()),
        ("id", &project.id),
        ("pack", &project.pack),
        ("try", &bind_instructions(language, project)),
        ("prepare", workflow_steps(language)),
        ("scenarios", scenarios),
    ];
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// The commands that bind the first pack and run its preflight, if it has a handler.
fn bind_instructions(language: Option<Language>, project: &NewProject) -> String {
    match &project.bind {
        Some(bind) if language.is_none() => format!(
            "gtc op env init                             # creates the environment `local`, \
             once\n{bind}"
        ),
        Some(bind) => format!(
            "gtc op env init                             # creates the environment `local`, \
             once\n{bind}\n\
             gtc op env tool-check local                 # does this machine have what the \
             handler needs?"
        ),
        None => {
            format!(
                "# slot `{}` is bound by the tools of its endpoints, not by `gtc`",
                project.slot
            )
        }
    }
}

/// A package name that is valid for cargo and npm, and differs from the project's
/// dependencies. A descriptor path may be longer than a package name, and may begin with a
/// digit or `-`.
fn package_name(path: &str) -> String {
    /// Compilers put the name into file names, twice.
    const MAX_BYTES: usize = 64;
    let words: Vec<&str> = path.split(['.', '-']).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let name = name.get(..MAX_BYTES).unwrap_or(&name).trim_end_matches('-');
    let is_taken =
        include_str!("../../templates/rust/Cargo.lock").contains(&format!("name = \"{name}\"\n"));
    if name.starts_with(|first: char| first.is_ascii_lowercase()) && !is_taken {
        name.to_owned()
    } else {
        format!("pack-{name}").trim_end_matches('-').to_owned()
    }
}

fn capitalize(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// Sorts the packages of a `Cargo.lock` as cargo does; the place of the new package depends
/// on its name.
fn sort_packages(lock: &str) -> String {
    let mut parts = lock.split("[[package]]\n").map(str::trim_end);
    let mut sorted = parts.next().unwrap_or_default().to_owned();
    let mut packages: Vec<&str> = parts.collect();
    packages.sort_by_key(|package| package.lines().next());
    for package in packages {
        sorted.push_str("\n\n[[package]]\n");
        sorted.push_str(package);
    }
    sorted + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_project(path: &str, slot: CapabilitySlot) -> NewProject {
        NewProject {
            path: path.parse().expect("a path"),
            slot,
            id: path.to_owned(),
            pack: "x.gtpack".to_owned(),
            bind: None,
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in Language::ALL.map(Some).into_iter().chain([None]) {
            for slot in CapabilitySlot::ALL {
                for (name, text) in render(language, &new_project("acme.secrets.demo", slot)) {
                    let is_ours = !name.contains("/env-pack");
                    // GitHub's own expressions have spaces inside the braces
                    let left = text
                        .split("{{")
                        .skip(1)
                        .find(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
                    assert!(!is_ours || left.is_none(), "{name}: {left:?}");
                }
            }
        }
    }

    #[test]
    fn a_template_mentions_only_its_own_language() {
        for (language, others) in [
            (Language::Rust, &["python", "node", "npm"][..]),
            (Language::Python, &["node", "npm", "rust"]),
            (Language::JavaScript, &["python", "rust"]),
        ] {
            for (name, text) in
                render(Some(language), &new_project("acme.secrets.demo", CapabilitySlot::Secrets))
            {
                // every workflow builds `gtc` with Rust
                let is_workflow = name.starts_with(".github/");
                let is_vendored = name.starts_with("vendor/")
                    || name.starts_with("wit/deps/")
                    || name.contains("lock");
                let found = others.iter().find(|other| text.to_lowercase().contains(**other));
                let is_fine = found.is_none() || is_workflow && found == Some(&"rust");
                assert!(is_vendored || is_fine, "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn package_names_are_valid_and_not_taken() {
        let long = format!("acme.{}", "x".repeat(195));
        for (path, name) in [
            ("acme.secrets.demo", "acme-secrets-demo"),
            ("acme.secrets.type", "acme-secrets-type"),
            ("0.1", "pack-0-1"),
            ("-.-", "pack"),
            ("-a-.--b.c-", "a-b-c"),
            // dependencies of a project
            ("env.pack-sdk", "pack-env-pack-sdk"),
            ("wit.bindgen", "pack-wit-bindgen"),
            (&long, &long.replace('.', "-")[..64]),
            (&format!("{}.b", "a".repeat(63)), &"a".repeat(63)),
        ] {
            assert_eq!(package_name(path), name);
        }
    }
}
