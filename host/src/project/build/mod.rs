//! Builds the component of a project with the toolchain of its language.
//!
//! The toolchain is the author's own: it gets the environment variables and finds the
//! programs that it would if the author called it.

mod javascript;
mod python;
mod run;
mod rust;

use std::path::{Path, PathBuf};

use env_pack_domain::Version;

use super::{Language, Project, ProjectError, ProjectLimits, paths};

/// A component that a toolchain built.
#[derive(Debug)]
pub struct BuiltComponent {
    /// The path of the component.
    pub component: PathBuf,
    /// The version of the crate; `None` in languages whose toolchain has no version.
    pub version: Option<Version>,
}

/// Builds a project. With `offline`, cargo does not use the network; the other toolchains
/// need none.
///
/// # Errors
/// [`ProjectError`] if the toolchain is not installed, or does not build the project.
pub fn build(
    project: &Project,
    limits: &ProjectLimits,
    offline: bool,
) -> Result<BuiltComponent, ProjectError> {
    match project.language {
        Language::Rust => rust::build(project, limits, offline),
        Language::Python => python::build(project, limits),
        Language::JavaScript => javascript::build(project, limits),
    }
}

/// The output path for a toolchain that has no default: `target/handler.wasm`.
fn component_path(project: &Project) -> Result<PathBuf, ProjectError> {
    let target = project.folder.join("target");
    std::fs::create_dir_all(&target)
        .map_err(|source| ProjectError::Write { path: target.clone(), source })?;
    Ok(paths::resolve_folder(&project.folder, Path::new("target"))?.join("handler.wasm"))
}
