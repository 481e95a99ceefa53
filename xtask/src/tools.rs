//! Programs that the gate uses and a machine may lack: found, built or installed.

use anyhow::Result;

use crate::process::{command, output, root, run};

/// Returns true if a command succeeds, such as a version query.
pub(crate) fn answers(query: &[&str]) -> bool {
    let [program, arguments @ ..] = query else { return false };
    output(&mut command(program, arguments)).is_ok()
}

/// Returns a program written in Rust: the one on PATH, or a build of this version in
/// `target/tools`.
pub(crate) fn find_or_build(name: &str, version: &str) -> Result<String> {
    if answers(&[name, "--version"]) {
        return Ok(name.to_owned());
    }
    let tools = root().join("target/tools");
    let program = tools.join("bin").join(name).display().to_string();
    if !answers(&[&program, "--version"]) {
        let folder = tools.display().to_string();
        let target = tools.join("build").display().to_string();
        // without optimizations: building it takes longer than running it
        let package = ["install", "--quiet", "--debug", "--locked", name, "--version", version];
        let folders = ["--root", &folder, "--target-dir", &target];
        let mut install = command("cargo", &[&package[..], &folders].concat());
        run(install.env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
    }
    Ok(program)
}

/// Installs the Debian packages whose program does not answer a query.
///
/// Without root or `apt-get`, or if the installation fails, it prints what is missing.
pub(crate) fn install_from_debian(packages: &[(&str, &[&str])]) {
    let missing: Vec<&str> =
        packages.iter().filter(|(_, query)| !answers(query)).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return;
    }
    let is_root = output(&mut command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !is_root || !answers(&["apt-get", "--version"]) {
        println!("not installed: {}, which takes root and `apt-get`", missing.join(" and "));
        return;
    }
    let install = [&["install", "--yes", "--no-install-recommends"][..], &missing].concat();
    // a new machine has no package lists yet
    let installed =
        apt_get(&install).or_else(|_| apt_get(&["update"]).and_then(|()| apt_get(&install)));
    if let Err(error) = installed {
        println!("not installed: {}, because {error:#}", missing.join(" and "));
    }
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}
