//! Reads what is in a pack, without running any of it.

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackRef, Permissions, Sha256Digest,
};
use serde::Serialize;

use super::{OpError, SignatureStatus, load_pack, trust};
use crate::archive::{self, HandlerDeclaration, PackedHandler};
use crate::engine::{self, InspectedInterface, LoadError};
use crate::host::Host;

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
    pub signature: SignatureStatus,
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
    let pack = load_pack::open_archive(host, &fetched)
        .map_err(|source| OpError::Archive { pack: ForeignText::new(pack_ref.text()), source })?;
    let entry = |entry: archive::EntryInfo| InspectedEntry {
        name: entry.name,
        size: entry.size,
        blake3: entry.blake3,
    };
    Ok(InspectReport {
        pack_ref: pack_ref.clone(),
        signature: trust::inspect_signatures(host, pack_ref, &fetched).signature,
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
pub fn declared_permissions(host: &Host, pack_ref: &PackRef) -> Result<Permissions, OpError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_pack::open_archive(host, &fetched)
        .map_err(|source| OpError::Archive { pack: ForeignText::new(pack_ref.text()), source })?;
    let declared = pack.handlers.into_iter().filter_map(|handler| handler.declared);
    Ok(declared.fold(Permissions::default(), |all, declared| all.union(&declared.permissions)))
}

/// What can be said of a handler that nobody runs.
fn inspected(host: &Host, handler: PackedHandler, with_world: bool) -> InspectedHandler {
    let InspectedInterface { imports, interfaces, problem } =
        engine::inspect_interface(&handler.bytes);
    let is_readable =
        !matches!(problem, Some(LoadError::NotAComponent { .. } | LoadError::TooComplex { .. }));
    let world = (with_world && is_readable).then(|| host.engine.print_wit(&handler.bytes));
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
