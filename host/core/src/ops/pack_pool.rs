//! The packs that a command has loaded: each once, however many environments bind it.
//!
//! A pack is fetched, verified and loaded when the first environment needs it. What depends on
//! the environment is decided again for each: whether its trusted keys signed the pack, which
//! handlers are left out because another pack has their path, and whether the pin matches.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use env_pack_domain::{
    BindingContext, CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, HandlerFault,
    KeyId, PackIdentity, PackRef, Permissions, Pin, Preflight, Registry, Sha256Digest, VersionReq,
};

use super::PackError;
use super::load_pack::{self, LeftOutHandler, LoadedPack};
use super::trust::{SignatureStatus, TrustPolicy};
use crate::Host;
use gtc_archive::Pack;
use gtc_engine::Engine;
use gtc_fetch::FetchedPack;

/// A result that several environments share.
type Shared<T> = Result<T, Arc<PackError>>;

/// The packs that a command has loaded.
#[derive(Default)]
pub(super) struct PackPool {
    packs: Mutex<HashMap<PackKey, Arc<Mutex<PooledPack>>>>,
}

/// A bound archive: a reference, and the digests of the pinned archive and its manifest.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PackKey {
    pack_ref: PackRef,
    pinned: Option<(Sha256Digest, Option<Sha256Digest>)>,
}

/// A bound archive, as far as environments needed it.
#[derive(Default)]
struct PooledPack {
    /// The archive, while an environment loads the pack.
    archive: Option<Arc<FetchedPack>>,
    failed_fetch: Option<Arc<PackError>>,
    drift: Option<DigestChange>,
    /// The status of the signature, by the keys that are trusted.
    signatures: HashMap<Vec<KeyId>, Shared<SignatureStatus>>,
    outline: Option<Shared<Arc<Outline>>>,
    /// The loaded pack, by the positions of the handlers that are left out.
    loaded: HashMap<Vec<usize>, Shared<Arc<LoadedPack>>>,
}

/// The parts of a pack that decide which handlers are loaded.
struct Outline {
    archive: Sha256Digest,
    identity: Option<PackIdentity>,
    handlers: Vec<OutlinedHandler>,
}

struct OutlinedHandler {
    component: ForeignText,
    declared: Option<(DescriptorPath, Permissions)>,
}

/// A digest that changed since the pack was bound.
#[derive(Clone, Copy)]
pub(super) struct DigestChange {
    pub locked: Sha256Digest,
    pub found: Sha256Digest,
}

/// A pack that an environment binds.
#[derive(Clone, Copy)]
pub(super) struct BoundPack<'a> {
    pub pack_ref: &'a PackRef,
    pub pin: Option<&'a Pin>,
}

/// The result of loading a pack for an environment.
pub(super) struct PoolResult {
    pub drift: Option<DigestChange>,
    /// The status of the signature; none if the pack was not fetched, or not accepted.
    pub signature: Option<SignatureStatus>,
    pub pack: Shared<(Arc<LoadedPack>, Vec<LeftOutHandler>)>,
}

impl PackPool {
    /// Loads a pack for an environment, which trusts these keys and has registered these handlers.
    /// While another thread loads the same pack, it waits.
    pub(super) fn load(
        &self,
        host: &Host,
        trust: &TrustPolicy,
        bound: BoundPack<'_>,
        registry: &Registry,
    ) -> PoolResult {
        let pinned = bound.pin.map(|pin| (pin.archive, pin.manifest));
        let key = PackKey { pack_ref: bound.pack_ref.clone(), pinned };
        let entry = Arc::clone(lock(&self.packs).entry(key).or_default());
        let mut pooled = lock(&entry);
        let mut signature = None;
        let pack = pooled.load(host, trust, bound, registry, &mut signature);
        // archives can be large, and the pack is loaded. Without a pin, the same bytes may not be
        // found again, and only these were checked
        if bound.pin.is_some() {
            pooled.archive = None;
        }
        PoolResult { drift: pooled.drift, signature, pack }
    }

    /// Returns the number of different packs that were needed so far.
    pub(super) fn len(&self) -> usize {
        lock(&self.packs).len()
    }
}

