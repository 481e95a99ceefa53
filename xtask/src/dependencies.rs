//! Holds the dependency trees to `deny.toml`: bans, licenses, sources; and advisories,
//! where somebody can be asked for them.

use anyhow::{Result, bail};

use crate::process::{command, root, run};
use crate::tools;

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";
/// What `cargo deny` says when it could not get hold of the advisories.
const NOT_FETCHED: &str = "failed to fetch advisory database";

/// Checks the dependencies of these workspaces.
pub fn check(workspaces: &[&str]) -> Result<()> {
    let deny = tools::built("cargo-deny", VERSION)?;
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
