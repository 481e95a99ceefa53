//! Projects of pack authors: making one, and building the pack of one.

use std::path::{Path, PathBuf};

use env_pack_domain::{CapabilitySlot, CoreSlot, DescriptorPath, PackId};
use serde::Serialize;

use super::build::{self, BuildReport, BuildRequest};
use super::{FilePath, OpError, quoted};
use crate::host::Host;
use crate::project::{self, NewProject, ProjectError};

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
/// [`OpError`] when the path is that of a built-in pack, or the folder is not empty, or
/// cannot be filled.
pub fn new(host: &Host, request: &NewRequest) -> Result<NewReport, OpError> {
    let NewRequest { path, slot, language, .. } = request;
    let slot = *slot;
    if host.fetcher.builtins().any(|builtin| builtin.path() == path) {
        return Err(ProjectError::BuiltinPath { path: path.clone() }.into());
    }
    let folder = request.folder.clone().unwrap_or_else(|| path.as_str().into());
    let id = pack_id(path);
    let pack = path_argument(&format!("{id}-{FIRST_VERSION}.gtpack"));
    let bind = bind_command(host, (path, FIRST_VERSION), slot, "local", &pack);
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

/// The id of a pack that is named after its handler's path, which may be longer than an
/// id.
pub(super) fn pack_id(path: &DescriptorPath) -> String {
    let text = path.as_str();
    match text.get(..PackId::MAX_BYTES) {
        Some(beginning) if beginning.len() < text.len() => {
            match beginning.trim_end_matches(['.', '-']) {
                "" => beginning.to_owned(),
                id => id.to_owned(),
            }
        }
        _ => text.to_owned(),
    }
}

/// A file or folder as a program takes it: what begins with `-` would be an option.
pub fn path_argument(name: &str) -> String {
    match name.starts_with('-') {
        true => quoted(&format!("./{name}")).to_string(),
        false => quoted(name).to_string(),
    }
}

/// The command that binds a pack for the first time, in an environment as `gtc op env
/// init` makes it. None for a slot that others bind.
pub(super) fn bind_command(
    host: &Host,
    (path, version): (&DescriptorPath, &str),
    slot: CapabilitySlot,
    environment: &str,
    pack: &str,
) -> Option<String> {
    let kind = if path.as_str().starts_with('-') { "--kind=" } else { "--kind " };
    let pack = format!("{kind}{path}@{version} --pack-ref {pack}");
    // what a new environment binds is bound already
    let is_default = host.fetcher.builtins().any(|builtin| builtin.path().slot() == Some(slot));
    match (CoreSlot::try_from(slot), slot) {
        (Ok(_), _) => {
            let verb = if is_default { "update" } else { "add" };
            Some(format!("gtc op env-packs {verb} --env {environment} --slot {slot} {pack}"))
        }
        (Err(_), CapabilitySlot::Extension) => {
            Some(format!("gtc op extensions add --env {environment} {pack}"))
        }
        (Err(_), _) => None,
    }
}

/// Builds the pack of a project into its folder, or to `output`.
///
/// # Errors
/// [`OpError`] when the project makes no sense, its toolchain does not build it, or what
/// it builds is no handler.
pub fn build(host: &Host, folder: &Path, output: Option<PathBuf>) -> Result<BuildReport, OpError> {
    let limits = &host.limits.project;
    let project = project::read(folder, limits)?;
    let built = {
        let _working = (host.on_build)(&format!("building a component in {}", project.language));
        project::build(&project, limits, host.fetcher.registry.is_offline())?
    };
    let version = project
        .version
        .or(built.version)
        .ok_or(ProjectError::MissingVersion { folder: project.folder })?;
    build::build(
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
