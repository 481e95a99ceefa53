//! Loads the handlers of an environment into a registry: first the built-in packs, then
//! the bound packs in the order of their bindings. Each binding runs the archive that it pins.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use env_pack_domain::{
    Binding, BindingKey, ConfigPack, DescriptorPath, DuplicateRegistration, EnvId, EnvPackHandler,
    KeyId, PackRef, Permissions, Pin, Registry, ResolveError, Sha256Digest, UnresolvedAddress,
};

use super::PackError;
use super::answered_addresses;
use super::deadline::Deadline;
use super::load_pack::{LeftOutHandler, LoadedPack};
use super::pack_pool::{BoundPack, DigestChange, PackPool, PoolResult, PooledHandler};
use super::trust::{SignatureStatus, TrustPolicy};
use crate::Host;
use gtc_store::{StoreError, Stored};

/// The registry of an environment, and the problems found while loading it.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub registry: Registry,
    /// The bindings whose packs are loaded.
    loaded: HashMap<BindingKey, LoadedBinding>,
    /// The bindings to a tag without a pin. Their packs are not loaded.
    unpinned_tags: HashSet<BindingKey>,
    pub failures: Vec<FailedPack>,
    /// The position of the failure of each binding whose pack did not load.
    failed: HashMap<BindingKey, usize>,
    pub drifts: Vec<Drift>,
    pub duplicates: Vec<Duplicate>,
    /// The positions of the duplicates of each binding whose pack has any.
    duplicated: HashMap<BindingKey, Vec<usize>>,
    pub permission_problems: Vec<PermissionProblem>,
    /// The signature of each bound pack that passed the signature check. Built-in packs
    /// have none.
    pub signatures: Vec<(PackRef, SignatureStatus)>,
}

/// A binding whose pack is loaded.
#[derive(Debug)]
struct LoadedBinding {
    archive: Sha256Digest,
    /// The descriptor paths that the pack provides.
    paths: Vec<DescriptorPath>,
    /// The permissions that the pack declares, with the addresses that the answers name.
    declared: Permissions,
    /// Those of them that the operator granted.
    grants: Permissions,
    /// Those of them that are not granted; none without a pin.
    ungranted: Option<Permissions>,
    /// The schema of answers, unchecked, if the pack ships one.
    answers_schema: Option<Arc<[u8]>>,
    has_handler: bool,
}

/// The common parts of the bindings of a registered pack.
struct RegisteredPack {
    archive: Sha256Digest,
    paths: Vec<DescriptorPath>,
    /// The permissions that it declares for each handler.
    declared: HashMap<DescriptorPath, Permissions>,
    answers_schema: Option<Arc<[u8]>>,
}

/// A pack that failed to load.
#[derive(Debug)]
pub(super) struct FailedPack {
    pub pack_ref: PackRef,
    /// The bindings that need the pack; none for an unbound built-in pack.
    pub bindings: Vec<BindingKey>,
    pub error: Arc<PackError>,
}

/// A pack whose digest is not the pinned one.
#[derive(Debug)]
pub(super) struct Drift {
    pub pack_ref: PackRef,
    pub bindings: Vec<BindingKey>,
    pub locked: Sha256Digest,
    pub found: Sha256Digest,
}

/// A handler that was left out, because an unrelated pack provides its descriptor path.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub bindings: Vec<BindingKey>,
    pub registration: DuplicateRegistration,
}

/// A permission problem of a pack.
#[derive(Debug)]
pub(super) enum PermissionProblem {
    /// The imports of a component contradict the declared permissions.
    Mismatch { pack_ref: PackRef, bindings: Vec<BindingKey>, reason: String },
    /// The pack of a binding declares permissions that are not granted, or were revoked.
    Ungranted { binding: Box<Binding>, missing: Permissions },
    /// The pack of a binding leaves an address to the answers, which do not name one.
    Unresolved { binding: Box<Binding>, address: UnresolvedAddress },
}

/// Bindings of one archive, which is loaded once.
struct Source<'a> {
    pack_ref: PackRef,
    pin: Option<&'a Pin>,
    bindings: Vec<&'a Binding>,
}

