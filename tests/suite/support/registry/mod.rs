//! Registries to fetch from: a real one, and one that lies.

pub mod authority;
pub mod docker;
pub mod hostile;
pub mod image;
pub mod proxy;
pub mod reply;
pub mod server;
pub mod tokens;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Sandbox, repository};

impl Sandbox {
    /// Leaves a name and a password for a registry where `docker login` does.
    pub fn log_in(&self, host: &str, user: &str, password: &str) {
        let entry = json!({"auth": STANDARD.encode(format!("{user}:{password}"))});
        self.write(".docker/config.json", json!({"auths": {host: entry}}).to_string());
    }
}

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
