//! Collects which archives and components are pinned, by the environments of all store
//! roots that have used this cache.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use env_pack_domain::{Binding, EnvId, ForeignText, PackRef, Pin, Sha256Digest, with_causes};
use serde::Serialize;

use super::error::CacheError;
use crate::Host;
use crate::ops::pack_error::{BrokenBuiltin, PackError};
use crate::ops::phrases::display_path;
use gtc_fetch::FetchError;
use gtc_store::{Store, StoreError};

/// The pinned archives and components, and the environments that pin them.
#[derive(Debug, Default)]
pub(super) struct PinIndex {
    archives: BTreeMap<Sha256Digest, Vec<PinnedBy>>,
    /// The archives of bindings, and of the previous bindings that a rollback restores.
    bound: HashSet<Sha256Digest>,
    /// All of these pins.
    pinned: HashSet<(Sha256Digest, PinnedBy)>,
    /// The references of all of these pins.
    references: HashSet<ForeignText>,
    /// The packs that contain each component.
    components: BTreeMap<Sha256Digest, BTreeSet<ForeignText>>,
    /// Environments that could not be read.
    pub unreadable: Vec<UnreadableEnvironment>,
    /// The error of the first unreadable environment.
    fault: Option<StoreError>,
    /// Store roots whose paths could not be read, by the digest of their path.
    pub unreadable_roots: Vec<(Sha256Digest, FetchError)>,
    /// Store roots that no longer exist.
    pub missing_roots: Vec<PathBuf>,
}

/// A pin of an archive: a binding, the previous binding that a rollback would restore, or an
/// earlier generation that `rollback --to` would restore.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PinnedBy {
    /// The environment.
    pub environment_id: EnvId,
    /// The store root of the environment, if it is another one than the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_root: Option<ForeignText>,
    /// The pack reference.
    pub pack_ref: ForeignText,
}

/// An environment whose pins could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableEnvironment {
    /// The environment.
    pub environment_id: EnvId,
    /// The store root of the environment, if it is another one than the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_root: Option<ForeignText>,
    /// The error of reading it.
    pub error: String,
}

impl PinIndex {
    /// Returns true if an environment pins a pack by this reference.
    pub(super) fn is_reference_bound(&self, pack_ref: &str) -> bool {
        self.references.contains(&ForeignText::new(pack_ref))
    }

    /// Collects the pins of the built-in packs, of this host's environments, and of the
    /// environments in every other store root that has used the cache.
    pub(super) fn collect(host: &Host) -> Result<Self, CacheError> {
        let mut pins = Self::default();
        pins.add_builtins(host)?;
        let generations = host.limits.cache.generations;
        pins.add_store(&host.store, None, generations)?;
        let own = std::path::absolute(host.store.gc_root()).ok();
        let roots = host.fetcher.cache.gc_roots.list()?;
        pins.unreadable_roots = roots.unreadable;
        for root in roots.found.into_iter().filter(|root| own.as_ref() != Some(root)) {
            match host.store.at_gc_root(&root) {
                Some(store) => {
                    pins.add_store(&store, Some(display_path(&root)), generations)?;
                }
                None => pins.missing_roots.push(root),
            }
        }
        Ok(pins)
    }

    /// Like [`Self::collect`], but fails if any environment or store root cannot be read.
    /// Without complete pins, nothing may be removed.
    pub(super) fn collect_complete(host: &Host) -> Result<Self, CacheError> {
        let mut pins = Self::collect(host)?;
        match (pins.fault.take(), pins.unreadable_roots.pop()) {
            (Some(source), _) => Err(CacheError::PinsUnreadable { source }),
            (None, Some((_, source))) => Err(CacheError::StoreRootUnreadable { source }),
            (None, None) => Ok(pins),
        }
    }

    /// Returns the pins of an archive.
    pub(super) fn pinned_by(&self, digest: &Sha256Digest) -> &[PinnedBy] {
        self.archives.get(digest).map(Vec::as_slice).unwrap_or_default()
    }

    /// Iterates over the pinned archives, except for those of earlier generations.
    pub(super) fn archives(&self) -> impl Iterator<Item = (&Sha256Digest, &[PinnedBy])> {
        let bound = self.archives.iter().filter(|(digest, _)| self.bound.contains(digest));
        bound.map(|(digest, by)| (digest, by.as_slice()))
    }

    /// Returns the pinned or built-in packs that contain a component.
    pub(super) fn packs_of(&self, component: &Sha256Digest) -> Vec<ForeignText> {
        self.components.get(component).into_iter().flatten().cloned().collect()
    }

