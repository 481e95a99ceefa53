//! Builds a pack from a component.

use std::path::{Path, PathBuf};

use env_pack_domain::abi::PERMISSIONS_SECTION;
use env_pack_domain::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, NotAnExtension, PackId,
    Permissions, Sha256Digest, Version, VersionReq,
};
use serde::Serialize;

use super::file_path::FilePath;
use super::input_file::{self, InputError};
use super::inspect::InspectedDeclaration;
use super::load_pack;
use super::output_file::{OutputError, write};
use super::pack_error::InvalidArchive;
use super::phrases::display_path;
use super::suggested_commands::bind_arguments;
use crate::Host;
use crate::answers_schema::{AnswersSchema, InvalidAnswersSchema, MAX_SCHEMA_BYTES};
use crate::operation_error::{ExitOutcome, Explanation, OperationError};
use crate::shell::path_argument;
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};
use gtc_engine::{LoadError, Provenance};

/// The id of the only component in a built pack.
const COMPONENT: &str = "handler";

/// A pack to build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The file of the component.
    pub component: PathBuf,
    /// The id of the pack. Default: the descriptor path of its handler.
    pub id: Option<PackId>,
    /// The version of the pack.
    pub version: Version,
    /// The publisher. Default: the namespace of the descriptor path.
    pub publisher: Option<String>,
    /// The file of the schema of its answers.
    pub answers_schema: Option<PathBuf>,
    /// Permissions to declare, in addition to those embedded in the component.
    pub permissions: Permissions,
    /// The folder of the pack if `output` is not given; the file is named
    /// `<id>-<version>.gtpack`.
    pub folder: PathBuf,
    /// The file of the pack.
    pub output: Option<PathBuf>,
}

/// The result of building a pack.
#[derive(Debug, Serialize)]
pub struct BuildReport {
    /// The file.
    pub path: FilePath,
    /// The id of the pack.
    pub id: String,
    /// The version of the pack.
    pub version: String,
    /// The size of the archive, in bytes.
    pub size: usize,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The slot that the handler serves.
    pub slot: CapabilitySlot,
    /// The descriptor path that the handler provides.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that the handler supports.
    pub supported_versions: String,
    /// The declared commands.
    pub tools: Vec<String>,
    /// The declared network addresses.
    pub network: Vec<String>,
    /// Whether the pack has a schema of its answers.
    pub has_answers_schema: bool,
    /// The imports of the component.
    pub imports: Vec<ForeignText>,
    /// Whether the pack has no handler, so that it only gives its answers to workloads.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_handler: bool,
    /// The command that binds the pack, if `gtc` binds packs of its slot.
    #[serde(skip)]
    pub bind: Option<String>,
    /// Problems that `doctor` will report once the pack is bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Builds a pack from a component. The component's metadata functions run in a sandboxed
/// worker.
///
/// # Errors
/// [`BuildError`] when the component is not a handler, or the pack cannot be written.
pub fn build(host: &Host, request: &BuildRequest) -> Result<BuildReport, BuildError> {
    let fetched = host.fetcher.fetch_file(&request.component).map_err(InputError::from)?;
    let loaded =
        host.engine
            .load_isolated(&fetched.bytes, &fetched.digest, Provenance::External)
            .map_err(|source| ComponentError::Load { path: request.component.clone(), source })?;
    let declared = declaration(host, request, &fetched.bytes, &*loaded.handler)?;
    let id = request
        .id
        .as_ref()
        .map_or_else(|| pack_id(&declared.descriptor_path), |id| id.as_str().to_owned());
    let namespace = declared.descriptor_path.as_str().split('.').next().unwrap_or_default();
    let pack = NewPack {
        id: id.clone(),
        version: request.version.clone(),
        publisher: request.publisher.clone().unwrap_or_else(|| namespace.to_owned()),
        answers_schema: read_answers_schema(host, request.answers_schema.as_deref())?,
        handlers: vec![NewHandler {
            component: COMPONENT.to_owned(),
            bytes: fetched.bytes.into_owned(),
            declared: declared.clone(),
        }],
    };
    let bytes = archive_bytes(host, &pack)?;
    let path = request
        .output
        .clone()
        .unwrap_or_else(|| request.folder.join(format!("{id}-{}.gtpack", request.version)));
    write(&path, &bytes)?;
    let version = request.version.to_string();
    let descriptor = (&declared.descriptor_path, version.as_str());
    let reference = path_argument(&path.to_string_lossy());
    let bind = bind_arguments(host, descriptor, declared.slot, "<env>", &reference);
    let bind = bind.map(|arguments| format!("gtc {arguments}{}", host.repeated_flags));
    let report = BuildReport::new(&pack, declared, loaded.imports, &bytes, path);
    Ok(BuildReport { bind, ..report })
}

/// Reads the schema of answers, and checks it.
pub(super) fn read_answers_schema(
    host: &Host,
    path: Option<&Path>,
) -> Result<Option<Vec<u8>>, BuildError> {
    let Some(path) = path else { return Ok(None) };
    let schema = input_file::read(host, path, MAX_SCHEMA_BYTES as u64)?;
    AnswersSchema::parse(&schema)
        .map_err(|source| BuildError::AnswersSchema { path: path.to_owned(), source })?;
    Ok(Some(schema))
}

/// Returns what the manifest of the new pack declares of its handler.
fn declaration(
    host: &Host,
    request: &BuildRequest,
    component: &[u8],
    handler: &dyn EnvPackHandler,
) -> Result<HandlerDeclaration, BuildError> {
    let supported_versions = handler.supported_versions().clone();
    if !supported_versions.matches(&request.version) {
        return Err(BuildError::VersionNotSupported {
            version: request.version.clone(),
            supported: supported_versions,
        });
    }
    let embedded = embedded_permissions(host, &request.component, component)?;
    Ok(HandlerDeclaration {
        slot: handler.slot(),
        descriptor_path: handler.descriptor_path().clone(),
        supported_versions,
        permissions: embedded.union(&request.permissions),
    })
}

impl BuildReport {
    fn new(
        pack: &NewPack,
        declared: HandlerDeclaration,
        imports: Vec<ForeignText>,
        bytes: &[u8],
        path: PathBuf,
    ) -> Self {
        let component = ForeignText::new(COMPONENT);
        let warnings = load_pack::permission_faults(&component, &imports, &declared.permissions);
        let shown = InspectedDeclaration::from(declared);
        Self {
            path: path.into(),
            id: pack.id.clone(),
            version: pack.version.to_string(),
            size: bytes.len(),
            sha256: Sha256Digest::compute(bytes).hex(),
            slot: shown.slot,
            descriptor_path: shown.descriptor_path,
            supported_versions: shown.supported_versions,
            tools: shown.tools,
            network: shown.network,
            has_answers_schema: pack.answers_schema.is_some(),
            imports,
            without_handler: false,
            bind: None,
            warnings,
        }
    }
}

/// Reads the permissions that the SDK embedded in a component; none if the component has
/// no such section.
pub(super) fn embedded_permissions(
    host: &Host,
    path: &Path,
    component: &[u8],
) -> Result<Permissions, ComponentError> {
    let section = gtc_engine::permissions_section(component, &host.limits.engine.complexity)
        .map_err(|source| ComponentError::Load { path: path.to_owned(), source })?;
    section.map_or_else(
        || Ok(Permissions::default()),
        |json| {
            gtc_archive::parse_permissions(json).map_err(|reason| {
                ComponentError::PermissionsSection { path: path.to_owned(), reason }
            })
        },
    )
}

/// Encodes a pack. A pack that exceeds a limit must fail here, and not when an operator opens
/// it.
pub(super) fn archive_bytes(host: &Host, pack: &NewPack) -> Result<Vec<u8>, InvalidArchive> {
    let in_pack = |source| InvalidArchive { pack: ForeignText::excerpt(&pack.id), source };
    let bytes = gtc_archive::write(pack).map_err(in_pack)?;
    gtc_archive::open(&bytes, &host.limits.archive).map_err(in_pack)?;
    Ok(bytes)
}

/// A component cannot be used as a handler.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The component does not load as a handler.
    #[error("component `{}`", display_path(.path))]
    Load {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: LoadError,
    },
    /// The permissions section of the component is not well-formed.
    #[error("component `{}`: its section `{PERMISSIONS_SECTION}` is malformed: {reason}", display_path(.path))]
    PermissionsSection {
        /// The file.
        path: PathBuf,
        /// The parser's message.
        reason: ForeignText,
    },
}

