//! Python: componentize-py, out of the project's own virtual environment or from PATH.

use std::path::Path;
use std::process::Command;

use super::{Built, run::run};
use crate::project::{Limits, Project, ProjectError, inside};

const INSTALL: &str = "install it with `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` (Debian and Ubuntu \
                       want `apt install python3-venv` before), or with `pip install componentize-py`";

/// Makes a component of the module that the project names, and of what it imports.
pub(super) fn build(project: &Project, limits: &Limits) -> Result<Built, ProjectError> {
    let source = inside::file(&project.folder, &project.source)?;
    let wit = inside::folder(&project.folder, &project.wit)?;
    let component = super::component_place(project)?;
    let venv = project.folder.join(".venv");
    let own = venv.join("bin/componentize-py");
    let mut tool = Command::new(if own.is_file() { &own } else { Path::new("componentize-py") });
    if own.is_file() {
        // or it takes packages of some other Python along
        tool.env("VIRTUAL_ENV", &venv);
    }
    // or the places inside of it hide the one in the handler
    tool.env("RUST_BACKTRACE", "0");
    let (folder, module) =
        (source.parent().unwrap_or(&project.folder), source.file_stem().unwrap_or_default());
    tool.arg("--quiet").arg("--wit-path").arg(wit).args([
        "--world",
        "handler",
        "componentize",
        "--stub-wasi",
    ]);
    tool.arg("--python-path")
        .arg(folder)
        .arg("--output")
        .arg(&component)
        .arg(module)
        .current_dir(&project.folder);
    run("componentize-py", &mut tool, INSTALL, limits)?;
    Ok(Built { component, version: None })
}
