//! Loads the handlers of an environment into a registry: first the built-in packs, then
//! the bound packs in the order of their bindings.

use std::collections::HashMap;

use env_pack_domain::{
    BindingKey, DescriptorPath, DuplicateRegistration, Origin, PackRef, Permissions, Registry,
    Sha256Digest,
};

use super::PackError;
use super::load_pack::{self, LoadedPack};
use super::trust::{SignatureStatus, TrustPolicy};
use crate::Host;
use gtc_engine::Engine;
use gtc_fetch::FetchedPack;
use gtc_store::{PinnedPack, StoreError, Stored};

/// The registry of an environment, and the problems found while loading it.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub registry: Registry,
    /// The permissions of each handler: those that its pack declares and the operator
    /// granted.
    pub grants: HashMap<DescriptorPath, Permissions>,
    pub failures: Vec<FailedPack>,
    pub drifts: Vec<Drift>,
    pub duplicates: Vec<DuplicateRegistration>,
    pub permission_problems: Vec<PermissionProblem>,
    /// The signature of each bound pack that passed the signature check. Built-in packs
    /// have none.
    pub signatures: Vec<(PackRef, SignatureStatus)>,
    /// The descriptor paths that each loaded pack provides, by pack reference.
    pub handled_paths: HashMap<String, Vec<DescriptorPath>>,
}

/// A pack that failed to load.
#[derive(Debug)]
pub(super) struct FailedPack {
    pub pack_ref: PackRef,
    /// The bindings that need the pack; none for an unbound built-in pack.
    pub bindings: Vec<BindingKey>,
    pub error: PackError,
}

/// A pack whose digest is not the pinned one.
#[derive(Debug)]
pub(super) struct Drift {
    pub pack_ref: PackRef,
    pub locked: Sha256Digest,
    pub found: Sha256Digest,
}

/// A permission problem of a pack.
#[derive(Debug)]
pub(super) enum PermissionProblem {
    /// The imports of a component contradict the declared permissions.
    Mismatch { pack_ref: PackRef, reason: String },
    /// The pack declares permissions that are not granted, or were revoked.
    Ungranted { pack_ref: PackRef, path: DescriptorPath, missing: Permissions },
}

/// Loads the built-in and bound packs of an environment. A pack that fails to load is
/// reported in the assembly, and the others are still loaded.
///
/// # Errors
/// [`StoreError`] when the trust root cannot be read: then no pack is loaded.
pub(super) fn assemble(host: &Host, stored: &Stored) -> Result<Assembly, StoreError> {
    let trust = TrustPolicy::for_environment(host, stored.environment.id())?;
    let mut assembly = Assembly::default();
    for builtin in host.fetcher.builtins() {
        assembly.add(host, &trust, &PackRef::Builtin(builtin), None);
    }
    for binding in stored.environment.bindings() {
        if host.fetcher.is_builtin(&binding.pack_ref)
            || assembly.handled_paths.contains_key(&binding.pack_ref.text())
        {
            continue;
        }
        let known_failure =
            assembly.failures.iter().position(|failure| failure.pack_ref == binding.pack_ref);
        if known_failure.is_none() {
            assembly.add(host, &trust, &binding.pack_ref, stored.pins.get(&binding.pack_ref));
        }
        if let Some(failure) =
            assembly.failures.iter_mut().find(|failure| failure.pack_ref == binding.pack_ref)
        {
            failure.bindings.push(binding.key());
        }
    }
    Ok(assembly)
}