/// Loads the built-in and bound packs of an environment. A pack that fails to load is
/// reported in the assembly, and the others are still loaded. After the deadline, none is.
/// Packs that the pool has are not loaded again.
///
/// # Errors
/// [`StoreError`] when the trust root cannot be read: then no pack is loaded.
pub(super) fn assemble(
    host: &Host,
    stored: &Stored,
    pool: &PackPool,
    deadline: &Deadline,
) -> Result<Assembly, StoreError> {
    let trust = match &stored.trust_root {
        Ok(root) => TrustPolicy::from_trust_root(root)?,
        // read it again, for the error
        Err(_) => TrustPolicy::for_environment(host, stored.environment.id())?,
    };
    let mut assembly = Assembly::default();
    for source in sources(host, stored) {
        // what a tag leads to now was never checked
        if source.is_unpinned_tag() {
            assembly.unpinned_tags.extend(source.keys());
        } else if deadline.has_passed() && !source.bindings.is_empty() {
            let error = PackError::CommandOutOfTime { limit: deadline.limit() };
            assembly.fail(&source, source.keys(), Arc::new(error));
        } else {
            let bound = BoundPack { pack_ref: &source.pack_ref, pin: source.pin };
            let loaded = pool.load(host, &trust, bound, &assembly.registry);
            assembly.add(host, stored.environment.id(), &source, loaded);
        }
    }
    Ok(assembly)
}

/// Returns the built-in packs, then the packs of the bindings, each archive once.
fn sources<'a>(host: &Host, stored: &'a Stored) -> Vec<Source<'a>> {
    let builtin = |kind| Source { pack_ref: PackRef::Builtin(kind), pin: None, bindings: vec![] };
    let mut sources: Vec<Source<'a>> = host.fetcher.builtins().map(builtin).collect();
    let mut positions: HashMap<(PackRef, Option<Sha256Digest>), usize> = HashMap::new();
    for (at, source) in sources.iter().enumerate() {
        positions.insert((source.pack_ref.clone(), None), at);
    }
    for binding in stored.environment.bindings() {
        let archive = binding.pin.as_ref().map(|pin| pin.archive);
        let at = *positions.entry((binding.pack_ref.clone(), archive)).or_insert(sources.len());
        match sources.get_mut(at) {
            Some(source) => source.bindings.push(binding),
            None => sources.push(Source {
                pack_ref: binding.pack_ref.clone(),
                pin: binding.pin.as_ref(),
                bindings: vec![binding],
            }),
        }
    }
    sources
}

impl Source<'_> {
    fn is_unpinned_tag(&self) -> bool {
        let is_tag = matches!(self.pack_ref, PackRef::Oci(_)) && !self.pack_ref.is_exact();
        is_tag && self.pin.is_none()
    }

    fn keys(&self) -> Vec<BindingKey> {
        self.bindings.iter().map(|binding| binding.key()).collect()
    }
}

impl Assembly {
    /// Finds the handler of a binding, from the archive that it pins.
    ///
    /// # Errors
    /// [`ResolveError`]; [`ResolveError::Unknown`] also if the pack did not load, or was left
    /// out.
    pub(super) fn resolve(&self, binding: &Binding) -> Result<&dyn EnvPackHandler, ResolveError> {
        let kind = &binding.kind;
        match self.loaded.get(&binding.key()) {
            Some(loaded) => {
                self.registry.resolve_in_archive(kind, binding.place.slot(), &loaded.archive)
            }
            None => Err(ResolveError::Unknown { path: kind.path().clone() }),
        }
    }

    /// Returns the archive that a binding runs; none if it did not load.
    pub(super) fn archive(&self, binding: &Binding) -> Option<Sha256Digest> {
        self.loaded.get(&binding.key()).map(|loaded| loaded.archive)
    }

    /// Returns the permissions that the pack of a binding declares and the operator granted.
    pub(super) fn grants(&self, binding: &Binding) -> Permissions {
        self.loaded.get(&binding.key()).map(|loaded| loaded.grants.clone()).unwrap_or_default()
    }

    /// Returns the permissions that the pack of a binding declares, with the addresses that the
    /// answers name.
    pub(super) fn declared(&self, binding: &Binding) -> Permissions {
        self.loaded.get(&binding.key()).map(|loaded| loaded.declared.clone()).unwrap_or_default()
    }

