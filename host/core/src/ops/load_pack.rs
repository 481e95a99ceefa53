//! Loads a pack: fetches it, opens the archive, loads the handlers, and compares their
//! metadata with the pack's declaration.

use std::collections::{HashMap, HashSet};

use env_pack_domain::abi::{NETWORK_INTERFACE, NEWEST_WORLD, TOOLS_INTERFACE};
use env_pack_domain::{
    CapabilitySlot, ConfigPack, DescriptorPath, DuplicateRegistration, EnvPackHandler, ForeignText,
    KeyId, Origin, PackDescriptor, PackIdentity, PackRef, Permissions, Pin, PinnedHandler,
    Sha256Digest, VersionReq,
};

use super::deadline::Deadline;
use super::pack_error::PackError;
use crate::Host;
use gtc_archive::{ArchiveError, ComponentBytes, Pack, PackedHandler};
use gtc_engine::{Engine, LoadError, LoadedComponent, Provenance, RecordPreflight};
use gtc_fetch::{FetchedPack, PackFormat};

/// The id of a component that is not in an archive.
const BARE_COMPONENT: &str = "component";

/// A pack whose handlers are loaded.
#[derive(Debug)]
pub(super) struct LoadedPack {
    /// The digest of the archive.
    pub digest: Sha256Digest,
    /// The digest of the OCI manifest, for a pack from a registry.
    pub manifest: Option<Sha256Digest>,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// The identity that its manifest claims; none for a component without an archive.
    pub identity: Option<PackIdentity>,
    /// The schema of its answers, unchecked, if it ships one.
    pub answers_schema: Option<Vec<u8>>,
    /// The handlers; none in a pack that can only be bound as an extension.
    pub handlers: Vec<LoadedHandler>,
}

/// A handler that was not loaded, because its path belongs to another pack.
#[derive(Debug)]
pub(super) struct LeftOutHandler {
    /// The permissions that the pack declares for the handler.
    pub permissions: Permissions,
    /// Its path, and the pack that keeps it.
    pub registration: DuplicateRegistration,
}

/// A handler of a loaded pack.
#[derive(Debug)]
pub(super) struct LoadedHandler {
    /// The id of the component.
    pub component: ForeignText,
    /// The digest of the component.
    pub digest: Sha256Digest,
    /// The loaded handler.
    pub handler: Box<dyn RecordPreflight>,
    /// The permissions that the pack declares for the handler.
    pub permissions: Permissions,
    /// The imports of the component.
    pub imports: Vec<ForeignText>,
}

/// Fetches a pack with a handler and loads it.
pub(super) fn load_pack(
    host: &Host,
    pack_ref: &PackRef,
) -> Result<(FetchedPack, LoadedPack), PackError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_archive(host, &fetched, Engine::load)?.ensure_handler()?;
    Ok((fetched, pack))
}

/// Returns the pinned archive from the cache, or fetches it again if its digest is
/// unchanged.
pub(super) fn fetch_pinned(
    host: &Host,
    pack_ref: &PackRef,
    pin: &Pin,
) -> Result<FetchedPack, PackError> {
    if let Some(kept) = host.fetcher.cache.archives.get(&pin.archive) {
        return Ok(kept);
    }
    let fetched = host.fetcher.fetch_pinned(pack_ref, pin.manifest)?;
    if fetched.digest != pin.archive {
        return Err(PackError::Replaced { locked: pin.archive, found: fetched.digest });
    }
    // the cached copy is missing or damaged; use the archive even if caching it fails
    let _ = host.fetcher.cache.insert(&fetched, host.store.gc_root());
    Ok(fetched)
}

/// The function that loads a component: [`Engine::load`], or [`Engine::load_isolated`] for a
/// component that is not trusted yet.
pub(super) type LoadFn =
    fn(&Engine, &[u8], &Sha256Digest, Provenance) -> Result<LoadedComponent, LoadError>;

/// Loads the handlers of an archive, or a component without an archive.
pub(super) fn load_archive(
    host: &Host,
    fetched: &FetchedPack,
    load: LoadFn,
) -> Result<LoadedPack, PackError> {
    load_opened(host, fetched, open_archive(host, fetched)?, load)
}

