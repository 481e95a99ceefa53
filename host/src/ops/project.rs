//! Projects of pack authors: making one, and building the pack of one.

use std::path::{Path, PathBuf};

use env_pack_domain::{CapabilitySlot, CoreSlot, DescriptorPath};
use serde::Serialize;

use super::pack::{self, BuildReport, BuildRequest};
use super::{FilePath, OpError};
use crate::host::Host;
use crate::project::{self, Named, ProjectError};

pub use crate::project::{Language, schema};

/// The version that templates begin with.
const FIRST_VERSION: &str = "0.1.0";

/// A project to make.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The path that its handler answers for.
    pub path: DescriptorPath,
    /// The slot it fills, whatever the path says.
    pub slot: CapabilitySlot,
    /// What it is written in.
    pub language: Language,
    /// Where it goes; a folder named after the path, unless elsewhere.
    pub folder: Option<PathBuf>,
}

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct NewReport {
    /// Its folder.
    pub folder: FilePath,
    /// The path that its handler answers for.
    pub descriptor_path: DescriptorPath,
    /// The slot it fills.
    pub slot: CapabilitySlot,
    /// What it is written in.
    pub language: Language,
    /// Its files, below the folder.
    pub files: Vec<String>,
}

/// Makes a project out of a template.
///
/// # Errors
/// [`OpError`] when the folder is not empty, or cannot be filled.
pub fn new(host: &Host, request: &NewRequest) -> Result<NewReport, OpError> {
    let NewRequest { path, slot, language, .. } = request;
    let slot = *slot;
    let folder = request.folder.clone().unwrap_or_else(|| path.as_str().into());
    let named = Named { path: path.clone(), slot, bind: bind_command(host, path, slot) };
    let files = project::files(*language, &named);
    project::create(&folder, &files)?;
    let files = files.into_iter().map(|(name, _)| name).collect();
    Ok(NewReport { folder: folder.into(), descriptor_path: path.clone(), slot, language: *language, files })
}

/// The command that binds the first pack of a project, for its instructions.
fn bind_command(host: &Host, path: &DescriptorPath, slot: CapabilitySlot) -> String {
    let pack = format!("--kind {path}@{FIRST_VERSION} --pack-ref {path}-{FIRST_VERSION}.gtpack");
    // what a new environment binds is bound already
    let is_default = host.fetcher.builtins().any(|builtin| builtin.path().slot() == Some(slot));
    match CoreSlot::try_from(slot) {
        Ok(slot) if is_default => format!("gtc op env-packs update --env local --slot {slot} {pack}"),
        Ok(slot) => format!("gtc op env-packs add --env local --slot {slot} {pack}"),
        Err(_) if slot == CapabilitySlot::Extension => format!("gtc op extensions add --env local {pack}"),
        Err(_) => format!("# slot `{slot}` is bound by the tools of its endpoints, not by `gtc`"),
    }
}

/// Builds the pack of a project into its folder, or to `output`.
///
/// # Errors
/// [`OpError`] when the project makes no sense, its toolchain does not build it, or what it builds is no handler.
pub fn build(host: &Host, folder: &Path, output: Option<PathBuf>) -> Result<BuildReport, OpError> {
    let limits = &host.limits.project;
    let project = project::read(folder, limits)?;
    let built = {
        let _working = (host.working)(&format!("building a component in {}", project.language));
        project::build(&project, limits, host.fetcher.is_offline())?
    };
    let version = project.version.or(built.version).ok_or(ProjectError::NoVersion { folder: project.folder })?;
    pack::build(
        host,
        &BuildRequest {
            component: built.component,
            id: project.id,
            version,
            publisher: project.publisher,
            permissions: project.permissions,
            // what is here needs no `./`
            folder: folder.strip_prefix(".").unwrap_or(folder).to_owned(),
            output,
        },
    )
}
