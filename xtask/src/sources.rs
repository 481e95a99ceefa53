//! The Rust files of the repository, and what in them is test code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use syn::{Attribute, Item, Meta};

use crate::process::{command, output, root};

/// A Rust file and its syntax tree.
pub(crate) struct Source {
    /// Relative to the repository.
    pub path: PathBuf,
    pub text: String,
    pub syntax: syn::File,
}

/// Parses every Rust file of the repository that is not test code, sorted by path.
pub(crate) fn without_tests() -> Result<Vec<Source>> {
    paths()?.into_iter().filter(|path| !is_test_path(path)).map(parse).collect()
}

/// The Rust files of the repository, relative to it and sorted.
///
/// Files that git ignores are left out; new files that are not committed yet are not.
pub(crate) fn paths() -> Result<Vec<PathBuf>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"];
    let listing = output(&mut command("git", &arguments))?;
    let mut paths: Vec<PathBuf> =
        listing.lines().map(PathBuf::from).filter(|path| root().join(path).exists()).collect();
    paths.sort();
    Ok(paths)
}

fn parse(path: PathBuf) -> Result<Source> {
    let text = fs::read_to_string(root().join(&path))?;
    let syntax = syn::parse_file(&text).with_context(|| path.display().to_string())?;
    Ok(Source { path, text, syntax })
}

/// Returns true for files of tests and benchmarks, and for the project templates, which
/// hold placeholders.
fn is_test_path(path: &Path) -> bool {
    path.iter().any(|part| {
        ["tests", "tests.rs", "benches", "templates"].iter().any(|name| part.to_str() == Some(name))
    })
}

/// Returns true if an item has `#[cfg(test)]` or `#[test]`.
pub(crate) fn is_test_item(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::NameValue(_) => false,
    })
}

/// The attributes of an item; none for the kinds that are never test code.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