    /// Returns the permissions that the pack of a binding declares and that are not granted.
    pub(super) fn ungranted(&self, binding: &Binding) -> Option<&Permissions> {
        self.loaded.get(&binding.key())?.ungranted.as_ref()
    }

    /// Returns the descriptor paths that the pack of a binding provides; none if it did not load.
    pub(super) fn provided_paths(&self, binding: &Binding) -> Option<&[DescriptorPath]> {
        self.loaded.get(&binding.key()).map(|loaded| loaded.paths.as_slice())
    }

    /// Returns the schema of answers, unchecked, that the pack of a binding ships; none if it
    /// ships none, or did not load.
    pub(super) fn answers_schema(&self, binding: &Binding) -> Option<&[u8]> {
        self.loaded.get(&binding.key())?.answers_schema.as_deref()
    }

    /// Returns false if the pack of a binding was loaded and has no handler.
    pub(super) fn has_handler(&self, binding: &Binding) -> bool {
        self.loaded.get(&binding.key()).is_none_or(|loaded| loaded.has_handler)
    }

    /// Returns true if a binding was not loaded because its tag has no pin.
    pub(super) fn is_unpinned_tag(&self, binding: &Binding) -> bool {
        self.unpinned_tags.contains(&binding.key())
    }

    /// Returns why the pack of a binding did not load.
    pub(super) fn failure(&self, binding: &Binding) -> Option<&FailedPack> {
        self.failed.get(&binding.key()).map(|at| &self.failures[*at])
    }

    /// Returns true if this machine could not load a pack, which says nothing about the pack.
    pub(super) fn has_host_failure(&self) -> bool {
        self.failures.iter().any(|failure| failure.error.is_host_failure())
    }

    /// Returns why the handler of a binding was left out.
    pub(super) fn duplicate(&self, binding: &Binding) -> Option<&DuplicateRegistration> {
        let duplicates = self.duplicated.get(&binding.key())?.iter();
        let mut registrations = duplicates.map(|at| &self.duplicates[*at].registration);
        registrations.find(|registration| registration.path == *binding.kind.path())
    }

    fn add(&mut self, host: &Host, id: &EnvId, source: &Source<'_>, loaded: PoolResult) {
        let PoolResult { drift, signature, pack } = loaded;
        if let Some(DigestChange { locked, found }) = drift {
            let pack_ref = source.pack_ref.clone();
            self.drifts.push(Drift { pack_ref, bindings: source.keys(), locked, found });
        }
        let signer = signature.as_ref().and_then(SignatureStatus::signer);
        if let Some(signature) = signature.filter(|status| *status != SignatureStatus::BuiltIn) {
            self.signatures.push((source.pack_ref.clone(), signature));
        }
        match pack {
            Ok((pack, left_out)) if pack.handlers.is_empty() && left_out.is_empty() => {
                self.register_config_pack(&pack, source, signer);
            }
            Ok((pack, left_out)) => {
                let bound = self.register(&pack, left_out, source, signer);
                for binding in &source.bindings {
                    self.bind(host, id, binding, &bound);
                }
            }
            Err(error) => self.fail(source, source.keys(), error),
        }
    }

    /// Reports why the pack of these bindings cannot be used.
    fn fail(&mut self, source: &Source<'_>, bindings: Vec<BindingKey>, error: Arc<PackError>) {
        for key in &bindings {
            self.failed.entry(key.clone()).or_insert(self.failures.len());
        }
        self.failures.push(FailedPack { pack_ref: source.pack_ref.clone(), bindings, error });
    }

    /// Reports a handler that was left out of the pack of these bindings.
    fn report_duplicate(&mut self, bindings: Vec<BindingKey>, registration: DuplicateRegistration) {
        for key in &bindings {
            self.duplicated.entry(key.clone()).or_default().push(self.duplicates.len());
        }
        self.duplicates.push(Duplicate { bindings, registration });
    }