impl OperationError for ComponentError {
    fn explain(&self) -> Explanation {
        match self {
            // the user who builds the component is its author
            Self::Load { source: LoadError::Fault(fault), .. } => {
                let explained = fault.explain();
                match explained.exit_outcome {
                    ExitOutcome::Refused => {
                        Explanation::refused(explained.kind, "fix the handler and build it again")
                    }
                    ExitOutcome::Failed => explained,
                }
            }
            Self::Load { source, .. } => source.explain(),
            Self::PermissionsSection { .. } => Explanation::refused(
                "permissions-malformed",
                "export one handler and use one version of the SDK; or build without this section, and declare permissions with `--tool` and `--network`",
            ),
        }
    }
}

/// Returns a pack id for a descriptor path: the path, shortened to the maximum length of an
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

/// A pack was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The component could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The component cannot be used as a handler.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// The schema of answers is not valid.
    #[error("`{}`", display_path(.path))]
    AnswersSchema {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: InvalidAnswersSchema,
    },
    /// The handler does not support the version of its own pack.
    #[error(
        "the handler supports versions `{supported}`, so its pack cannot have version `{version}`"
    )]
    VersionNotSupported {
        /// The requested version of the pack.
        version: Version,
        /// The versions that the handler supports.
        supported: VersionReq,
    },
    /// The pack has no handler, and its id is not a descriptor path.
    #[error("pack `{}` has no handler, and it could not be bound as an extension", .id.as_str())]
    NotAnExtension {
        /// The id of the pack.
        id: PackId,
        /// The cause.
        source: NotAnExtension,
    },
    /// The archive exceeds a limit of the format.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// The archive was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for BuildError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Input(error) => error.explain(),
            Self::Component(error) => error.explain(),
            Self::AnswersSchema { .. } => Explanation::refused(
                "answers-schema-invalid",
                "correct the schema; it is a part of JSON Schema 2020-12",
            ),
            Self::VersionNotSupported { supported, .. } => Explanation::refused(
                "invalid-argument",
                format!("choose a version that matches `{supported}`"),
            ),
            Self::NotAnExtension { .. } => Explanation::refused(
                "invalid-argument",
                "give the pack an id such as `acme.fast2flow.router` in `gtc-pack.toml`",
            ),
            Self::Archive(error) => error.explain(),
            Self::Output(error) => error.explain(),
        }
    }
}