/// Locks a value that is never left half-changed: a thread that panicked had only not yet added
/// a result.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PooledPack {
    fn load(
        &mut self,
        host: &Host,
        trust: &TrustPolicy,
        bound: BoundPack<'_>,
        registry: &Registry,
        signature: &mut Option<SignatureStatus>,
    ) -> Shared<(Arc<LoadedPack>, Vec<LeftOutHandler>)> {
        if let Some(error) = &self.failed_fetch {
            return Err(Arc::clone(error));
        }
        // check the signature before reading any of the pack
        let status = signature.insert(self.signature(host, trust, bound)?);
        let signer = status.signer();
        let (pack, left_out) = self.loaded(host, bound, registry, signer)?;
        if let Some(pin) = bound.pin {
            pack.ensure_matches_pin(pin)?;
        }
        Ok((pack, left_out))
    }

    /// Returns the archive; fetches it if no part of this environment's load has done so.
    fn archive(&mut self, host: &Host, bound: BoundPack<'_>) -> Shared<Arc<FetchedPack>> {
        if let Some(archive) = &self.archive {
            return Ok(Arc::clone(archive));
        }
        match self.fetch(host, bound) {
            Ok(archive) => Ok(Arc::clone(self.archive.insert(Arc::new(archive)))),
            Err(error) => Err(Arc::clone(self.failed_fetch.insert(Arc::new(error)))),
        }
    }

    /// Fetches the bound archive: from its reference, or from the cache if the reference no
    /// longer leads to it.
    fn fetch(&mut self, host: &Host, bound: BoundPack<'_>) -> Result<FetchedPack, PackError> {
        let BoundPack { pack_ref, pin } = bound;
        if let (PackRef::Oci(_), Some(pin)) = (pack_ref, pin) {
            // a moved tag is reported only if an earlier request has seen it
            let known = host.fetcher.last_known_digest(pack_ref).zip(pin.manifest);
            let moved = known.filter(|(found, locked)| found != locked);
            self.drift = moved.map(|(found, locked)| DigestChange { locked, found });
            return load_pack::fetch_pinned(host, pack_ref, pin);
        }
        let fetched = host.fetcher.fetch(pack_ref);
        let Some(pin) = pin else { return Ok(fetched?) };
        let cached = || host.fetcher.cache.archives.get(&pin.archive);
        match fetched {
            Ok(fetched) if fetched.digest == pin.archive => Ok(fetched),
            Ok(fetched) => {
                let locked = pin.archive;
                let found = fetched.digest;
                self.drift = Some(DigestChange { locked, found });
                cached().ok_or(PackError::Replaced { locked, found })
            }
            Err(error) => cached().ok_or(PackError::Fetch(error)),
        }
    }

    fn signature(
        &mut self,
        host: &Host,
        trust: &TrustPolicy,
        bound: BoundPack<'_>,
    ) -> Shared<SignatureStatus> {
        let keys = trust.key_ids();
        if let Some(known) = self.signatures.get(&keys) {
            return known.clone();
        }
        let archive = self.archive(host, bound)?;
        let checked = trust.examine(host, bound.pack_ref, &archive);
        let status = checked.map(|checked| checked.signature).map_err(Arc::new);
        self.signatures.insert(keys, status.clone());
        status
    }

    /// Loads the handlers whose paths belong to no other pack. The others are not compiled.
    fn loaded(
        &mut self,
        host: &Host,
        bound: BoundPack<'_>,
        registry: &Registry,
        signer: Option<KeyId>,
    ) -> Shared<(Arc<LoadedPack>, Vec<LeftOutHandler>)> {
        if let Some(outline) = &self.outline {
            let (positions, left_out) = outline.clone()?.taken(bound, registry, signer);
            if let Some(loaded) = self.loaded.get(&positions) {
                return Ok((loaded.clone()?, left_out));
            }
        }
        let archive = self.archive(host, bound)?;
        let opened = load_pack::open_archive(host, &archive).map_err(PackError::from);
        let mut opened = opened.map_err(|error| self.fail_to_open(error))?;
        let outline = Arc::new(Outline::of(&opened, &archive));
        self.outline = Some(Ok(Arc::clone(&outline)));
        let (positions, left_out) = outline.taken(bound, registry, signer);
        let mut at = 0..;
        opened.handlers.retain(|_| at.next().is_some_and(|at| !positions.contains(&at)));
        let loaded = load_pack::load_opened(host, &archive, opened, Engine::load);
        let loaded = loaded.map(Arc::new).map_err(Arc::new);
        self.loaded.insert(positions, loaded.clone());
        Ok((loaded?, left_out))
    }

    fn fail_to_open(&mut self, error: PackError) -> Arc<PackError> {
        let error = Arc::new(error);
        self.outline = Some(Err(Arc::clone(&error)));
        error
    }
}

impl Outline {
    fn of(pack: &Pack<'_>, fetched: &FetchedPack) -> Self {
        let mut handlers = Vec::new();
        for handler in &pack.handlers {
            let declared = handler.declared.as_ref();
            handlers.push(OutlinedHandler {
                component: handler.component.clone(),
                declared: declared.map(|declared| {
                    (declared.descriptor_path.clone(), declared.permissions.clone())
                }),
            });
        }
        let identity = load_pack::identity(pack, fetched);
        Self { archive: fetched.digest, identity, handlers }
    }

    /// Returns the handlers whose paths belong to other packs, and their positions. Their paths
    /// are declared, or known from the pin.
    fn taken(
        &self,
        bound: BoundPack<'_>,
        registry: &Registry,
        signer: Option<KeyId>,
    ) -> (Vec<usize>, Vec<LeftOutHandler>) {
        let BoundPack { pack_ref, pin } = bound;
        let origin = load_pack::origin(pack_ref, self.archive, self.identity.clone(), signer);
        let mut positions = Vec::new();
        let mut left_out = Vec::new();
        for (at, handler) in self.handlers.iter().enumerate() {
            let declared = handler.declared.as_ref();
            let pinned = pin.and_then(|pin| pin.path_of(&handler.component));
            let path = declared.map(|(path, _)| path).or(pinned);
            let taken = path.map(|path| registry.ensure_free(path, &origin));
            if let Some(Err(registration)) = taken {
                let permissions = declared.map(|(_, permissions)| permissions.clone());
                let permissions = permissions.unwrap_or_default();
                positions.push(at);
                left_out.push(LeftOutHandler { permissions, registration });
            }
        }
        (positions, left_out)
    }
}

/// A handler of a loaded pack, in the registry of an environment.
#[derive(Debug)]
pub(super) struct PooledHandler {
    pub pack: Arc<LoadedPack>,
    /// The position of the handler in the pack.
    pub at: usize,
}

impl PooledHandler {
    fn handler(&self) -> &dyn EnvPackHandler {
        self.pack.handlers[self.at].handler.as_ref()
    }
}

impl EnvPackHandler for PooledHandler {
    fn slot(&self) -> CapabilitySlot {
        self.handler().slot()
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        self.handler().descriptor_path()
    }

    fn supported_versions(&self) -> &VersionReq {
        self.handler().supported_versions()
    }

    fn preflight(&self, binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        self.handler().preflight(binding)
    }
}

impl fmt::Debug for PackPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackPool").field("packs", &self.len()).finish()
    }
}