impl Assembly {
    fn add(
        &mut self,
        host: &Host,
        trust: &TrustPolicy,
        pack_ref: &PackRef,
        pin: Option<&PinnedPack>,
    ) {
        let loaded = self.fetch_bound(host, pack_ref, pin).and_then(|fetched| {
            // check the signature before reading any of the pack
            let signature = trust.examine(host, pack_ref, &fetched)?.signature;
            if signature != SignatureStatus::BuiltIn {
                self.signatures.push((pack_ref.clone(), signature));
            }
            load_pack::load_archive(host, &fetched, Engine::load)
        });
        let same = loaded.and_then(|pack| match pin {
            Some(pin) => pack.ensure_matches_pin(pin),
            None => Ok(pack),
        });
        match same {
            Ok(pack) => self.register(pack, pack_ref, pin),
            Err(error) => self.failures.push(FailedPack {
                pack_ref: pack_ref.clone(),
                bindings: Vec::new(),
                error,
            }),
        }
    }

    /// Fetches the bound archive: from its reference, or from the cache if the reference no
    /// longer leads to it.
    fn fetch_bound(
        &mut self,
        host: &Host,
        pack_ref: &PackRef,
        pin: Option<&PinnedPack>,
    ) -> Result<FetchedPack, PackError> {
        if let (PackRef::Oci(_), Some(pin)) = (pack_ref, pin) {
            return self.fetch_pinned_oci(host, pack_ref, pin);
        }
        let fetched = host.fetcher.fetch(pack_ref);
        let Some(pin) = pin else { return Ok(fetched?) };
        match fetched {
            Ok(fetched) if fetched.digest == pin.archive => Ok(fetched),
            Ok(fetched) => {
                let locked = pin.archive;
                let found = fetched.digest;
                self.drifts.push(Drift { pack_ref: pack_ref.clone(), locked, found });
                host.fetcher
                    .cache
                    .archives
                    .get(&locked)
                    .ok_or(PackError::Replaced { locked, found })
            }
            Err(error) => {
                host.fetcher.cache.archives.get(&pin.archive).ok_or(PackError::Fetch(error))
            }
        }
    }

    /// Fetches the pinned archive, from the cache if possible. A moved tag is reported only
    /// if an earlier request has seen it.
    fn fetch_pinned_oci(
        &mut self,
        host: &Host,
        pack_ref: &PackRef,
        pin: &PinnedPack,
    ) -> Result<FetchedPack, PackError> {
        let moved = host
            .fetcher
            .last_known_digest(pack_ref)
            .zip(pin.manifest)
            .filter(|(found, locked)| found != locked);
        if let Some((found, locked)) = moved {
            self.drifts.push(Drift { pack_ref: pack_ref.clone(), locked, found });
        }
        load_pack::fetch_pinned(host, pack_ref, pin)
    }

    fn register(&mut self, pack: LoadedPack, pack_ref: &PackRef, pin: Option<&PinnedPack>) {
        let granted = pin.map(|pin| pin.grants.clone()).unwrap_or_default();
        self.handled_paths.insert(pack_ref.text(), pack.paths().cloned().collect());
        for loaded in pack.handlers {
            let path = loaded.handler.descriptor_path().clone();
            // a component without an archive cannot declare permissions; it was bound with a
            // warning, and its requests are denied
            let mismatches = loaded.permission_faults().into_iter().filter(|_| loaded.is_declared);
            self.permission_problems.extend(
                mismatches.map(|reason| PermissionProblem::Mismatch {
                    pack_ref: pack_ref.clone(),
                    reason,
                }),
            );
            let missing = loaded.permissions.without(&granted);
            // a pack that was bound with `--no-fetch` has no pin, which is reported elsewhere
            if pin.is_some() && !missing.is_empty() {
                self.permission_problems.push(PermissionProblem::Ungranted {
                    pack_ref: pack_ref.clone(),
                    path: path.clone(),
                    missing,
                });
            }
            let origin = Origin { pack_ref: Some(pack_ref.clone()), archive: Some(pack.digest) };
            match self.registry.register(loaded.handler, origin) {
                Ok(()) => {
                    let undeclared = granted.without(&loaded.permissions);
                    self.grants.insert(path, granted.without(&undeclared));
                }
                Err(duplicate) => self.duplicates.push(duplicate),
            }
        }
    }
}
