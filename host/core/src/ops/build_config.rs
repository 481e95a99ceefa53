//! Builds a pack without a handler.

use std::path::PathBuf;

use env_pack_domain::{
    ConfigPack, EnvPackHandler, ForeignText, PackId, PackIdentity, Sha256Digest, Version,
};

use super::build::{BuildError, BuildReport, archive_bytes, read_answers_schema};
use super::output_file::write;
use super::suggested_commands::bind_arguments;
use crate::Host;
use crate::shell::path_argument;
use gtc_archive::NewPack;

/// A pack without a handler to build.
#[derive(Clone, Debug)]
pub struct ConfigBuildRequest {
    /// The id of the pack, which is its descriptor path too.
    pub id: PackId,
    /// The version of the pack.
    pub version: Version,
    /// The publisher. Default: the namespace of the descriptor path.
    pub publisher: Option<String>,
    /// The file of the schema of its answers.
    pub answers_schema: Option<PathBuf>,
    /// The folder of the pack if `output` is not given; the file is named
    /// `<id>-<version>.gtpack`.
    pub folder: PathBuf,
    /// The file of the pack.
    pub output: Option<PathBuf>,
}

/// Builds a pack without a handler, which can be bound as an extension.
///
/// # Errors
/// [`BuildError`] when the id is not a descriptor path, or the pack cannot be written.
pub fn build_config_pack(
    host: &Host,
    request: &ConfigBuildRequest,
) -> Result<BuildReport, BuildError> {
    let id = request.id.as_str();
    let namespace = id.split('.').next().unwrap_or_default();
    let publisher = request.publisher.clone().unwrap_or_else(|| namespace.to_owned());
    let config = ConfigPack::new(&PackIdentity {
        id: ForeignText::new(id),
        version: request.version.to_string(),
        publisher: ForeignText::new(&*publisher),
    })
    .map_err(|source| BuildError::NotAnExtension { id: request.id.clone(), source })?;
    let pack = NewPack {
        id: id.to_owned(),
        version: request.version.clone(),
        publisher,
        answers_schema: read_answers_schema(host, request.answers_schema.as_deref())?,
        handlers: Vec::new(),
    };
    let bytes = archive_bytes(host, &pack)?;
    let path = request
        .output
        .clone()
        .unwrap_or_else(|| request.folder.join(format!("{id}-{}.gtpack", request.version)));
    write(&path, &bytes)?;
    let version = request.version.to_string();
    let descriptor = (config.descriptor_path(), version.as_str());
    let reference = path_argument(&path.to_string_lossy());
    let bind = bind_arguments(host, descriptor, config.slot(), "<env>", &reference);
    Ok(BuildReport {
        path: path.into(),
        id: pack.id,
        size: bytes.len(),
        sha256: Sha256Digest::compute(&bytes).hex(),
        slot: config.slot(),
        descriptor_path: config.descriptor_path().clone(),
        supported_versions: config.supported_versions().to_string(),
        tools: Vec::new(),
        network: Vec::new(),
        has_answers_schema: pack.answers_schema.is_some(),
        imports: Vec::new(),
        without_handler: true,
        bind: bind.map(|arguments| format!("gtc {arguments}{}", host.repeated_flags)),
        warnings: Vec::new(),
        version,
    })
}
