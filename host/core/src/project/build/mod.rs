//! Builds the component of a project with the toolchain of its language.
//!
//! The toolchain is the author's own: it gets the environment variables and finds the
//! programs that it would if the author called it.

mod component;
mod javascript;
mod python;
mod run;
mod rust;

use super::error::ProjectError;
use super::file::Project;
use super::language::Language;
use super::limits::ProjectLimits;

pub use component::BuiltComponent;

/// Builds the handler of a project in its language. With `offline`, cargo does not use the
/// network; the other toolchains need none.
///
/// # Errors
/// [`ProjectError`] if the toolchain is not installed, or does not build the project.
pub fn build(
    project: &Project,
    language: Language,
    limits: &ProjectLimits,
    offline: bool,
) -> Result<BuiltComponent, ProjectError> {
    match language {
        Language::Rust => rust::build(project, limits, offline),
        Language::Python => python::build(project, limits),
        Language::JavaScript => javascript::build(project, limits),
    }
}
