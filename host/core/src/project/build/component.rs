//! The component that a build produces, and its place.

use std::path::{Path, PathBuf};

use env_pack_domain::Version;
use gtc_fs::folder;

use crate::project::error::ProjectError;
use crate::project::file::Project;
use crate::project::paths;

/// A component that a toolchain built.
#[derive(Debug)]
pub struct BuiltComponent {
    /// The path of the component.
    pub component: PathBuf,
    /// The version of the crate; `None` in languages whose toolchain has no version.
    pub version: Option<Version>,
}

/// The output path for a toolchain that has no default: `target/handler.wasm`.
pub(super) fn component_path(project: &Project) -> Result<PathBuf, ProjectError> {
    let target = project.folder.join("target");
    folder::create_all(&target)
        .map_err(|error| ProjectError::Write { path: error.path, source: error.source })?;
    Ok(paths::resolve_folder(&project.folder, Path::new("target"))?.join("handler.wasm"))
}