    fn add_builtins(&mut self, host: &Host) -> Result<(), BrokenBuiltin> {
        for builtin in host.fetcher.builtins() {
            let broken = |source| BrokenBuiltin { pack: builtin.clone(), source };
            let fetched = host.fetcher.fetch(&PackRef::Builtin(builtin.clone()));
            let fetched = fetched.map_err(PackError::from).map_err(broken)?;
            let pack = gtc_archive::open(&fetched.bytes, &host.limits.archive);
            let pack = pack.map_err(PackError::from).map_err(broken)?;
            let name = ForeignText::new(builtin.to_string());
            pack.handlers.iter().for_each(|handler| self.add_component(handler.digest, &name));
        }
        Ok(())
    }

    fn add_store(
        &mut self,
        store: &Store,
        store_root: Option<ForeignText>,
        generations: u64,
    ) -> Result<(), StoreError> {
        for id in store.list()? {
            if let Err(fault) = self.add_environment(store, &id, store_root.as_ref(), generations) {
                self.add_unreadable(id, store_root.as_ref(), fault);
            }
        }
        self.add_deleted(store, store_root.as_ref())
    }

    /// Adds the pins of an environment, and those of the latest generations of its bindings.
    fn add_environment(
        &mut self,
        store: &Store,
        id: &EnvId,
        store_root: Option<&ForeignText>,
        generations: u64,
    ) -> Result<(), StoreError> {
        let stored = store.load(id)?;
        let past = store.past(id)?;
        for (pack_ref, pin) in &stored.other_pins {
            self.bound.insert(pin.archive);
            self.add_pin(id, store_root, ForeignText::new(pack_ref), pin);
        }
        for bound in stored.environment.bindings() {
            self.add_bound(id, store_root, bound);
            for earlier in past.earlier_bindings(&stored.environment, &bound.key()) {
                if earlier.generation.saturating_add(generations) > bound.generation {
                    self.add_binding(id, store_root, earlier);
                }
            }
        }
        Ok(())
    }

    /// Adds the pins of deleted environments, which can be imported again as long as the document
    /// of each is there.
    fn add_deleted(
        &mut self,
        store: &Store,
        store_root: Option<&ForeignText>,
    ) -> Result<(), StoreError> {
        for id in store.list_deleted()? {
            match store.deleted_environment(&id) {
                Ok(Some(environment)) => {
                    for bound in environment.bindings() {
                        self.add_bound(&id, store_root, bound);
                    }
                }
                Ok(None) => {}
                Err(fault) => self.add_unreadable(id, store_root, fault),
            }
        }
        Ok(())
    }

    fn add_unreadable(
        &mut self,
        environment_id: EnvId,
        store_root: Option<&ForeignText>,
        fault: StoreError,
    ) {
        let error = with_causes(&fault);
        let store_root = store_root.cloned();
        self.unreadable.push(UnreadableEnvironment { environment_id, store_root, error });
        self.fault.get_or_insert(fault);
    }

    /// Adds the pins of a binding, and of the previous one that a rollback restores.
    fn add_bound(&mut self, id: &EnvId, store_root: Option<&ForeignText>, bound: &Binding) {
        for binding in std::iter::once(bound).chain(bound.readable_previous()) {
            self.bound.extend(binding.pin.as_ref().map(|pin| pin.archive));
            self.add_binding(id, store_root, binding);
        }
    }

    /// Adds the pin of a binding, or of an earlier one that a rollback restores.
    fn add_binding(&mut self, id: &EnvId, store_root: Option<&ForeignText>, binding: &Binding) {
        if let Some(pin) = &binding.pin {
            let pack_ref = ForeignText::new(binding.pack_ref.text());
            self.add_pin(id, store_root, pack_ref, pin);
        }
    }

    fn add_pin(
        &mut self,
        id: &EnvId,
        store_root: Option<&ForeignText>,
        pack_ref: ForeignText,
        pin: &Pin,
    ) {
        for handler in &pin.handlers {
            self.add_component(handler.digest, &pack_ref);
        }
        let pinned_by =
            PinnedBy { environment_id: id.clone(), store_root: store_root.cloned(), pack_ref };
        self.references.insert(pinned_by.pack_ref.clone());
        if self.pinned.insert((pin.archive, pinned_by.clone())) {
            self.archives.entry(pin.archive).or_default().push(pinned_by);
        }
    }

    fn add_component(&mut self, component: Sha256Digest, pack: &ForeignText) {
        self.components.entry(component).or_default().insert(pack.clone());
    }
}
