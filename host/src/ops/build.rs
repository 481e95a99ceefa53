//! Builds a pack from a component.

use std::path::{Path, PathBuf};

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackId, Permissions, Sha256Digest, Version,
    VersionReq,
};
use serde::Serialize;

use super::inspect::InspectedDeclaration;
use super::output_file::write;
use super::project::{bind_command, pack_id, path_argument};
use super::{FilePath, OpError, load_pack};
use crate::archive::{self, HandlerDeclaration, NewHandler, NewPack};
use crate::engine::{self, Provenance};
use crate::host::Host;

/// What the one component of a built pack is called.
const COMPONENT: &str = "handler";

/// A pack to build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The component, or a file that holds it.
    pub component: PathBuf,
    /// The id of the pack; the descriptor path of its handler, unless it has one.
    pub id: Option<PackId>,
    /// The version of the pack.
    pub version: Version,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What the handler wants to be allowed, beside what its component says itself.
    pub permissions: Permissions,
    /// Where the pack goes when no file is named: as `<id>-<version>.gtpack`.
    pub folder: PathBuf,
    /// The file that it goes to.
    pub output: Option<PathBuf>,
}

/// A pack that was built.
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
    /// The digest of the archive.
    pub sha256: String,
    /// The slot its handler serves.
    pub slot: CapabilitySlot,
    /// The path its handler answers for.
    pub descriptor_path: DescriptorPath,
    /// The versions its handler supports.
    pub supported_versions: String,
    /// The programs it wants to run.
    pub tools: Vec<String>,
    /// The addresses it wants to reach.
    pub network: Vec<String>,
    /// What its component imports.
    pub imports: Vec<ForeignText>,
    /// The command that binds it, if `gtc` binds packs of its slot.
    #[serde(skip)]
    pub bind: Option<String>,
    /// What `doctor` will have to say about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Builds a pack from a component, which is asked in the sandbox what it is.
///
/// # Errors
/// [`OpError`] when the component is no handler, or the pack cannot be written.
pub fn build(host: &Host, request: &BuildRequest) -> Result<BuildReport, OpError> {
    let fetched =
        host.fetcher.fetch_file(&request.component).map_err(|source| OpError::Input { source })?;
    let not_packed = |source| OpError::Component { path: request.component.clone(), source };
    let loaded = host
        .engine
        .load_isolated(&fetched.bytes, &fetched.digest, Provenance::External)
        .map_err(not_packed)?;
    let (slot, path) = (loaded.handler.slot(), loaded.handler.descriptor_path().clone());
    let permissions =
        embedded_permissions(host, &request.component, &fetched.bytes)?.union(&request.permissions);
    let supported: VersionReq = loaded.handler.supported_versions().clone();
    if !supported.matches(&request.version) {
        return Err(OpError::VersionNotSupported { version: request.version.clone(), supported });
    }
    let id = request.id.as_ref().map_or_else(|| pack_id(&path), |id| id.as_str().to_owned());
    let namespace = path.as_str().split('.').next().unwrap_or_default().to_owned();
    let declared = HandlerDeclaration {
        slot,
        descriptor_path: path.clone(),
        supported_versions: supported.clone(),
        permissions,
    };
    let shown = InspectedDeclaration::from(declared.clone());
    let warnings = load_pack::permission_faults(
        &ForeignText::new(COMPONENT),
        &loaded.imports,
        &declared.permissions,
    );
    let pack = NewPack {
        id: id.clone(),
        version: request.version.clone(),
        publisher: request.publisher.clone().unwrap_or(namespace),
        handlers: vec![NewHandler {
            component: COMPONENT.to_owned(),
            bytes: fetched.bytes.into_owned(),
            declared,
        }],
    };
    let in_pack = |source| OpError::Archive { pack: ForeignText::excerpt(&id), source };
    let bytes = archive::write(&pack).map_err(in_pack)?;
    // what we write, we must be able to read: a component beyond the caps is noticed here,
    // not by an operator
    archive::open(&bytes, &host.limits.archive).map_err(in_pack)?;
    let path_out = request
        .output
        .clone()
        .unwrap_or_else(|| request.folder.join(format!("{id}-{}.gtpack", request.version)));
    write(&path_out, &bytes)?;
    let version = request.version.to_string();
    let bind = bind_command(
        host,
        (&path, &version),
        slot,
        "<env>",
        &path_argument(&path_out.to_string_lossy()),
    );
    Ok(BuildReport {
        bind,
        path: path_out.into(),
        id,
        version,
        size: bytes.len(),
        sha256: Sha256Digest::compute(&bytes).hex(),
        slot,
        descriptor_path: path,
        supported_versions: supported.to_string(),
        tools: shown.tools,
        network: shown.network,
        warnings,
        imports: loaded.imports,
    })
}

/// What a component says itself that it wants to be allowed; nothing when its SDK wrote
/// nothing.
pub(super) fn embedded_permissions(
    host: &Host,
    path: &Path,
    component: &[u8],
) -> Result<Permissions, OpError> {
    let section = engine::permissions_section(component, &host.limits.engine.complexity)
        .map_err(|source| OpError::Component { path: path.to_owned(), source })?;
    let malformed = |reason| OpError::PermissionsSection { path: path.to_owned(), reason };
    section.map_or_else(
        || Ok(Permissions::default()),
        |json| archive::parse_permissions(json).map_err(malformed),
    )
}
