//! Keeps rules about the sources that Cargo and clippy cannot keep.

use std::path::{Path, PathBuf};

use test_support::repository;

/// The crates of the host, and the crates of this workspace that each may depend on.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("fs", &[]),
    ("archive", &["env-pack-domain"]),
    ("signing", &["env-pack-domain"]),
    ("fetch", &["env-pack-domain", "gtc-fs"]),
    ("engine", &["env-pack-domain", "gtc-fs"]),
    ("store", &["env-pack-domain", "gtc-fs"]),
    (
        "core",
        &[
            "env-pack-domain",
            "gtc-archive",
            "gtc-engine",
            "gtc-fetch",
            "gtc-fs",
            "gtc-signing",
            "gtc-store",
        ],
    ),
    ("cli", &["env-pack-domain", "gtc-core"]),
];

/// Libraries that only these crates of the host may depend on.
const OWNED: &[(&str, &[&str])] = &[
    ("archive", &["flate2", "greentic-types", "zip"]),
    ("cli", &["anstream", "clap", "indicatif", "quick-junit"]),
    ("core", &["toml"]),
    (
        "engine",
        &["landlock", "rayon", "seccompiler", "tokio", "wasmparser", "wasmtime", "wasmtime-wasi"],
    ),
    ("fetch", &["rustls", "tar", "ureq"]),
    ("signing", &["ed25519-dalek", "getrandom", "ring"]),
    ("store", &["ulid"]),
];

/// The dependencies of a crate of the host.
fn dependencies(name: &str) -> toml::Table {
    let path = repository().join("host").join(name).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).expect("a manifest");
    let manifest: toml::Table = toml::from_str(&text).expect("a manifest");
    for table in ["build-dependencies", "target"] {
        assert!(manifest.get(table).is_none(), "{}: `{table}` is not checked", path.display());
    }
    manifest["dependencies"].as_table().expect("a table").clone()
}

#[test]
fn crates_depend_in_one_direction() {
    let crates = std::fs::read_dir(repository().join("host")).expect("a folder");
    assert_eq!(crates.count(), DEPENDENCIES.len(), "a crate is missing in the list");
    for (name, allowed) in DEPENDENCIES {
        let dependencies = dependencies(name);
        let is_ours = |name: &&String| name.starts_with("gtc-") || *name == "env-pack-domain";
        let ours: Vec<&str> = dependencies.keys().filter(is_ours).map(String::as_str).collect();
        assert_eq!(ours, *allowed, "{name}");
    }
}

#[test]
fn each_library_has_one_owner() {
    for (name, _) in DEPENDENCIES {
        let dependencies = dependencies(name);
        for (owner, libraries) in OWNED {
            for library in *libraries {
                let has = dependencies.contains_key(*library);
                assert_eq!(has, name == owner, "`{name}` and `{library}`");
            }
        }
    }
}

/// The Rust files below a folder, each with its text without comments.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.push((path.clone(), code.collect::<Vec<_>>().join("\n")));
        }
    }
    found
}

/// A source without the tests at its end.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn crate_sources(name: &str) -> Vec<(PathBuf, String)> {
    sources(&repository().join("host").join(name).join("src"))
}

#[test]
fn the_command_line_leaves_files_and_formats_to_others() {
    for (path, code) in crate_sources("cli") {
        // operations give the shape of the output; only the schemas of arguments are made here
        let is_schema = path.ends_with("grammar.rs");
        let shapes = Some("json!").filter(|_| !is_schema);
        for word in ["std::fs", "File::", "println!", "eprintln!"].into_iter().chain(shapes) {
            assert!(!code.contains(word), "{} holds `{word}`", path.display());
        }
    }
}

/// File operations of `core` have limits and errors that name the path: `gtc-fs` has them.
#[test]
fn core_opens_files_through_other_crates() {
    for (path, code) in crate_sources("core") {
        let code = without_tests(&code);
        let words = [
            "std::fs",
            "unix::fs",
            "read_dir(",
            "OpenOptions",
            "File::open",
            "File::create",
            "File::options",
            ".canonicalize()",
            "metadata()",
            ".exists()",
            ".try_exists()",
            ".is_dir()",
            ".is_file()",
            ".is_symlink()",
        ];
        for word in words {
            assert!(
                path.ends_with("tests.rs") || !code.contains(word),
                "{} has `{word}`",
                path.display()
            );
        }
    }
}

const CONSTRUCTORS: [&str; 4] =
    ["Store::with_limits(", "Store::new(", "PackSource::new(", "Engine::new("];

