//! Programs that the gate needs and a machine may not have: built, installed, or done
//! without.

use anyhow::Result;

use crate::process::{command, output, root, run};

/// Whether a question to a program is answered. The program is its first word.
pub fn answers(question: &[&str]) -> bool {
    let [program, arguments @ ..] = question else { return false };
    output(&mut command(program, arguments)).is_ok()
}

/// A program written in Rust: the one on PATH, or our own, built when it is not there
/// yet.
pub fn built(name: &str, version: &str) -> Result<String> {
    if answers(&[name, "--version"]) {
        return Ok(name.to_owned());
    }
    let tools = root().join("target/tools");
    let program = tools.join("bin").join(name).display().to_string();
    if !answers(&[&program, "--version"]) {
        let (root, build) =
            (tools.display().to_string(), tools.join("build").display().to_string());
        // without optimizations: it is built for longer than it runs
        let install = ["install", "--quiet", "--debug", "--locked", name, "--version", version];
        let mut install =
            command("cargo", &[&install[..], &["--root", &root, "--target-dir", &build]].concat());
        run(install.env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
    }
    Ok(program)
}

/// Installs packages of Debian that have a program of their name, as far as this machine
/// and this user can; says where not.
pub fn from_debian(packages: &[&str]) {
    let missing: Vec<&str> =
        packages.iter().copied().filter(|package| !answers(&[package, "--version"])).collect();
    if missing.is_empty() {
        return;
    }
    let is_root = output(&mut command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !is_root || !answers(&["apt-get", "--version"]) {
        println!("not installed: {}, which takes root and `apt-get`", missing.join(" and "));
        return;
    }
    let get = |arguments: &[&str]| {
        run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install =
        || get(&[&["install", "--yes", "--no-install-recommends"][..], &missing].concat());
    // a machine that was just made knows no packages yet
    if let Err(error) = install().or_else(|_| get(&["update"]).and_then(|()| install())) {
        println!("not installed: {}, because {error:#}", missing.join(" and "));
    }
}
