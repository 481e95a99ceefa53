//! Holds the dependency trees to `deny.toml`: bans, licenses, sources, and advisories if
//! their database can be reached.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{command, root, run};
use crate::report::Report;
use crate::tools;

/// The version of cargo-deny to build if the machine has none.
const VERSION: &str = "0.20.2";
/// The error of `cargo deny` if it cannot download the advisories.
const NOT_FETCHED: &str = "failed to fetch advisory database";

/// Checks the dependencies of these workspaces.
pub(crate) fn check(workspaces: &[&str], report: &mut Report) -> Result<()> {
    let deny = tools::find_or_build("cargo-deny", VERSION)?;
    for workspace in workspaces {
        run(&mut check_command(&deny, workspace, &["bans", "licenses", "sources"]))?;
        let output = check_command(&deny, workspace, &["advisories"]).output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            println!("{workspace}: no advisory concerns its dependencies");
        } else if stderr.contains(NOT_FETCHED) {
            report.not_checked(format!(
                "advisories for `{workspace}`, because their database cannot be reached"
            ));
        } else {
            bail!("{stderr}");
        }
    }
    Ok(())
}

fn check_command(deny: &str, workspace: &str, checks: &[&str]) -> Command {
    let config = root().join("deny.toml").display().to_string();
    let manifest = root().join(workspace).join("Cargo.toml").display().to_string();
    let base = ["--config", &config, "--manifest-path", &manifest, "--locked", "check"];
    command(deny, &[&base, checks].concat())
}