/// Loads the handlers of an opened archive.
pub(super) fn load_opened(
    host: &Host,
    fetched: &FetchedPack,
    pack: Pack,
    load: LoadFn,
) -> Result<LoadedPack, PackError> {
    let identity = identity(&pack, fetched);
    let Pack { handlers: packed, answers_schema, .. } = pack;
    let mut paths = distinct_paths(&packed)?;
    let trust = if fetched.is_builtin { Provenance::Builtin } else { Provenance::External };
    let deadline = Deadline::for_pack(&host.limits, &packed);
    let all = packed.len();
    let mut handlers = Vec::new();
    for packed in packed {
        let loaded = handlers.len();
        if loaded > 0 && deadline.has_passed() {
            return Err(PackError::OutOfTime { loaded, all, limit: deadline.limit() });
        }
        let is_declared = packed.declared.is_some();
        let loaded = load_handler(host, packed, trust, load)?;
        let path = loaded.handler.descriptor_path();
        if !is_declared && !paths.insert(path.clone()) {
            return Err(PackError::PathTwice { path: path.clone() });
        }
        handlers.push(loaded);
    }
    Ok(LoadedPack {
        digest: fetched.digest,
        manifest: fetched.manifest(),
        size: fetched.bytes.len() as u64,
        identity,
        answers_schema,
        handlers,
    })
}

/// Returns the declared descriptor paths of handlers. Fails if two have the same path: it would
/// not be clear which of them is bound. The second one is not compiled to find that out.
fn distinct_paths(handlers: &[PackedHandler]) -> Result<HashSet<DescriptorPath>, PackError> {
    let mut paths = HashSet::new();
    for declared in handlers.iter().filter_map(|handler| handler.declared.as_ref()) {
        let path = &declared.descriptor_path;
        if !paths.insert(path.clone()) {
            return Err(PackError::PathTwice { path: path.clone() });
        }
    }
    Ok(paths)
}

/// Returns the identity that an archive claims; none for a component without an archive.
pub(super) fn identity(pack: &Pack, fetched: &FetchedPack) -> Option<PackIdentity> {
    (fetched.format == PackFormat::Archive).then(|| PackIdentity {
        id: pack.id.clone(),
        version: pack.version.clone(),
        publisher: pack.publisher.clone(),
    })
}

/// Opens an archive, or wraps a component without an archive as a pack without
/// declarations.
pub(super) fn open_archive<'a>(
    host: &Host,
    fetched: &'a FetchedPack,
) -> Result<Pack<'a>, ArchiveError> {
    match fetched.format {
        PackFormat::Archive => gtc_archive::open(&fetched.bytes, &host.limits.archive),
        PackFormat::Component => Ok(Pack {
            id: ForeignText::new(BARE_COMPONENT),
            version: String::new(),
            publisher: ForeignText::new(""),
            answers_schema: None,
            entries: Vec::new(),
            handlers: vec![PackedHandler {
                component: ForeignText::new(BARE_COMPONENT),
                entry: ForeignText::new(BARE_COMPONENT),
                world: ForeignText::new(NEWEST_WORLD),
                bytes: ComponentBytes::stored(&fetched.bytes),
                digest: fetched.digest,
                declared: None,
            }],
        }),
    }
}

fn load_handler(
    host: &Host,
    packed: PackedHandler<'_>,
    trust: Provenance,
    load: LoadFn,
) -> Result<LoadedHandler, PackError> {
    let PackedHandler { component, bytes, digest, declared, .. } = packed;
    let loaded = load(&host.engine, &bytes.read(), &digest, trust);
    let LoadedComponent { handler, imports } =
        loaded.map_err(|source| PackError::Handler { component: component.clone(), source })?;
    let mut permissions = Permissions::default();
    if let Some(declared) = declared {
        let expected = (declared.slot, &declared.descriptor_path, &declared.supported_versions);
        if let Some((what, declared, answered)) = metadata_mismatch(expected, handler.as_ref()) {
            return Err(PackError::Differs { component, what, declared, answered });
        }
        permissions = declared.permissions;
    }
    Ok(LoadedHandler { component, digest, handler, permissions, imports })
}

/// Compares a handler's metadata with expected values. Returns the name, the expected and
/// the actual value of the first that differs.
fn metadata_mismatch(
    (slot, path, versions): (CapabilitySlot, &DescriptorPath, &VersionReq),
    handler: &dyn EnvPackHandler,
) -> Option<(&'static str, String, String)> {
    let questions = [
        ("slot", slot.to_string(), handler.slot().to_string()),
        ("descriptor path", path.to_string(), handler.descriptor_path().to_string()),
        ("supported versions", versions.to_string(), handler.supported_versions().to_string()),
    ];
    questions.into_iter().find(|(_, expected, answered)| expected != answered)
}

impl LoadedHandler {
    /// Returns the contradictions between the component's imports and the declared
    /// permissions.
    pub(super) fn permission_faults(&self) -> Vec<String> {
        permission_faults(&self.component, &self.imports, &self.permissions)
    }
}

