//! Registries to fetch from: a real one, and one that lies.

pub mod authority;
pub mod docker;
pub mod hostile;
pub mod image;
pub mod reply;
pub mod server;
pub mod tokens;

use std::path::PathBuf;

use super::repository;

/// The program `skopeo`, where it is installed.
pub fn skopeo() -> Option<PathBuf> {
    program("skopeo")
}

/// The program `wkg`, where it is installed or the gate built it.
pub fn wkg() -> Option<PathBuf> {
    program("wkg")
}

/// Where a program is.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([repository().join("target/tools/bin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}
