//! JavaScript: componentize-js, out of the project's `node_modules`.

use std::process::Command;

use super::{Built, run::run};
use crate::project::{Limits, Project, ProjectError, inside};

const INSTALL_NODE: &str = "install Node.js 20 or newer from https://nodejs.org/";
const INSTALL: &str = "install it in the folder of the project with `npm ci`, or with `npm install --save-dev \
                       @bytecodealliance/componentize-js @bytecodealliance/jco`";
const PACKAGE: &str = "node_modules/@bytecodealliance/componentize-js/package.json";

/// Makes a component of the module that the project names.
pub(super) fn build(project: &Project, limits: &Limits) -> Result<Built, ProjectError> {
    let source = inside::file(&project.folder, &project.source)?;
    let wit = inside::folder(&project.folder, &project.wit)?;
    // as node does, which looks in every folder above
    if !project.folder.ancestors().any(|folder| folder.join(PACKAGE).is_file()) {
        return Err(ProjectError::Missing { what: "package `@bytecodealliance/componentize-js`", install: INSTALL });
    }
    let component = super::component_place(project)?;
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", include_str!("componentize.mjs"), "--"]);
    node.arg(source).arg(wit).arg(&component).current_dir(&project.folder);
    run("node", &mut node, INSTALL_NODE, limits)?;
    Ok(Built { component, version: None })
}