/// Returns the contradictions between a component's imports and the declared permissions.
pub(super) fn permission_faults(
    component: &ForeignText,
    imports: &[ForeignText],
    permissions: &Permissions,
) -> Vec<String> {
    let interfaces = [
        (TOOLS_INTERFACE, "run programs", permissions.tools.is_empty()),
        (NETWORK_INTERFACE, "open connections", permissions.network.is_empty()),
    ];
    let fault = |(interface, action, declares_none): (&str, &str, bool)| {
        let is_imported = imports.iter().any(|import| import.as_exact().starts_with(interface));
        match (is_imported, declares_none) {
            (true, true) => Some(format!(
                "component `{component}` imports `{interface}`, but the pack does not declare that it wants to {action}"
            )),
            (false, false) => Some(format!(
                "the pack declares that it wants to {action}, but component `{component}` does not import `{interface}`"
            )),
            _ => None,
        }
    };
    interfaces.into_iter().filter_map(fault).collect()
}

/// Returns the origin of the handlers of a pack in a registry.
pub(super) fn origin(
    pack_ref: &PackRef,
    archive: Sha256Digest,
    identity: Option<PackIdentity>,
    signer: Option<KeyId>,
) -> Origin {
    let is_builtin = matches!(pack_ref, PackRef::Builtin(_));
    Origin {
        pack_ref: Some(pack_ref.clone()),
        archive: Some(archive),
        // no other pack is a version of a built-in one, whatever its manifest says
        pack: identity.filter(|_| !is_builtin),
        signer: signer.map(|signer| ForeignText::new(signer.to_string())),
    }
}

impl LoadedPack {
    /// Fails unless the metadata of its handlers is the same as when it was pinned.
    pub(super) fn ensure_matches_pin(&self, pin: &Pin) -> Result<(), PackError> {
        let mut by_component = HashMap::new();
        for loaded in &self.handlers {
            by_component.entry(&loaded.component).or_insert(loaded);
        }
        for pinned in &pin.handlers {
            let Some(loaded) = by_component.get(&pinned.component) else { continue };
            let expected = (pinned.slot, &pinned.descriptor_path, &pinned.supported_versions);
            if let Some((what, pinned, answered)) =
                metadata_mismatch(expected, loaded.handler.as_ref())
            {
                return Err(PackError::MetadataChanged {
                    component: loaded.component.clone(),
                    what,
                    pinned,
                    answered,
                });
            }
        }
        Ok(())
    }

    /// Returns the pack if it has a handler.
    pub(super) fn ensure_handler(self) -> Result<Self, PackError> {
        if self.handlers.is_empty() { Err(PackError::NoHandler) } else { Ok(self) }
    }

    /// Returns the pack as an extension without a handler; none if it has a handler.
    pub(super) fn config_pack(&self) -> Result<Option<ConfigPack>, PackError> {
        let identity = self.identity.as_ref().filter(|_| self.handlers.is_empty());
        let pack = identity.map(ConfigPack::new).transpose();
        pack.map_err(|source| PackError::NotAnExtension { source })
    }

    /// Returns the handler that provides the path of a descriptor.
    pub(super) fn handler_for(&self, kind: &PackDescriptor) -> Option<&LoadedHandler> {
        self.handlers.iter().find(|handler| handler.handler.descriptor_path() == kind.path())
    }

    /// Iterates over the descriptor paths of its handlers.
    pub(super) fn paths(&self) -> impl Iterator<Item = &DescriptorPath> {
        self.handlers.iter().map(|handler| handler.handler.descriptor_path())
    }

    /// Returns the contradictions between its components' imports and its declared
    /// permissions.
    pub(super) fn permission_faults(&self) -> Vec<String> {
        self.handlers.iter().flat_map(LoadedHandler::permission_faults).collect()
    }

    /// Returns the origin of its handlers in a registry.
    pub(super) fn origin(&self, pack_ref: &PackRef, signer: Option<KeyId>) -> Origin {
        origin(pack_ref, self.digest, self.identity.clone(), signer)
    }

    /// Returns the pin of the pack, with these grants and this verified signer.
    pub(super) fn pin(&self, grants: Permissions, signer: Option<KeyId>, locked_at: String) -> Pin {
        let handlers = self
            .handlers
            .iter()
            .map(|handler| PinnedHandler {
                component: handler.component.clone(),
                digest: handler.digest,
                slot: handler.handler.slot(),
                descriptor_path: handler.handler.descriptor_path().clone(),
                supported_versions: handler.handler.supported_versions().clone(),
            })
            .collect();
        let signer = signer.map(|signer| ForeignText::new(signer.to_string()));
        Pin {
            manifest: self.manifest,
            archive: self.digest,
            size: self.size,
            pack: self.identity.clone(),
            handlers,
            grants,
            signer,
            locked_at,
        }
    }
}
