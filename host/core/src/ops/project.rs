//! Creates projects of pack authors, and builds their packs.

use std::path::{Path, PathBuf};

use env_pack_domain::{CapabilitySlot, DescriptorPath};
use serde::Serialize;

use super::build::{self, BuildError, BuildReport, BuildRequest, pack_id};
use super::build_config::{ConfigBuildRequest, build_config_pack};
use super::file_path::FilePath;
use super::suggested_commands::bind_arguments;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use crate::project::{self, NewProject, Project, ProjectError};

pub use crate::project::{Language, schema};
pub use crate::shell::path_argument;

/// The initial version in templates.
const FIRST_VERSION: &str = "0.1.0";

/// A request to create a project.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The descriptor path of its handler, or of the extension that it is without one.
    pub path: DescriptorPath,
    /// The slot of its handler, which may differ from the slot in the path.
    pub slot: CapabilitySlot,
    /// The programming language of the template; `None` for a pack without a handler.
    pub language: Option<Language>,
    /// The folder of the project. Default: a folder named after the path.
    pub folder: Option<PathBuf>,
}

/// The result of creating a project.
#[derive(Debug, Serialize)]
pub struct NewReport {
    /// The folder of the project.
    pub folder: FilePath,
    /// The descriptor path of its handler.
    pub descriptor_path: DescriptorPath,
    /// The slot of its handler.
    pub slot: CapabilitySlot,
    /// The programming language of the template; none for a pack without a handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The created files, relative to the folder.
    pub files: Vec<String>,
}

/// Creates a project from a template.
///
/// # Errors
/// [`ProjectError`] when a built-in pack has the path, the folder is not empty, or a file cannot
/// be written.
pub fn new(host: &Host, request: &NewRequest) -> Result<NewReport, ProjectError> {
    let NewRequest { path, slot, language, .. } = request;
    let slot = *slot;
    if host.fetcher.builtins().any(|builtin| builtin.path() == path) {
        return Err(ProjectError::BuiltinPath { path: path.clone() });
    }
    let folder = request.folder.clone().unwrap_or_else(|| path.as_str().into());
    let id = pack_id(path);
    let pack = path_argument(&format!("{id}-{FIRST_VERSION}.gtpack"));
    let bind = bind_arguments(host, (path, FIRST_VERSION), slot, "local", &pack);
    let bind = bind.map(|arguments| format!("gtc {arguments}"));
    let project = NewProject { path: path.clone(), slot, id, pack, bind };
    let files = project::render(*language, &project);
    project::create(&folder, &files)?;
    let files = files.into_iter().map(|(name, _)| name).collect();
    Ok(NewReport {
        folder: folder.into(),
        descriptor_path: path.clone(),
        slot,
        language: *language,
        files,
    })
}

/// Builds the pack of a project into its folder, or to `output`.
///
/// # Errors
/// [`ProjectBuildError`] when the project is invalid, its toolchain fails, or the built component is
/// not a handler.
pub fn build(
    host: &Host,
    folder: &Path,
    output: Option<PathBuf>,
) -> Result<BuildReport, ProjectBuildError> {
    let limits = &host.limits.project;
    let project = project::read(folder, limits)?;
    // report files in the current folder without `./`
    let output_folder = folder.strip_prefix(".").unwrap_or(folder).to_owned();
    let Some(language) = project.language else {
        return build_without_handler(host, project, output_folder, output);
    };
    let built = {
        let _working = (host.on_build)(&format!("building a component in {language}"));
        project::build(&project, language, limits, host.fetcher.registry.is_offline())?
    };
    let version = project
        .version
        .or(built.version)
        .ok_or(ProjectError::MissingVersion { folder: project.folder })?;
    let report = build::build(
        host,
        &BuildRequest {
            component: built.component,
            id: project.id,
            version,
            publisher: project.publisher,
            answers_schema: project.answers_schema,
            permissions: project.permissions,
            folder: output_folder,
            output,
        },
    )?;
    Ok(report)
}

fn build_without_handler(
    host: &Host,
    project: Project,
    folder: PathBuf,
    output: Option<PathBuf>,
) -> Result<BuildReport, ProjectBuildError> {
    let id = project.id.expect("a project without a handler has an id");
    let version = project.version.expect("a project without a handler has a version");
    let Project { publisher, answers_schema, .. } = project;
    let request = ConfigBuildRequest { id, version, publisher, answers_schema, folder, output };
    Ok(build_config_pack(host, &request)?)
}

/// The pack of a project was not built.
#[derive(Debug, thiserror::Error)]
pub enum ProjectBuildError {
    /// The project is invalid, or its toolchain failed.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// No pack was built from the component.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl OperationError for ProjectBuildError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Project(error) => error.explain(),
            Self::Build(error) => error.explain(),
        }
    }
}
