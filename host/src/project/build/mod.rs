//! From a project to a component, by the toolchain of its language.
//!
//! The toolchain is the author's, and so is its environment: what it is told and what it
//! finds is as if the author had called it.

mod javascript;
mod python;
mod run;
mod rust;

use std::path::{Path, PathBuf};

use env_pack_domain::Version;

use super::{Language, Limits, Project, ProjectError, inside};

/// A component that was built.
#[derive(Debug)]
pub struct Built {
    /// Where it is.
    pub component: PathBuf,
    /// The version of what it was built from, where the toolchain knows one.
    pub version: Option<Version>,
}

/// Builds a project; `offline` keeps the toolchain from the network, where it can be told
/// so.
///
/// # Errors
/// [`ProjectError`] when the toolchain is not there, or does not build it.
pub fn build(project: &Project, limits: &Limits, offline: bool) -> Result<Built, ProjectError> {
    match project.language {
        Language::Rust => rust::build(project, limits, offline),
        Language::Python => python::build(project, limits),
        Language::JavaScript => javascript::build(project, limits),
    }
}

/// Where a component goes whose toolchain has no place of its own for it.
fn component_place(project: &Project) -> Result<PathBuf, ProjectError> {
    let target = project.folder.join("target");
    std::fs::create_dir_all(&target)
        .map_err(|source| ProjectError::Write { path: target.clone(), source })?;
    Ok(inside::folder(&project.folder, Path::new("target"))?.join("handler.wasm"))
}