#[test]
fn stores_sources_and_engines_are_constructed_in_one_place() {
    let host = std::fs::read_to_string(repository().join("host/core/src/host.rs")).expect("a file");
    for constructor in CONSTRUCTORS.iter().filter(|constructor| **constructor != "Store::new(") {
        assert!(host.contains(constructor), "host.rs has no `{constructor}`");
    }
    for (path, code) in crate_sources("core").into_iter().chain(crate_sources("cli")) {
        let is_allowed = path.ends_with("core/src/host.rs") || path.ends_with("tests.rs");
        for constructor in CONSTRUCTORS {
            assert!(
                is_allowed || !code.contains(constructor),
                "{} has `{constructor}`",
                path.display()
            );
        }
    }
}

#[test]
fn the_domain_has_no_side_effects() {
    for (path, code) in crate_sources("domain") {
        for word in [
            "std::fs",
            "TcpStream",
            "ToSocketAddrs",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime",
            "Instant::now",
            "println!",
        ] {
            assert!(!code.contains(word), "{} holds `{word}`", path.display());
        }
    }
}

/// Versions of the interface stand in the table of the domain, and in the path of the WIT
/// that the bindings of a version are made of.
#[test]
fn one_file_of_the_host_knows_versions_of_the_interface() {
    let is_version = |line: &&str| {
        line.contains("env-pack") && ["0.1.", "0.2."].iter().any(|number| line.contains(number))
    };
    let mut versions_in_table = 0;
    for (path, code) in DEPENDENCIES.iter().flat_map(|(name, _)| crate_sources(name)) {
        let code = without_tests(&code);
        if path.iter().any(|part| part == "tests" || part == "tests.rs") {
            continue;
        }
        if path.ends_with("abi.rs") || path.ends_with("bindings.rs") {
            versions_in_table += code.lines().filter(is_version).count();
            continue;
        }
        let version = code.lines().find(is_version);
        assert!(version.is_none(), "{}: {version:?}", path.display());
    }
    assert!(versions_in_table > 1, "the table has other versions: correct `is_version`");
}

#[test]
fn the_program_accepts_only_released_interfaces() {
    for (path, code) in crate_sources("core").into_iter().chain(crate_sources("cli")) {
        let has =
            ["WithUnreleased", "of_unreleased_handler"].iter().any(|word| code.contains(word));
        assert!(!has, "{}", path.display());
    }
}

#[test]
fn guests_share_only_the_wit_with_the_host() {
    for folder in ["guest-sdk", "builtins"] {
        let manifests = walk(&repository().join(folder), "Cargo.toml");
        assert!(!manifests.is_empty(), "{folder} has no manifest");
        for entry in manifests {
            let manifest = std::fs::read_to_string(&entry).expect("a manifest");
            for word in ["env-pack-domain", "gtc-", "/host"] {
                assert!(!manifest.contains(word), "{} has `{word}`", entry.display());
            }
        }
    }
}

fn walk(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(walk(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found
}

#[test]
fn files_have_at_most_500_lines() {
    let folders = ["host", "guest-sdk/src", "tests/suite", "tests/support", "xtask/src"];
    for (path, _) in folders.iter().flat_map(|folder| sources(&repository().join(folder))) {
        let lines = std::fs::read_to_string(&path).expect("a source").lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}

/// Every test that SECURITY.md names exists.
#[test]
fn security_promises_name_existing_tests() {
    let text = std::fs::read_to_string(repository().join("SECURITY.md")).expect("SECURITY.md");
    let folders = ["tests/suite", "host"].map(|folder| repository().join(folder));
    let code: String =
        folders.iter().flat_map(|folder| sources(folder)).map(|(_, code)| code).collect();
    let shown_by = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.rsplit('|').nth(1));
    let names = shown_by.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let tests: Vec<&str> = names.filter(|name| name.contains('_') && !name.contains(' ')).collect();
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        assert!(
            code.contains(&format!("fn {test}(")),
            "SECURITY.md names `{test}`, which is not a test"
        );
    }
}

/// A path may be invalid UTF-8, which JSON cannot hold: reports use `FilePath`.
#[test]
fn reports_do_not_serialize_pathbuf() {
    for (path, code) in crate_sources("core") {
        let serialized = code
            .split("#[derive(")
            .skip(1)
            .filter(|item| item.split(')').next().unwrap_or("").contains("Serialize"));
        for item in serialized {
            let body = item.split("\n}").next().unwrap_or_default();
            assert!(!body.contains("PathBuf"), "{}: {body}", path.display());
        }
    }
}
