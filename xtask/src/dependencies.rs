//! Holds the dependency trees to `deny.toml`: bans, licenses, sources; and advisories, where somebody can be asked for them.

use anyhow::{Result, bail};

use crate::process::{command, output, root, run};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";
/// What `cargo deny` says when it could not get hold of the advisories.
const NOT_FETCHED: &str = "failed to fetch advisory database";

/// Checks the dependencies of these workspaces.
pub fn check(workspaces: &[&str]) -> Result<()> {
    let deny = cargo_deny()?;
    let config = root().join("deny.toml").display().to_string();
    for workspace in workspaces {
        let manifest = root().join(workspace).join("Cargo.toml").display().to_string();
        let base = ["--config", &config, "--manifest-path", &manifest, "--locked", "check"];
        let on = |checks: &[&str]| command(&deny, &[&base[..], checks].concat());
        run(&mut on(&["bans", "licenses", "sources"]))?;
        let asked = on(&["advisories"]).output()?;
        let words = String::from_utf8_lossy(&asked.stderr);
        match asked.status.success() {
            true => println!("{workspace}: no advisory is about what it depends on"),
            false if words.contains(NOT_FETCHED) => {
                println!(
                    "NOT CHECKED: advisories about {workspace}, because their database cannot be reached from here"
                );
            }
            false => bail!("{words}"),
        }
    }
    Ok(())
}

/// The program: the one on PATH, or our own, built when it is not there yet.
fn cargo_deny() -> Result<String> {
    if output(&mut command("cargo-deny", &["--version"])).is_ok() {
        return Ok("cargo-deny".to_owned());
    }
    let tools = root().join("target/tools");
    let program = tools.join("bin/cargo-deny").display().to_string();
    if output(&mut command(&program, &["--version"])).is_err() {
        let (root, build) = (tools.display().to_string(), tools.join("build").display().to_string());
        let place = ["--root", &root, "--target-dir", &build];
        // without optimizations: it is built for longer than it runs
        let install = ["install", "--quiet", "--debug", "--locked", "cargo-deny", "--version", VERSION];
        run(&mut command("cargo", &[&install[..], &place].concat()))?;
    }
    Ok(program)
}
