//! Templates of projects: real files with a few placeholders, and what is put into those.
//! Every value comes out of a parsed descriptor path, whose characters mean nothing in
//! any of the languages.

use env_pack_domain::{CapabilitySlot, DescriptorPath};

use super::{Language, sdk};

/// What a new project is about.
#[derive(Clone, Debug)]
pub struct Named {
    /// The path that its handler answers for.
    pub path: DescriptorPath,
    /// The slot that it fills.
    pub slot: CapabilitySlot,
    /// The id of its packs.
    pub id: String,
    /// The file of its first pack, as a shell takes it.
    pub pack: String,
    /// The command that binds its first pack, if `gtc` binds packs of its slot.
    pub bind: Option<String>,
}

/// The files of a template: where each goes, and its text.
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

/// The step of a workflow that installs what Rust does not bring along, and the command
/// that tests.
fn workflow(language: Language) -> (String, &'static str) {
    let step = |command: &str| format!("      - run: {command}\n");
    match language {
        Language::Rust => (String::new(), "cargo test --locked"),
        Language::Python => (
            step("python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt"),
            "python3 -m unittest",
        ),
        Language::JavaScript => (step("npm ci --ignore-scripts --silent"), "npm test"),
    }
}

/// The files of a new project: where each goes below its folder, and its content.
pub fn files(language: Language, named: &Named) -> Vec<(String, String)> {
    let template = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::JavaScript => JAVASCRIPT,
    };
    let filled = |(place, text): &(&str, &str)| ((*place).to_owned(), fill(text, language, named));
    let mut files: Vec<_> = template.iter().map(filled).collect();
    let mut copy = |folder: &str, embedded: &[(&str, &str)]| {
        files.extend(
            embedded.iter().map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())),
        );
    };
    match language {
        Language::Rust => {
            copy("vendor", sdk::LICENSE);
            copy("vendor/env-pack-sdk", sdk::SDK);
            // where the SDK looks for it
            copy("vendor/wit/env-pack/0.1.0", sdk::WIT);
        }
        Language::Python | Language::JavaScript => {
            copy("wit/deps/env-pack", sdk::LICENSE);
            copy("wit/deps/env-pack", sdk::WIT);
        }
    }
    if let Some((_, lock)) = files.iter_mut().find(|(name, _)| name == "Cargo.lock") {
        *lock = sorted(lock);
    }
    files
}

/// A text with every placeholder replaced.
fn fill(text: &str, language: Language, named: &Named) -> String {
    let (path, (install, test)) = (named.path.as_str(), workflow(language));
    let values = [
        ("path", path.to_owned()),
        ("namespace", path.split('.').next().unwrap_or_default().to_owned()),
        ("crate", crate_name(path)),
        ("slot", named.slot.to_string()),
        ("variant", capitalised(&named.slot.to_string())),
        ("constant", named.slot.to_string().to_uppercase()),
        ("id", named.id.clone()),
        ("pack", named.pack.clone()),
        ("try", try_it(named)),
        ("install", install),
        ("test", test.to_owned()),
    ];
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// The commands that bind the first pack and run its preflight.
fn try_it(named: &Named) -> String {
    match &named.bind {
        Some(bind) => format!(
            "gtc op env init                             # the environment `local`, unless you have it\n{bind}\n\
             gtc op env tool-check local                 # does this machine have what the handler needs?"
        ),
        None => {
            format!("# slot `{}` is bound by the tools of its endpoints, not by `gtc`", named.slot)
        }
    }
}

/// A name that cargo and npm take, and that is no other's: a path may be longer than a
/// package, begin with a digit or `-`, and be that of something that the package needs.
fn crate_name(path: &str) -> String {
    /// Compilers make names of files out of it, twice.
    const BYTES: usize = 64;
    let words: Vec<&str> = path.split(['.', '-']).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let name = name.get(..BYTES).unwrap_or(&name).trim_end_matches('-');
    let is_taken =
        include_str!("../../templates/rust/Cargo.lock").contains(&format!("name = \"{name}\"\n"));
    match name.starts_with(|first: char| first.is_ascii_lowercase()) && !is_taken {
        true => name.to_owned(),
        false => format!("pack-{name}").trim_end_matches('-').to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// A lock file with its packages in the order that cargo writes them in, which depends on
/// the name of the new one.
fn sorted(lock: &str) -> String {
    let mut parts = lock.split("[[package]]\n").map(str::trim_end);
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<&str> = parts.collect();
    packages.sort_by_key(|package| package.lines().next());
    packages
        .iter()
        .fold(head.to_owned(), |lock, package| format!("{lock}\n\n[[package]]\n{package}"))
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str, slot: CapabilitySlot) -> Named {
        Named {
            path: path.parse().expect("a path"),
            slot,
            id: path.to_owned(),
            pack: "x.gtpack".to_owned(),
            bind: None,
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in Language::ALL {
            for slot in CapabilitySlot::ALL {
                for (name, text) in files(language, &named("acme.secrets.demo", slot)) {
                    let is_ours = !name.contains("/env-pack");
                    // what GitHub fills in has blanks between the braces
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
    fn a_template_speaks_of_its_own_language_only() {
        for (language, others) in [
            (Language::Rust, &["python", "node", "npm"][..]),
            (Language::Python, &["node", "npm", "rust"]),
            (Language::JavaScript, &["python", "rust"]),
        ] {
            for (name, text) in
                files(language, &named("acme.secrets.demo", CapabilitySlot::Secrets))
            {
                // a workflow builds `gtc` with Rust, whatever the project is in
                let is_workflow = name.starts_with(".github/");
                let is_brought = name.starts_with("vendor/")
                    || name.starts_with("wit/deps/")
                    || name.contains("lock");
                let found = others.iter().find(|other| text.to_lowercase().contains(**other));
                let is_fine = found.is_none() || is_workflow && found == Some(&"rust");
                assert!(is_brought || is_fine, "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn a_package_has_a_name_that_toolchains_take() {
        let long = format!("acme.{}", "x".repeat(195));
        for (path, name) in [
            ("acme.secrets.demo", "acme-secrets-demo"),
            ("acme.secrets.type", "acme-secrets-type"),
            ("0.1", "pack-0-1"),
            ("-.-", "pack"),
            ("-a-.--b.c-", "a-b-c"),
            // what such a project depends on
            ("env.pack-sdk", "pack-env-pack-sdk"),
            ("wit.bindgen", "pack-wit-bindgen"),
            (&long, &long.replace('.', "-")[..64]),
            (&format!("{}.b", "a".repeat(63)), &"a".repeat(63)),
        ] {
            assert_eq!(crate_name(path), name);
        }
    }
}
