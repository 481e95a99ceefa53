//! Builds a Python project with componentize-py, from its `.venv` or from PATH.

use gtc_fs::metadata;
use gtc_fs::process::command;

use super::component::{BuiltComponent, component_path};
use super::run::run;
use crate::project::error::ProjectError;
use crate::project::file::Project;
use crate::project::limits::ProjectLimits;
use crate::project::paths;

const INSTALL: &str = "install it with `python3 -m venv .venv && .venv/bin/pip install -r \
                       requirements.txt` (on Debian and Ubuntu after `apt install \
                       python3-venv`), or with `pip install componentize-py`";

/// Builds a component from the module that the project names, and from its imports.
pub(super) fn build(
    project: &Project,
    limits: &ProjectLimits,
) -> Result<BuiltComponent, ProjectError> {
    let source = paths::resolve_file(&project.folder, &project.source)?;
    let wit = paths::resolve_folder(&project.folder, &project.wit)?;
    let component = component_path(project)?;
    let venv = project.folder.join(".venv");
    let in_venv = venv.join("bin/componentize-py");
    let mut tool = if metadata::is_file(&in_venv) {
        let mut tool = command(in_venv);
        // otherwise it bundles the packages of another Python
        tool.env("VIRTUAL_ENV", &venv);
        tool
    } else {
        command("componentize-py")
    };
    // its own backtrace would hide the location in the handler
    tool.env("RUST_BACKTRACE", "0");
    tool.arg("--quiet").arg("--wit-path").arg(wit).args(["--world", "handler"]);
    tool.args(["componentize", "--stub-wasi", "--python-path"]);
    tool.arg(source.parent().unwrap_or(&project.folder)).arg("--output").arg(&component);
    tool.arg(source.file_stem().unwrap_or_default()).current_dir(&project.folder);
    run("componentize-py", &mut tool, INSTALL, limits)?;
    Ok(BuiltComponent { component, version: None })
}
