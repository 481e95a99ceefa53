//! Builds a Rust project with cargo for `wasm32-wasip2`, whose linker output is a
//! component.
#![expect(
    clippy::disallowed_methods,
    reason = "the build of a project has the environment of its author"
)]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use env_pack_domain::Version;
use gtc_fs::metadata;
use gtc_fs::process::command;
use serde::Deserialize;

use super::component::BuiltComponent;
use super::run::run;
use crate::project::error::ProjectError;
use crate::project::file::Project;
use crate::project::limits::ProjectLimits;
use crate::project::paths;

const TARGET: &str = "wasm32-wasip2";
const INSTALL_RUST: &str = "install Rust with `curl --proto '=https' --tlsv1.2 -sSf \
                            https://sh.rustup.rs | sh`, then `rustup target add wasm32-wasip2`";
const INSTALL_TARGET: &str = "add it with `rustup target add wasm32-wasip2`, after `rustup update` \
                              if your Rust is old; without rustup, install Rust from \
                              https://rustup.rs";
/// Separates flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// A message of `cargo build --message-format json`, as far as it describes an artifact.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds the library of the crate that the project names.
pub(super) fn build(
    project: &Project,
    limits: &ProjectLimits,
    offline: bool,
) -> Result<BuiltComponent, ProjectError> {
    let manifest = paths::resolve_file(&project.folder, &project.source.join("Cargo.toml"))?;
    let folder = paths::resolve_folder(&project.folder, &project.source)?;
    ensure_target(&folder, limits)?;
    let mut cargo = command("cargo");
    cargo.args([
        "build",
        "--quiet",
        "--release",
        "--lib",
        "--target",
        TARGET,
        "--message-format",
        "json-render-diagnostics",
    ]);
    if offline {
        cargo.arg("--offline");
    }
    // its output is shown in errors, where colours would be escaped
    cargo.env("CARGO_TERM_COLOR", "never");
    cargo.current_dir(&folder).env("CARGO_ENCODED_RUSTFLAGS", encoded_rustflags(&project.folder));
    let messages = run("cargo", &mut cargo, INSTALL_RUST, limits)?;
    find_component(&messages, &manifest).ok_or(ProjectError::NoComponent { manifest })
}

/// Checks that the compiler that cargo uses in this folder has the target installed.
fn ensure_target(folder: &Path, limits: &ProjectLimits) -> Result<(), ProjectError> {
    let mut rustc = command("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder);
    let is_installed = match run("rustc", &mut rustc, INSTALL_RUST, limits) {
        Ok(output) => metadata::is_folder(Path::new(String::from_utf8_lossy(&output).trim())),
        // a compiler that is older than the target
        Err(ProjectError::BuildFailed { output, .. })
            if output.iter().any(|line| line.as_exact().contains("specification for target")) =>
        {
            false
        }
        Err(error) => return Err(error),
    };
    if !is_installed {
        return Err(ProjectError::ToolchainMissing {
            what: "target `wasm32-wasip2`",
            install: INSTALL_TARGET,
        });
    }
    Ok(())
}

/// The author's compiler flags, and flags that remap the paths of this machine: panic
/// messages contain source paths, and builds on two machines must have the same bytes.
fn encoded_rustflags(folder: &Path) -> OsString {
    let mut flags = env::var_os("CARGO_ENCODED_RUSTFLAGS")
        .or_else(|| {
            let flags = env::var("RUSTFLAGS").ok()?;
            Some(flags.split_whitespace().collect::<Vec<_>>().join(SEPARATOR).into())
        })
        .unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    if let Some(cargo_home) = cargo_home {
        push_remap(&mut flags, &cargo_home, "/cargo");
    }
    push_remap(&mut flags, folder, "/pack");
    flags
}

fn push_remap(flags: &mut OsString, from: &Path, to: &str) {
    if !flags.is_empty() {
        flags.push(SEPARATOR);
    }
    flags.push("--remap-path-prefix=");
    flags.push(from);
    flags.push(format!("={to}"));
}

/// Finds the component among cargo's artifacts: the last WebAssembly file of the crate with
/// this manifest.
fn find_component(messages: &[u8], manifest: &Path) -> Option<BuiltComponent> {
    let mut found = None;
    for line in messages.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<CargoMessage>(line) else { continue };
        let is_ours = message.reason == "compiler-artifact"
            && metadata::resolve(&message.manifest_path).is_ok_and(|path| path == manifest);
        if !is_ours {
            continue;
        }
        let mut files = message.filenames.into_iter();
        if let Some(component) = files.find(|file| file.extension().is_some_and(|e| e == "wasm")) {
            found = Some(BuiltComponent { component, version: version(&message.package_id) });
        }
    }
    found
}

/// The version at the end of a [package id][spec], such as `path+file:///a/b#1.0.0` or
/// `path+file:///a/b#name@1.0.0`.
///
/// [spec]: https://doc.rust-lang.org/cargo/reference/pkgid-spec.html
fn version(package_id: &str) -> Option<Version> {
    let (_, named) = package_id.rsplit_once('#')?;
    named.rsplit_once('@').map_or(named, |(_, version)| version).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn package_ids_end_with_a_version() {
        for (id, expected) in [
            ("path+file:///home/marie/demo#0.1.0", Some("0.1.0")),
            (
                "path+file:///home/marie/demo#acme-demo@1.2.3-rc.1+build.5",
                Some("1.2.3-rc.1+build.5"),
            ),
            ("path+file:///home/ma#rie@home/demo#acme-demo@1.2.3", Some("1.2.3")),
            ("demo 0.1.0 (path+file:///home/marie/demo)", None),
        ] {
            assert_eq!(version(id).map(|found| found.to_string()).as_deref(), expected, "{id}");
        }
    }
}
