//! Loading a pack: reference to bytes to archive to handlers that have said who they are,
//! and say what the pack says of them.

use env_pack_domain::abi::{NETWORK_INTERFACE, NEWEST_WORLD, TOOLS_INTERFACE};
use env_pack_domain::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, KeyId, PackDescriptor, PackRef,
    Permissions, Sha256Digest, VersionReq,
};

use super::PackError;
use crate::archive::{self, ArchiveError, Pack, PackedHandler};
use crate::engine::{Engine, LoadError, LoadedComponent, Provenance, RecordPreflight};
use crate::fetch::{FetchedPack, PackFormat};
use crate::host::Host;
use crate::store::{PinnedHandler, PinnedPack};

/// What a component is called that has no archive around it to name it.
const BARE_COMPONENT: &str = "component";

/// A pack whose handlers run.
#[derive(Debug)]
pub struct LoadedPack {
    /// The digest of the archive.
    pub digest: Sha256Digest,
    /// The digest of the manifest, if it comes from a registry.
    pub manifest: Option<Sha256Digest>,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// Its handlers; at least one.
    pub handlers: Vec<LoadedHandler>,
}

/// A handler of a loaded pack.
#[derive(Debug)]
pub struct LoadedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The digest of its component.
    pub digest: Sha256Digest,
    /// The handler.
    pub handler: Box<dyn RecordPreflight>,
    /// What the pack wants it to be allowed.
    pub permissions: Permissions,
    /// What its component imports: all it can ever ask for.
    pub imports: Vec<ForeignText>,
    /// Whether somebody said what it wants: a component without an archive cannot.
    pub is_declared: bool,
}

/// How many handlers of a pack are run to be tested, measured or validated: honest packs
/// have one, or a few.
pub(super) const MAX_HANDLERS_PER_RUN: usize = 32;

/// Fetches a pack and loads it.
pub(super) fn load_pack(
    host: &Host,
    pack_ref: &PackRef,
) -> Result<(FetchedPack, LoadedPack), PackError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_archive(host, &fetched, Engine::load)?;
    Ok((fetched, pack))
}

/// The archive that was pinned: as it is kept, or else from where it was bound, if it is
/// still the same.
pub(super) fn fetch_pinned(
    host: &Host,
    pack_ref: &PackRef,
    pin: &PinnedPack,
) -> Result<FetchedPack, PackError> {
    if let Some(kept) = host.fetcher.cache.archives.get(&pin.archive) {
        return Ok(kept);
    }
    let fetched = host.fetcher.fetch_pinned(pack_ref, pin.manifest)?;
    match fetched.digest == pin.archive {
        // what was kept is gone or damaged; that it cannot be kept again is no reason not to use it
        true => {
            let _ = host.fetcher.cache.insert(&fetched, host.store.root());
            Ok(fetched)
        }
        false => Err(PackError::Replaced { locked: pin.archive, found: fetched.digest }),
    }
}

/// How a component becomes a handler: [`Engine::load`], or [`Engine::load_isolated`] where
/// nobody decided to trust it yet.
pub(super) type LoadFn =
    fn(&Engine, &[u8], &Sha256Digest, Provenance) -> Result<LoadedComponent, LoadError>;

/// Loads a pack out of its archive, or a component that is one by itself.
pub(super) fn load_archive(
    host: &Host,
    fetched: &FetchedPack,
    load: LoadFn,
) -> Result<LoadedPack, PackError> {
    let packed = open_archive(host, fetched)?.handlers;
    if packed.is_empty() {
        return Err(PackError::NoHandler);
    }
    let trust = if fetched.is_builtin { Provenance::Builtin } else { Provenance::External };
    let handlers = packed
        .into_iter()
        .map(|packed| load_handler(host, packed, trust, load))
        .collect::<Result<_, _>>()?;
    Ok(LoadedPack {
        digest: fetched.digest,
        manifest: fetched.manifest(),
        size: fetched.bytes.len() as u64,
        handlers,
    })
}

/// Opens an archive, or wraps a component that came without one: nobody says anything of
/// that but itself.
pub(super) fn open_archive(host: &Host, fetched: &FetchedPack) -> Result<Pack, ArchiveError> {
    match fetched.format {
        PackFormat::Archive => archive::open(&fetched.bytes, &host.limits.archive),
        PackFormat::Component => Ok(Pack {
            id: ForeignText::new(BARE_COMPONENT),
            version: String::new(),
            publisher: ForeignText::new(""),
            entries: Vec::new(),
            handlers: vec![PackedHandler {
                component: ForeignText::new(BARE_COMPONENT),
                entry: ForeignText::new(BARE_COMPONENT),
                world: ForeignText::new(NEWEST_WORLD),
                bytes: fetched.bytes.to_vec(),
                digest: fetched.digest,
                declared: None,
            }],
        }),
    }
}

