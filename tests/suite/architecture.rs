//! Keeps the dependencies between rooms one-way, by reading every `use` and path in the
//! sources.

use std::path::{Path, PathBuf};

use crate::support::repository;

const ROOMS: [&str; 7] = ["archive", "fetch", "engine", "project", "scenario", "signing", "store"];

/// Crates that only these modules may name.
const OWNED: &[(&str, &[&str])] = &[
    ("landlock", &["engine"]),
    ("seccompiler", &["engine"]),
    ("wasmtime", &["engine"]),
    ("wasmtime_wasi", &["engine"]),
    ("wasmparser", &["engine"]),
    ("toml", &["project"]),
    ("zip", &["archive"]),
    ("flate2", &["archive"]),
    ("greentic_types", &["archive"]),
    ("clap", &["cli"]),
    ("schemars", &["cli", "document.rs", "project", "scenario"]),
    ("anstream", &["cli"]),
    ("quick_junit", &["cli"]),
    ("indicatif", &["cli"]),
    ("tar", &["fetch"]),
    ("ulid", &["store"]),
    ("base64", &["fetch", "store", "signing"]),
    ("ed25519_dalek", &["signing"]),
    ("zeroize", &["fetch"]),
    ("ureq", &["fetch"]),
    ("rustls", &["fetch"]),
    ("url", &["fetch"]),
    ("getrandom", &["signing"]),
    ("ring", &["signing"]),
];

/// Returns true if code names a module of the crate, in a path or in a list of imports.
fn names_module(code: &str, module: &str) -> bool {
    code.split("crate::").skip(1).any(|after| match after.strip_prefix('{') {
        // up to the end of the statement; this also finds the name in a nested list, which
        // errs on the safe side
        Some(list) => {
            let list = list.split(';').next().unwrap_or_default();
            list.split([',', '{', '}']).any(|name| begins_with_name(name.trim(), module))
        }
        None => begins_with_name(after, module),
    })
}

fn begins_with_name(text: &str, name: &str) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn a_module_is_found_in_paths_and_in_lists() {
    for code in [
        "use crate::store;",
        "crate::store::Store",
        "use crate::{store};",
        "use crate::{ops::x, store::Y};",
    ] {
        assert!(names_module(code, "store"), "{code}");
    }
    for code in [
        "use crate::storey;",
        "use crate::ops::store;",
        "use crate::{ops};\nlet store = 1;",
        "use other::store;",
    ] {
        assert!(!names_module(code, "store"), "{code}");
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

fn room_sources(room: &str) -> Vec<(PathBuf, String)> {
    sources(&repository().join("host/src").join(room))
}

#[test]
fn rooms_never_import_each_other() {
    for room in ROOMS {
        let forbidden = ROOMS.iter().filter(|other| **other != room).chain(&["ops", "cli", "host"]);
        for other in forbidden {
            for (path, code) in room_sources(room) {
                assert!(!names_module(&code, other), "{} reaches into `{other}`", path.display());
            }
        }
    }
}

#[test]
fn the_command_line_uses_only_operations() {
    for (path, code) in room_sources("cli") {
        // settings hold the settings of rooms, and become a host in one place
        let is_settings =
            ["cli/settings.rs", "cli/progress/mod.rs"].iter().any(|file| path.ends_with(file));
        for room in ROOMS.iter().filter(|_| !is_settings) {
            assert!(!names_module(&code, room), "{} reaches into `{room}`", path.display());
        }
        // operations give the shape of the output; only the schemas of arguments are made here
        let is_schema = path.ends_with("cli/grammar.rs");
        let shapes = Some("json!").filter(|_| !is_schema);
        for word in ["std::fs", "File::", "println!", "eprintln!"].into_iter().chain(shapes) {
            assert!(!code.contains(word), "{} holds `{word}`", path.display());
        }
    }
    for (path, code) in room_sources("ops") {
        assert!(!names_module(&code, "cli"), "{} reaches into `cli`", path.display());
        assert!(!code.contains("println!"), "{} prints", path.display());
    }
}

#[test]
fn each_library_stays_in_its_room() {
    for (library, owners) in OWNED {
        for (path, code) in sources(&repository().join("host/src")) {
            let is_owner = owners
                .iter()
                .any(|owner| path.starts_with(repository().join("host/src").join(owner)));
            let is_used = ["use ", " ", "(", "<", "&", "["]
                .iter()
                .any(|prefix| code.contains(&format!("{prefix}{library}::")));
            assert!(is_owner || !is_used, "{} uses `{library}`", path.display());
        }
    }
}

#[test]
fn rooms_are_constructed_in_one_place() {
    for (path, code) in sources(&repository().join("host/src")) {
        let is_allowed = path.ends_with("host/src/host.rs") || path.ends_with("tests.rs");
        for constructor in ["Store::new(", "PackSource::new(", "Engine::new("] {
            let is_own =
                code.contains("CompiledStore::new(") && !code.contains(&format!(" {constructor}"));
            let is_room = path.components().any(|part| part.as_os_str() == "engine");
            assert!(
                is_allowed || is_own || is_room || !code.contains(constructor),
                "{} constructs a room",
                path.display()
            );
        }
    }
}

#[test]
fn the_domain_has_no_side_effects() {
    for (path, code) in sources(&repository().join("host/domain/src")) {
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

#[test]
fn guests_share_only_the_wit_with_the_host() {
    for folder in ["guest-sdk", "builtins"] {
        for entry in walk(&repository().join(folder), "Cargo.toml") {
            let manifest = std::fs::read_to_string(&entry).expect("a manifest");
            assert!(
                !manifest.contains("env-pack-domain") && !manifest.contains("/host"),
                "{}",
                entry.display()
            );
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
    let folders = ["host/src", "host/domain/src", "host/fs/src", "guest-sdk/src", "xtask/src"];
    for (path, _) in folders.iter().flat_map(|folder| sources(&repository().join(folder))) {
        let lines = std::fs::read_to_string(&path).expect("a source").lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}

/// Every test that SECURITY.md names exists.
#[test]
fn security_promises_name_existing_tests() {
    let text = std::fs::read_to_string(repository().join("SECURITY.md")).expect("SECURITY.md");
    let folders = ["tests/suite", "host/src", "host/domain/src", "host/fs/src"];
    let folders = folders.map(|folder| repository().join(folder));
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
    for (path, code) in room_sources("ops") {
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
