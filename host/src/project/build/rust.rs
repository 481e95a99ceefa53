//! Rust: cargo, for `wasm32-wasip2`, where it makes a component by itself.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use env_pack_domain::Version;
use serde::Deserialize;

use super::{Built, run::run};
use crate::project::{Limits, Project, ProjectError, inside};

const TARGET: &str = "wasm32-wasip2";
const INSTALL_RUST: &str = "install Rust with `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`, then `rustup \
                            target add wasm32-wasip2`";
const INSTALL_TARGET: &str = "add it with `rustup target add wasm32-wasip2`, after `rustup update` if your Rust is old; where there is no \
                              rustup, install Rust from https://rustup.rs";
/// What separates flags where cargo reads them.
const SEPARATOR: &str = "\x1f";

/// A line of what cargo says about its work, as far as it is about something that it
/// made.
#[derive(Deserialize)]
struct Message {
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
    limits: &Limits,
    offline: bool,
) -> Result<Built, ProjectError> {
    let manifest = inside::file(&project.folder, &project.source.join("Cargo.toml"))?;
    let folder = inside::folder(&project.folder, &project.source)?;
    need_target(&folder, limits)?;
    let mut cargo = Command::new("cargo");
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
    // what it says is shown in errors, where colours would only be escaped
    cargo.env("CARGO_TERM_COLOR", "never");
    cargo.current_dir(&folder).env("CARGO_ENCODED_RUSTFLAGS", flags(&project.folder));
    let messages = run("cargo", &mut cargo, INSTALL_RUST, limits)?;
    made(&messages, &manifest).ok_or(ProjectError::NoComponent { manifest })
}

/// Whether the compiler that cargo would use there knows the target.
fn need_target(folder: &Path, limits: &Limits) -> Result<(), ProjectError> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder);
    let place = match run("rustc", &mut rustc, INSTALL_RUST, limits) {
        Ok(printed) => String::from_utf8_lossy(&printed).trim().to_owned(),
        // what a compiler says that is older than the target
        Err(ProjectError::Failed { output, .. })
            if output.iter().any(|line| line.as_exact().contains("specification for target")) =>
        {
            String::new()
        }
        Err(error) => return Err(error),
    };
    match Path::new(&place).is_dir() {
        true => Ok(()),
        false => Err(ProjectError::Missing {
            what: "target `wasm32-wasip2` in this Rust",
            install: INSTALL_TARGET,
        }),
    }
}

/// The author's compiler flags, and more of them that keep the places of this machine out
/// of the code: messages of panics name source files, and two machines are to make the
/// same bytes.
fn flags(folder: &Path) -> OsString {
    let given = env::var_os("CARGO_ENCODED_RUSTFLAGS").or_else(|| {
        let flags = env::var("RUSTFLAGS").ok()?;
        Some(flags.split_whitespace().collect::<Vec<_>>().join(SEPARATOR).into())
    });
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = given.unwrap_or_default();
    for (place, name) in [(home.as_deref(), "/cargo"), (Some(folder), "/pack")] {
        let Some(place) = place else { continue };
        if !flags.is_empty() {
            flags.push(SEPARATOR);
        }
        flags.push("--remap-path-prefix=");
        flags.push(place);
        flags.push(format!("={name}"));
    }
    flags
}

/// The component among what cargo made: the WebAssembly of the crate with this manifest.
fn made(messages: &[u8], manifest: &Path) -> Option<Built> {
    let lines = messages.split(|byte| *byte == b'\n');
    let artifacts = lines.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    let ours = artifacts.filter(|message| {
        message.reason == "compiler-artifact"
            && message.manifest_path.canonicalize().is_ok_and(|path| path == manifest)
    });
    let of = |message: Message| {
        let component = message
            .filenames
            .into_iter()
            .find(|file| file.extension().is_some_and(|end| end == "wasm"))?;
        Some(Built { component, version: version(&message.package_id) })
    };
    // made last, should there be several
    ours.filter_map(of).next_back()
}

/// The version at the end of what cargo calls a package: `path+file:///a/b#1.0.0`, or `path+file:///a/b#name@1.0.0`.
fn version(package_id: &str) -> Option<Version> {
    let (_, named) = package_id.rsplit_once('#')?;
    named.rsplit_once('@').map_or(named, |(_, version)| version).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_of_a_package_is_found() {
        let check = |id, expected: Option<&str>| {
            assert_eq!(version(id).map(|found| found.to_string()).as_deref(), expected)
        };
        check("path+file:///home/marie/demo#0.1.0", Some("0.1.0"));
        check(
            "path+file:///home/marie/demo#acme-demo@1.2.3-rc.1+build.5",
            Some("1.2.3-rc.1+build.5"),
        );
        check("path+file:///home/ma#rie@home/demo#acme-demo@1.2.3", Some("1.2.3"));
        check("demo 0.1.0 (path+file:///home/marie/demo)", None);
    }
}
