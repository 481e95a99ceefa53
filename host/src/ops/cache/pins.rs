//! Who needs what is in the cache: every environment whose archives were ever kept here,
//! whichever folder it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use env_pack_domain::{EnvId, ForeignText, PackRef, Sha256Digest};
use serde::Serialize;

use crate::archive;
use crate::fetch::FetchError;
use crate::host::Host;
use crate::ops::bind::retain_used_pins;
use crate::ops::{OpError, PackError};
use crate::store::{Store, StoreError};

/// What is needed, and by whom.
#[derive(Debug, Default)]
pub(super) struct PinIndex {
    archives: BTreeMap<Sha256Digest, Vec<PinnedBy>>,
    /// The packs that each component is part of.
    components: BTreeMap<Sha256Digest, BTreeSet<ForeignText>>,
    /// Environments that cannot be read.
    pub unreadable: Vec<UnreadableEnvironment>,
    /// Why the first of them cannot be.
    fault: Option<StoreError>,
    /// Folders of environments whose paths cannot be read.
    pub unreadable_roots: Vec<(Sha256Digest, FetchError)>,
    /// Folders of environments that are gone.
    pub missing_roots: Vec<PathBuf>,
}

/// Who pins an archive: what is bound, or what a rollback would restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PinnedBy {
    /// The environment.
    pub environment_id: EnvId,
    /// Where the environment is, if it is not in this folder of environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_root: Option<ForeignText>,
    /// The pack reference.
    pub pack_ref: ForeignText,
}

/// An environment of which nobody knows what it pins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableEnvironment {
    /// The environment.
    pub environment_id: EnvId,
    /// Where the environment is, if it is not in this folder of environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_root: Option<ForeignText>,
    /// Why it cannot be read.
    pub error: String,
}

impl PinIndex {
    /// Whether an environment pins a pack by this reference.
    pub fn is_reference_bound(&self, pack_ref: &str) -> bool {
        self.archives.values().flatten().any(|pin| pin.pack_ref.as_exact() == pack_ref)
    }

    /// What the environments of this host, of every other folder that archives were kept
    /// for, and this program need.
    pub fn collect(host: &Host) -> Result<Self, OpError> {
        let mut pins = Self::default();
        pins.add_builtins(host)?;
        pins.add_store(&host.store, None)?;
        let own = std::path::absolute(host.store.root()).ok();
        let roots = host.fetcher.cache.gc_roots.list()?;
        pins.unreadable_roots = roots.unreadable;
        for root in roots.found.into_iter().filter(|root| own.as_ref() != Some(root)) {
            match host.store.at_other_root(&root) {
                Some(store) => pins.add_store(&store, Some(super::display_path(&root)))?,
                None => pins.missing_roots.push(root),
            }
        }
        Ok(pins)
    }

    /// The same, if all of them can be read: what is not known to be needed must not go
    /// away.
    pub fn collect_complete(host: &Host) -> Result<Self, OpError> {
        let mut pins = Self::collect(host)?;
        match (pins.fault.take(), pins.unreadable_roots.pop()) {
            (Some(source), _) => Err(OpError::PinsUnreadable { source }),
            (None, Some((_, source))) => Err(OpError::StoreRootUnreadable { source }),
            (None, None) => Ok(pins),
        }
    }

    /// Who pins an archive.
    pub fn pinned_by(&self, digest: &Sha256Digest) -> &[PinnedBy] {
        self.archives.get(digest).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every pinned archive.
    pub fn archives(&self) -> impl Iterator<Item = (&Sha256Digest, &[PinnedBy])> {
        self.archives.iter().map(|(digest, by)| (digest, by.as_slice()))
    }

    /// The packs that a component is part of; none when nobody is known to need it.
    pub fn packs_of(&self, component: &Sha256Digest) -> Vec<ForeignText> {
        self.components.get(component).into_iter().flatten().cloned().collect()
    }

    fn add_builtins(&mut self, host: &Host) -> Result<(), OpError> {
        for builtin in host.fetcher.builtins() {
            let open = || -> Result<archive::Pack, PackError> {
                let fetched = host.fetcher.fetch(&PackRef::Builtin(builtin.clone()))?;
                Ok(archive::open(&fetched.bytes, &host.limits.archive)?)
            };
            let pack =
                open().map_err(|source| OpError::Builtin { pack: builtin.clone(), source })?;
            let name = ForeignText::new(builtin.to_string());
            pack.handlers.iter().for_each(|handler| self.add_component(handler.digest, &name));
        }
        Ok(())
    }

    fn add_store(&mut self, store: &Store, store_root: Option<ForeignText>) -> Result<(), OpError> {
        for id in store.list()? {
            match store.load(&id) {
                Ok(stored) => {
                    let mut pins = stored.pins.clone();
                    retain_used_pins(&mut pins, &[&stored.environment]);
                    for (pack_ref, pin) in pins.packs {
                        let (store_root, pack_ref) =
                            (store_root.clone(), ForeignText::new(pack_ref));
                        pin.handlers
                            .iter()
                            .for_each(|handler| self.add_component(handler.digest, &pack_ref));
                        let by = PinnedBy { environment_id: id.clone(), store_root, pack_ref };
                        self.archives.entry(pin.archive).or_default().push(by);
                    }
                }
                Err(fault) => {
                    let (store_root, error) = (store_root.clone(), fault.to_string());
                    self.unreadable.push(UnreadableEnvironment {
                        environment_id: id,
                        store_root,
                        error,
                    });
                    self.fault.get_or_insert(fault);
                }
            }
        }
        Ok(())
    }

    fn add_component(&mut self, component: Sha256Digest, pack: &ForeignText) {
        self.components.entry(component).or_default().insert(pack.clone());
    }
}
