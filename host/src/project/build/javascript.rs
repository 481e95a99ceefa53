//! JavaScript: componentize-js, out of the project's `node_modules`.

use std::process::Command;

use super::{Built, run::run};
use crate::project::{Limits, Project, ProjectError, inside};

const INSTALL_NODE: &str = "install Node.js 20 or newer from https://nodejs.org/";
const OLDEST_NODE: u32 = 20;
const INSTALL: &str = "install it in the folder of the project with `npm ci`, or with `npm install --save-dev \
                       @bytecodealliance/componentize-js @bytecodealliance/jco`";
const PACKAGE: &str = "node_modules/@bytecodealliance/componentize-js/package.json";

/// Makes a component of the module that the project names.
pub(super) fn build(project: &Project, limits: &Limits) -> Result<Built, ProjectError> {
    let source = inside::file(&project.folder, &project.source)?;
    let wit = inside::folder(&project.folder, &project.wit)?;
    need_node(project, limits)?;
    // as node does, which looks in every folder above
    if !project.folder.ancestors().any(|folder| folder.join(PACKAGE).is_file()) {
        return Err(ProjectError::Missing {
            what: "package `@bytecodealliance/componentize-js`",
            install: INSTALL,
        });
    }
    // componentize-js says that a module cannot be parsed, and not where
    run(
        "node",
        Command::new("node").arg("--check").arg(&source).current_dir(&project.folder),
        INSTALL_NODE,
        limits,
    )?;
    let component = super::component_place(project)?;
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", include_str!("componentize.mjs"), "--"]);
    node.arg(source).arg(wit).arg(&component).current_dir(&project.folder);
    run("node", &mut node, INSTALL_NODE, limits)?;
    Ok(Built { component, version: None })
}

/// Whether node is there, which npm comes with, and new enough: what an older one says of
/// componentize-js helps nobody.
fn need_node(project: &Project, limits: &Limits) -> Result<(), ProjectError> {
    let mut node = Command::new("node");
    let printed =
        run("node", node.arg("--version").current_dir(&project.folder), INSTALL_NODE, limits)?;
    let text = String::from_utf8_lossy(&printed);
    let major = text
        .trim()
        .strip_prefix('v')
        .and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match major.is_some_and(|major| major < OLDEST_NODE) {
        true => Err(ProjectError::Missing { what: "Node.js 20 or newer", install: INSTALL_NODE }),
        false => Ok(()),
    }
}
