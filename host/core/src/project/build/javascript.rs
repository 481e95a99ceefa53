//! Builds a JavaScript project with componentize-js from its `node_modules`.

use gtc_fs::metadata;
use gtc_fs::process::command;

use super::component::{BuiltComponent, component_path};
use super::run::run;
use crate::project::error::ProjectError;
use crate::project::file::Project;
use crate::project::limits::ProjectLimits;
use crate::project::paths;

const INSTALL_NODE: &str = "install Node.js 20 or newer from https://nodejs.org/";
const OLDEST_NODE: u32 = 20;
const INSTALL: &str = "install it in the project folder with `npm ci`, or with \
                       `npm install --save-dev @bytecodealliance/componentize-js \
                       @bytecodealliance/jco`";
const PACKAGE: &str = "node_modules/@bytecodealliance/componentize-js/package.json";

/// Builds a component from the module that the project names.
pub(super) fn build(
    project: &Project,
    limits: &ProjectLimits,
) -> Result<BuiltComponent, ProjectError> {
    let source = paths::resolve_file(&project.folder, &project.source)?;
    let wit = paths::resolve_folder(&project.folder, &project.wit)?;
    ensure_node(project, limits)?;
    // node also searches the parent folders
    if !project.folder.ancestors().any(|folder| metadata::is_file(&folder.join(PACKAGE))) {
        return Err(ProjectError::ToolchainMissing {
            what: "package `@bytecodealliance/componentize-js`",
            install: INSTALL,
        });
    }
    // componentize-js reports a syntax error without its location
    run(
        "node",
        command("node").arg("--check").arg(&source).current_dir(&project.folder),
        INSTALL_NODE,
        limits,
    )?;
    let component = component_path(project)?;
    let mut node = command("node");
    node.args(["--input-type=module", "--eval", include_str!("componentize.mjs"), "--"]);
    node.arg(source).arg(wit).arg(&component).current_dir(&project.folder);
    run("node", &mut node, INSTALL_NODE, limits)?;
    Ok(BuiltComponent { component, version: None })
}

/// Checks that node is installed and new enough, because the errors of componentize-js on
/// an older one are misleading.
fn ensure_node(project: &Project, limits: &ProjectLimits) -> Result<(), ProjectError> {
    let mut node = command("node");
    node.arg("--version").current_dir(&project.folder);
    let output = run("node", &mut node, INSTALL_NODE, limits)?;
    let text = String::from_utf8_lossy(&output);
    let major = text
        .trim()
        .strip_prefix('v')
        .and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST_NODE) {
        return Err(ProjectError::ToolchainMissing {
            what: "Node.js 20 or newer",
            install: INSTALL_NODE,
        });
    }
    Ok(())
}