fn load_handler(
    host: &Host,
    packed: PackedHandler,
    trust: Provenance,
    load: LoadFn,
) -> Result<LoadedHandler, PackError> {
    let PackedHandler { component, bytes, digest, declared, .. } = packed;
    let loaded = load(&host.engine, &bytes, &digest, trust);
    let LoadedComponent { handler, imports } =
        loaded.map_err(|source| PackError::Handler { component: component.clone(), source })?;
    let mut permissions = Permissions::default();
    let is_declared = declared.is_some();
    if let Some(declared) = declared {
        let said = (declared.slot, &declared.descriptor_path, &declared.supported_versions);
        if let Some((what, declared, answered)) = metadata_mismatch(said, handler.as_ref()) {
            return Err(PackError::Differs { component, what, declared, answered });
        }
        permissions = declared.permissions;
    }
    Ok(LoadedHandler { component, digest, handler, permissions, imports, is_declared })
}

/// The first of the three constants that a handler does not answer as somebody said:
/// which, what was said, what it answers.
fn metadata_mismatch(
    (slot, path, versions): (CapabilitySlot, &DescriptorPath, &VersionReq),
    handler: &dyn EnvPackHandler,
) -> Option<(&'static str, String, String)> {
    let questions = [
        ("slot", slot.to_string(), handler.slot().to_string()),
        ("descriptor path", path.to_string(), handler.descriptor_path().to_string()),
        ("supported versions", versions.to_string(), handler.supported_versions().to_string()),
    ];
    questions.into_iter().find(|(_, said, answered)| said != answered)
}

impl LoadedHandler {
    /// Where what its component imports and what its pack declares do not go together.
    pub fn permission_faults(&self) -> Vec<String> {
        permission_faults(&self.component, &self.imports, &self.permissions)
    }
}

/// Where what a component imports and what its pack declares do not go together.
pub(super) fn permission_faults(
    component: &ForeignText,
    imports: &[ForeignText],
    permissions: &Permissions,
) -> Vec<String> {
    let interfaces = [
        (TOOLS_INTERFACE, "run programs", permissions.tools.is_empty()),
        (NETWORK_INTERFACE, "open connections", permissions.network.is_empty()),
    ];
    let fault = |(interface, deed, declares_none): (&str, &str, bool)| {
        let is_imported = imports.iter().any(|import| import.as_exact().starts_with(interface));
        match (is_imported, declares_none) {
            (true, true) => Some(format!(
                "component `{component}` imports `{interface}`, but the pack does not declare that it wants to {deed}"
            )),
            (false, false) => Some(format!(
                "the pack declares that it wants to {deed}, but component `{component}` does not import `{interface}`"
            )),
            _ => None,
        }
    };
    interfaces.into_iter().filter_map(fault).collect()
}

impl LoadedPack {
    /// The pack, if its handlers answer what they answered when it was pinned.
    pub(super) fn ensure_matches_pin(self, pin: &PinnedPack) -> Result<Self, PackError> {
        for pinned in &pin.handlers {
            let Some(loaded) =
                self.handlers.iter().find(|loaded| loaded.component == pinned.component)
            else {
                continue;
            };
            let said = (pinned.slot, &pinned.descriptor_path, &pinned.supported_versions);
            if let Some((what, pinned, answered)) = metadata_mismatch(said, loaded.handler.as_ref())
            {
                return Err(PackError::MetadataChanged {
                    component: loaded.component.clone(),
                    what,
                    pinned,
                    answered,
                });
            }
        }
        Ok(self)
    }

    /// The handler that answers for a descriptor's path.
    pub fn handler_for(&self, kind: &PackDescriptor) -> Option<&LoadedHandler> {
        self.handlers.iter().find(|handler| handler.handler.descriptor_path() == kind.path())
    }

    /// The paths its handlers answer for.
    pub fn paths(&self) -> impl Iterator<Item = &DescriptorPath> {
        self.handlers.iter().map(|handler| handler.handler.descriptor_path())
    }

    /// Everything its handlers want to be allowed.
    pub fn permissions(&self) -> Permissions {
        let none = Permissions::default();
        self.handlers.iter().fold(none, |all, handler| all.union(&handler.permissions))
    }

    /// Where what its components import and what it declares do not go together.
    pub fn permission_faults(&self) -> Vec<String> {
        self.handlers.iter().flat_map(LoadedHandler::permission_faults).collect()
    }

    /// The pin of the pack, with these grants, and whose signature was verified.
    pub(super) fn pin(
        &self,
        grants: Permissions,
        signer: Option<KeyId>,
        locked_at: String,
    ) -> PinnedPack {
        let handler = |handler: &LoadedHandler| PinnedHandler {
            component: handler.component.clone(),
            digest: handler.digest,
            slot: handler.handler.slot(),
            descriptor_path: handler.handler.descriptor_path().clone(),
            supported_versions: handler.handler.supported_versions().clone(),
        };
        let handlers = self.handlers.iter().map(handler).collect();
        let signer = signer.map(|signer| ForeignText::new(signer.to_string()));
        let (archive, manifest) = (self.digest, self.manifest);
        PinnedPack { manifest, archive, size: self.size, handlers, grants, signer, locked_at }
    }
}
