//! Registries for tests: `docker-registry`, and one that follows a script.

pub mod authority;
pub mod docker;
pub mod image;
pub mod proxy;
pub mod reply;
pub mod scripted;
pub mod server;
pub mod tokens;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Sandbox, repository};

impl Sandbox {
    /// Stores a user name and password for a registry as `docker login` does.
    pub fn log_in(&self, host: &str, user: &str, password: &str) {
        let entry = json!({"auth": STANDARD.encode(format!("{user}:{password}"))});
        self.write(".docker/config.json", json!({"auths": {host: entry}}).to_string());
    }
}

/// The program `skopeo`, if it is installed.
pub fn skopeo() -> Option<PathBuf> {
    find_program("skopeo")
}

/// The program `wkg`, if it is installed or the gate built it.
pub fn wkg() -> Option<PathBuf> {
    find_program("wkg")
}

/// Finds a program in `PATH` or among the tools of the gate.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([repository().join("target/tools/bin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}
