//! Packs as files: building one from a component, and looking into one.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackId, PackRef, Permissions, Sha256Digest,
    Version, VersionReq,
};
use gtc_fs::atomic;
use serde::Serialize;

use super::project::{bind_command, pack_id, within_reach};
use super::{FilePath, OpError, Signature, packs, trust};
use crate::archive::{self, HandlerDeclaration, NewHandler, NewPack, PackedHandler};
use crate::engine::{self, LoadError, Seen, Trust};
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

/// What is in a pack.
#[derive(Debug, Serialize)]
pub struct InspectReport {
    /// Where it is.
    pub pack_ref: PackRef,
    /// Its id.
    pub id: ForeignText,
    /// Its version.
    pub version: String,
    /// Who publishes it.
    pub publisher: ForeignText,
    /// The size of the archive, in bytes.
    pub size: usize,
    /// The digest of the archive.
    pub sha256: String,
    /// The digest of its manifest, if it comes from a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<Sha256Digest>,
    /// Who vouches for it.
    pub signature: Signature,
    /// Its handlers.
    pub handlers: Vec<InspectedHandler>,
    /// Its entries.
    pub entries: Vec<InspectedEntry>,
}

/// A handler in a pack. Nothing of it has run.
#[derive(Debug, Serialize)]
pub struct InspectedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The world it claims.
    pub world: ForeignText,
    /// The size of its component, in bytes.
    pub size: usize,
    /// The digest of its component.
    pub sha256: String,
    /// The handler interfaces that its component exports, each with its version, whatever
    /// the world says.
    pub interfaces: Vec<ForeignText>,
    /// What its component imports, as far as it can be read.
    pub imports: Vec<ForeignText>,
    /// Why it cannot be read, or what of it no host supports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its world in the language WIT, if it was asked for and can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wit: Option<ForeignText>,
    /// What the pack declares of it.
    pub declared: Option<InspectedDeclaration>,
}

/// What a pack declares of a handler.
#[derive(Debug, Serialize)]
pub struct InspectedDeclaration {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The path.
    pub descriptor_path: DescriptorPath,
    /// The versions.
    pub supported_versions: String,
    /// The programs it wants to run.
    pub tools: Vec<String>,
    /// The addresses it wants to reach.
    pub network: Vec<String>,
}

/// An entry of a pack.
#[derive(Debug, Serialize)]
pub struct InspectedEntry {
    /// Its name.
    pub name: ForeignText,
    /// Its size, in bytes.
    pub size: u64,
    /// The BLAKE3 hash of its content.
    pub blake3: String,
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
        .load_apart(&fetched.bytes, &fetched.digest, Trust::Foreign)
        .map_err(not_packed)?;
    let (slot, path) = (loaded.handler.slot(), loaded.handler.descriptor_path().clone());
    let permissions =
        declared_by(host, &request.component, &fetched.bytes)?.union(&request.permissions);
    let supported: VersionReq = loaded.handler.supported_versions().clone();
    if !supported.matches(&request.version) {
        return Err(OpError::OwnVersion { version: request.version.clone(), supported });
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
    let warnings = packs::permission_faults(
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
        &within_reach(&path_out.to_string_lossy()),
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
pub(super) fn declared_by(
    host: &Host,
    path: &Path,
    component: &[u8],
) -> Result<Permissions, OpError> {
    let section = engine::permissions_section(component, &host.limits.engine.shape)
        .map_err(|source| OpError::Component { path: path.to_owned(), source })?;
    let malformed = |reason| OpError::PermissionsSection { path: path.to_owned(), reason };
    section.map_or_else(
        || Ok(Permissions::default()),
        |json| archive::parse_permissions(json).map_err(malformed),
    )
}

/// Looks into a pack without running anything of it.
///
/// # Errors
/// [`OpError`] when it cannot be had, or its archive is refused.
pub fn inspect(
    host: &Host,
    pack_ref: &PackRef,
    with_world: bool,
) -> Result<InspectReport, OpError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = packs::open(host, &fetched)
        .map_err(|source| OpError::Archive { pack: ForeignText::new(pack_ref.text()), source })?;
    let entry = |entry: archive::EntryInfo| InspectedEntry {
        name: entry.name,
        size: entry.size,
        blake3: entry.blake3,
    };
    Ok(InspectReport {
        pack_ref: pack_ref.clone(),
        signature: trust::look(host, pack_ref, &fetched).signature,
        id: pack.id,
        version: pack.version,
        publisher: pack.publisher,
        size: fetched.bytes.len(),
        sha256: fetched.digest.hex(),
        manifest_digest: fetched.manifest(),
        handlers: pack
            .handlers
            .into_iter()
            .map(|handler| inspected(host, handler, with_world))
            .collect(),
        entries: pack.entries.into_iter().map(entry).collect(),
    })
}

/// Everything that the handlers of a pack want to be allowed, as the pack declares it.
///
/// # Errors
/// [`OpError`] when it cannot be had, or its archive is refused.
pub fn declared(host: &Host, pack_ref: &PackRef) -> Result<Permissions, OpError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = packs::open(host, &fetched)
        .map_err(|source| OpError::Archive { pack: ForeignText::new(pack_ref.text()), source })?;
    let declared = pack.handlers.into_iter().filter_map(|handler| handler.declared);
    Ok(declared.fold(Permissions::default(), |all, declared| all.union(&declared.permissions)))
}

/// What can be said of a handler that nobody runs.
fn inspected(host: &Host, handler: PackedHandler, with_world: bool) -> InspectedHandler {
    let Seen { imports, interfaces, problem } = engine::look(&handler.bytes);
    let is_readable =
        !matches!(problem, Some(LoadError::NotAComponent { .. } | LoadError::TooComplex { .. }));
    let world = (with_world && is_readable).then(|| host.engine.world(&handler.bytes));
    let (wit, no_world) = match world.transpose() {
        Ok(wit) => (wit, None),
        Err(error) => (None, Some(error)),
    };
    let problem = problem.or(no_world).map(|error| error.to_string());
    InspectedHandler {
        component: handler.component,
        world: handler.world,
        size: handler.bytes.len(),
        sha256: handler.digest.hex(),
        interfaces,
        imports,
        problem,
        wit,
        declared: handler.declared.map(InspectedDeclaration::from),
    }
}

impl From<HandlerDeclaration> for InspectedDeclaration {
    fn from(declared: HandlerDeclaration) -> Self {
        Self {
            slot: declared.slot,
            descriptor_path: declared.descriptor_path,
            supported_versions: declared.supported_versions.to_string(),
            tools: declared.permissions.tools.iter().map(ToString::to_string).collect(),
            network: declared.permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Writes a file beside its place and renames it into it, so that nobody ever reads half
/// of a pack. What is no regular file, such as `/dev/stdout`, is written to.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), OpError> {
    write_with(path, |file| file.write_all(bytes))
}

/// The same for what is too much to be held in memory: `fill` writes it.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> Result<(), OpError> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = fs::metadata(&place).is_ok_and(|there| !there.is_file());
    let written = match is_special {
        true => {
            fs::OpenOptions::new().write(true).open(&place).and_then(|mut file| fill(&mut file))
        }
        false => atomic::write_with(&place, 0o666, fill),
    };
    written.map_err(|source| OpError::Write { path: path.to_owned(), source })
}