    /// Registers a pack without a handler for its extensions. A slot needs a handler.
    fn register_config_pack(
        &mut self,
        pack: &LoadedPack,
        source: &Source<'_>,
        signer: Option<KeyId>,
    ) {
        let mut slots = source.keys();
        let extensions: Vec<_> =
            slots.extract_if(.., |key| matches!(key, BindingKey::Extension { .. })).collect();
        if !slots.is_empty() {
            self.fail(source, slots, Arc::new(PackError::NoHandler));
        }
        if extensions.is_empty() {
            return;
        }
        let config: ConfigPack = match pack.config_pack() {
            Ok(Some(config)) => config,
            Ok(None) => return self.fail(source, extensions, Arc::new(PackError::NoHandler)),
            Err(error) => return self.fail(source, extensions, Arc::new(error)),
        };
        let paths = vec![config.descriptor_path().clone()];
        let origin = pack.origin(&source.pack_ref, signer);
        let answers_schema: Option<Arc<[u8]>> = pack.answers_schema.clone().map(Arc::from);
        if let Err(registration) = self.registry.register(Box::new(config), origin) {
            self.report_duplicate(extensions.clone(), registration);
        }
        for key in extensions {
            let grants = Permissions::default();
            let loaded = LoadedBinding {
                archive: pack.digest,
                paths: paths.clone(),
                declared: Permissions::default(),
                grants,
                ungranted: None,
                answers_schema: answers_schema.clone(),
                has_handler: false,
            };
            self.loaded.insert(key, loaded);
        }
    }

    /// Registers the handlers of a pack, and returns what its bindings have in common.
    fn register(
        &mut self,
        pack: &Arc<LoadedPack>,
        left_out: Vec<LeftOutHandler>,
        source: &Source<'_>,
        signer: Option<KeyId>,
    ) -> RegisteredPack {
        let origin = pack.origin(&source.pack_ref, signer);
        let mut paths: Vec<_> = pack.paths().cloned().collect();
        let mut declared: HashMap<DescriptorPath, Permissions> = HashMap::new();
        for LeftOutHandler { permissions, registration } in left_out {
            paths.push(registration.path.clone());
            declared.insert(registration.path.clone(), permissions);
            self.report_duplicate(source.keys(), registration);
        }
        for (at, loaded) in pack.handlers.iter().enumerate() {
            let mismatches = loaded.permission_faults().into_iter();
            self.permission_problems.extend(mismatches.map(|reason| PermissionProblem::Mismatch {
                pack_ref: source.pack_ref.clone(),
                bindings: source.keys(),
                reason,
            }));
            let path = loaded.handler.descriptor_path().clone();
            declared.entry(path).or_insert_with(|| loaded.permissions.clone());
            let handler = PooledHandler { pack: Arc::clone(pack), at };
            if let Err(registration) = self.registry.register(Box::new(handler), origin.clone()) {
                self.report_duplicate(source.keys(), registration);
            }
        }
        let answers_schema = pack.answers_schema.as_deref().map(Arc::from);
        RegisteredPack { archive: pack.digest, paths, declared, answers_schema }
    }

    /// Records a binding of a pack, with its permissions.
    fn bind(&mut self, host: &Host, id: &EnvId, binding: &Binding, pack: &RegisteredPack) {
        let declared = pack.declared.get(binding.kind.path()).cloned().unwrap_or_default();
        let answers_ref = binding.answers_ref.as_ref();
        let resolved = answered_addresses::resolve_stored(host, id, answers_ref, &declared);
        let declared = resolved.permissions;
        let granted = binding.pin.as_ref().map(|pin| pin.grants.clone()).unwrap_or_default();
        let missing = declared.without(&granted);
        let mut ungranted = None;
        // a pack that was bound with `--no-fetch` has no pin, which is reported elsewhere
        if binding.pin.is_some() {
            for address in resolved.unresolved {
                let binding = Box::new(binding.clone());
                self.permission_problems.push(PermissionProblem::Unresolved { binding, address });
            }
            if !missing.is_empty() {
                ungranted = Some(missing.clone());
                let binding = Box::new(binding.clone());
                self.permission_problems.push(PermissionProblem::Ungranted { binding, missing });
            }
        }
        let loaded = LoadedBinding {
            archive: pack.archive,
            paths: pack.paths.clone(),
            grants: granted.without(&granted.without(&declared)),
            ungranted,
            declared,
            answers_schema: pack.answers_schema.clone(),
            has_handler: true,
        };
        self.loaded.insert(binding.key(), loaded);
    }
}
