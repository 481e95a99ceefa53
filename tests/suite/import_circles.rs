//! The files of a crate form no import circle, so that each can be read after those below it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use test_support::repository;

/// The modules of a crate, and the modules that each imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn files_have_no_import_circles() {
    for entry in fs::read_dir(repository().join("host")).expect("a folder") {
        let folder = entry.expect("a crate").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let mut texts = BTreeMap::new();
        read(&folder.join("src"), &mut Vec::new(), &mut texts);
        let imports: Imports = texts
            .iter()
            .map(|(module, text)| (module.clone(), imports(module, text, &texts)))
            .collect();
        assert!(imports.len() > 1, "{name} has no sources");
        // `lib.rs` imports every file by design
        for module in imports.keys().filter(|module| !module.is_empty()) {
            let circle = path_between(&imports, module, module);
            assert!(circle.is_none(), "in {name}: {}", circle.unwrap_or_default().join(" → "));
        }
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let texts = ["a", "a::b", "a::c", "d"].map(|module| (module.to_owned(), String::new()));
    let texts = BTreeMap::from(texts);
    for (module, text, expected) in [
        ("a", "use crate::d::X;", "d"),
        ("a::b", "use super::{c::{self, Y}, Z};", "a a::c"),
        ("a::b", "fn f() { crate::a::c::run() }", "a::c"),
        ("a::b", "pub(in crate::a) fn f() {} // crate::d", ""),
        ("a", "mod b; pub use b::X;", "a::b"),
        ("a::b", "use std::fmt; use serde::Serialize;", ""),
    ] {
        let found: Vec<_> = imports(module, text, &texts).into_iter().collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

#[test]
fn circles_through_re_exports_are_found() {
    let texts = BTreeMap::from(
        [("", "pub use a::A; pub use b::B;"), ("a", "use crate::B;"), ("b", "use crate::{A};")]
            .map(|(module, text)| (module.to_owned(), text.to_owned())),
    );
    let imports: Imports = texts
        .iter()
        .map(|(module, text)| (module.clone(), imports(module, text, &texts)))
        .collect();
    assert!(path_between(&imports, "a", "a").is_some(), "{imports:?}");
}

fn read(folder: &Path, path: &mut Vec<String>, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let file = entry.expect("an entry").path();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        if file.is_dir() {
            path.push(name);
            read(&file, path, texts);
            path.pop();
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            let is_folder = ["mod", "lib"].contains(&name.as_str());
            let own = (!is_folder).then_some(name);
            let module: Vec<String> = path.iter().cloned().chain(own).collect();
            texts.insert(module.join("::"), fs::read_to_string(&file).expect("a source"));
        }
    }
}

/// Returns the modules that a source imports: in `use`, and in paths that begin with
/// `crate`, `self` or `super`.
fn imports(module: &str, text: &str, texts: &BTreeMap<String, String>) -> BTreeSet<String> {
    let code = without_tests(text);
    let mut paths = Vec::new();
    for statement in code.split(';') {
        if let Some(at) = statement.rfind("use ") {
            expand(&statement[at + "use ".len()..], &mut paths);
        }
    }
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(root) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let before = code[..at].chars().next_back();
            if !before.is_some_and(is_path) {
                paths.push(code[at..].chars().take_while(|c| is_path(*c)).collect());
            }
        }
    }
    let re_exports = re_exports(texts);
    let found = paths.iter().filter_map(|path| {
        let found = resolve(module, path, texts)?;
        if !found.is_empty() {
            return Some(found);
        }
        // an item that `lib.rs` exports is imported from the file that defines it
        path.split("::").find_map(|part| re_exports.get(part).cloned())
    });
    found.filter(|found| found != module).collect()
}

/// The modules that `lib.rs` exports items from, by the names of the items.
fn re_exports(texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut paths = Vec::new();
    let root = texts.get("").map(|text| without_tests(text)).unwrap_or_default();
    for statement in root.split(';') {
        if let Some((_, tree)) = statement.split_once("pub use ") {
            expand(tree, &mut paths);
        }
    }
    let named = paths.iter().filter_map(|path| {
        let name = path.rsplit("::").next()?.to_owned();
        let module = resolve("", path, texts).filter(|module| !module.is_empty())?;
        Some((name, module))
    });
    named.collect()
}

/// Removes comments, visibilities and the tests at the end of a source.
fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n").replace("pub(in crate::", "pub(")
}

/// Expands the braces of a `use`.
fn expand(tree: &str, paths: &mut Vec<String>) {
    let Some((prefix, list)) = tree.split_once('{') else {
        return paths.push(tree.split(" as ").next().unwrap_or_default().trim().to_owned());
    };
    let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
    let mut depth = 0;
    for part in list.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    }) {
        expand(&format!("{}{}", prefix.trim(), part.trim()), paths);
    }
}

/// Returns the innermost module on a path.
fn resolve(module: &str, path: &str, texts: &BTreeMap<String, String>) -> Option<String> {
    let mut current: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut found = None;
    for (at, part) in path.split("::").enumerate() {
        match part {
            "crate" if at == 0 => current.clear(),
            "super" => drop(current.pop()),
            "self" => {}
            part => {
                current.push(part);
                if !texts.contains_key(&current.join("::")) {
                    current.pop();
                    let is_relative = at > 0 || found.is_some();
                    return is_relative.then(|| current.join("::"));
                }
            }
        }
        found = Some(current.join("::"));
    }
    found
}

/// Returns the shortest path of imports between two modules.
fn path_between<'a>(imports: &'a Imports, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut paths = vec![vec![from]];
    let mut seen = BTreeSet::new();
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let next = path.last().and_then(|last| imports.get(*last)).into_iter().flatten();
            for module in next {
                let path: Vec<&str> = path.iter().copied().chain([module.as_str()]).collect();
                if module == to {
                    return Some(path);
                }
                if seen.insert(module) {
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    None
}
