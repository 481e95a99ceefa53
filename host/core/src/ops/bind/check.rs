//! Checks whether a pack may be bound: it loads, provides the requested handler, takes no
//! path of another pack, and has a trusted signature if the environment requires one.

use env_pack_domain::change::BindingRequest;
use env_pack_domain::{
    Binding, BindingKey, BindingPlace, DescriptorPath, ForeignText, Origin, PackRef, Permissions,
    Registry, Sha256Digest,
};

use super::error::{BindError, PathOwner, UnsuitablePack};
use super::intent::Intent;
use crate::Host;
use crate::ops::load_pack::{self, LoadedPack};
use crate::ops::pack_error::PackError;
use crate::ops::trust::{SignatureCheck, TrustPolicy};
use gtc_engine::Engine;
use gtc_fetch::FetchedPack;
use gtc_store::{PinnedPack, Stored};

/// A pack that may be bound, once its permissions are granted.
#[derive(Debug)]
pub(super) struct CheckedPack {
    pub fetched: FetchedPack,
    /// The pin of the pack, without grants.
    pub pin: PinnedPack,
    pub signed: SignatureCheck,
    /// Problems that do not prevent binding.
    pub warnings: Vec<String>,
    /// The permissions that the pack declares.
    pub declared: Permissions,
}

/// Fetches and loads the pack of a request, and checks it against the environment.
pub(super) fn check_pack(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
) -> Result<CheckedPack, BindError> {
    let BindingRequest { place, kind, pack_ref, .. } = &intent.binding;
    let not_bound = |source| BindError::Pack { pack_ref: pack_ref.clone(), source };
    let fetched = host.fetcher.fetch(pack_ref).map_err(PackError::from).map_err(not_bound)?;
    ensure_same_digest(stored, intent, fetched.manifest())?;
    // check the signature before reading any of the pack
    let signed = TrustPolicy::for_environment(host, &intent.environment)?
        .examine(host, pack_ref, &fetched)
        .map_err(not_bound)?;
    let pack = load_pack::load_archive(host, &fetched, Engine::load).map_err(not_bound)?;
    if pack.handler_for(kind).is_none() {
        return Err(UnsuitablePack::HandlesOtherPaths {
            pack_ref: pack_ref.clone(),
            provided: pack.paths().cloned().collect(),
            requested: kind.path().clone(),
        }
        .into());
    }
    let declared = pack.permissions();
    let warnings = pack.permission_faults();
    let pin = pack.pin(Permissions::default(), signed.signature.signer(), host.now().to_string());
    ensure_paths_free(host, stored, intent, &pin)?;
    single_pack_registry(pack, pack_ref)
        .resolve_for_slot(kind, place.slot())
        .map_err(|source| UnsuitablePack::Mismatch { pack_ref: pack_ref.clone(), source })?;
    Ok(CheckedPack { fetched, pin, signed, warnings, declared })
}

/// Repeats, under the lock of the environment, the checks that another process may have
/// invalidated while the pack was loaded. Completes the pin with grants and signer.
pub(super) fn recheck(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    checked: &mut CheckedPack,
) -> Result<(), BindError> {
    ensure_same_digest(stored, intent, checked.pin.manifest)?;
    ensure_paths_free(host, stored, intent, &checked.pin)?;
    let missing = missing_permissions(stored, intent, &checked.declared);
    ensure_granted(intent, &missing)?;
    checked.pin.grants = checked.declared.clone();
    // without asking a registry, because other processes wait for the lock
    let pack_ref = &intent.binding.pack_ref;
    checked.signed = TrustPolicy::for_environment(host, &intent.environment)?
        .recheck_offline(host, pack_ref, &checked.fetched, &checked.signed)
        .map_err(|source| BindError::Pack { pack_ref: pack_ref.clone(), source })?;
    checked.pin.signer =
        checked.signed.signature.signer().map(|signer| ForeignText::new(signer.to_string()));
    Ok(())
}

/// Fails if a reference leads to another manifest than the bound one, unless the request is
/// to refresh it.
fn ensure_same_digest(
    stored: &Stored,
    intent: &Intent,
    found: Option<Sha256Digest>,
) -> Result<(), BindError> {
    let pack_ref = &intent.binding.pack_ref;
    // an unbound reference may lead anywhere
    let Some(bound) = key_bound_by(stored, pack_ref) else { return Ok(()) };
    let pinned = stored.pins.get(pack_ref).and_then(|pin| pin.manifest);
    match (pinned, found) {
        (Some(from), Some(to)) if from != to && !intent.is_refresh() => {
            Err(BindError::ReferenceMoved {
                environment: intent.environment.clone(),
                key: bound,
                pack_ref: pack_ref.clone(),
                from,
                to,
            })
        }
        _ => Ok(()),
    }
}

/// Returns the first binding with this reference.
fn key_bound_by(stored: &Stored, pack_ref: &PackRef) -> Option<BindingKey> {
    stored.environment.bindings().find(|binding| binding.pack_ref == *pack_ref).map(Binding::key)
}

/// Fails if a built-in pack, or a pack bound elsewhere in the environment, already provides
/// a descriptor path of the pack.
fn ensure_paths_free(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    pin: &PinnedPack,
) -> Result<(), UnsuitablePack> {
    for handler in &pin.handlers {
        ensure_path_free(host, stored, intent, pin, &handler.descriptor_path)?;
    }
    Ok(())
}

fn ensure_path_free(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    pin: &PinnedPack,
    path: &DescriptorPath,
) -> Result<(), UnsuitablePack> {
    let BindingRequest { place, kind, pack_ref, .. } = &intent.binding;
    let path_taken =
        |owner| UnsuitablePack::PathTaken { pack_ref: pack_ref.clone(), path: path.clone(), owner };
    let builtin = host.fetcher.builtins().find(|builtin| builtin.path() == path);
    if let Some(builtin) = builtin.filter(|_| !host.fetcher.is_builtin(pack_ref)) {
        return Err(path_taken(PathOwner::Builtin(builtin)));
    }
    for other in stored.environment.bindings() {
        if !provides_in_other_archive(stored, other, pin, path) {
            continue;
        }
        let is_sibling =
            matches!(place, BindingPlace::Extension(_)) && other.kind.path() == kind.path();
        let is_replaced =
            other.place == *place && (is_sibling || matches!(place, BindingPlace::Slot(_)));
        let is_updated_too = (intent.is_refresh() && other.pack_ref == *pack_ref)
            || (is_sibling && intent.all_instances);
        if is_replaced || is_updated_too {
            continue;
        }
        return Err(if is_sibling {
            UnsuitablePack::InstancesDiffer { pack_ref: pack_ref.clone(), sibling: other.key() }
        } else {
            path_taken(PathOwner::Bound { pack_ref: other.pack_ref.clone(), key: other.key() })
        });
    }
    Ok(())
}

/// Returns true if a binding provides the path from another archive than the pinned one.
fn provides_in_other_archive(
    stored: &Stored,
    binding: &Binding,
    pin: &PinnedPack,
    path: &DescriptorPath,
) -> bool {
    stored.pins.get(&binding.pack_ref).is_some_and(|other| {
        other.archive != pin.archive
            && other.handlers.iter().any(|handler| handler.descriptor_path == *path)
    })
}

/// Returns the declared permissions that neither the request grants nor the operator
/// granted before. A pack that is new to the environment may ask well-known programs for
/// their versions without a grant.
pub(super) fn missing_permissions(
    stored: &Stored,
    intent: &Intent,
    declared: &Permissions,
) -> Permissions {
    if intent.grants.declared {
        return Permissions::default();
    }
    let granted_before = previous_grants(stored, intent).unwrap_or_else(|| Permissions {
        tools: declared.tools.iter().filter(|tool| tool.is_version_query()).cloned().collect(),
        network: Vec::new(),
    });
    declared.without(&granted_before.union(&intent.grants.permissions))
}

/// Fails if permissions are missing.
pub(super) fn ensure_granted(intent: &Intent, missing: &Permissions) -> Result<(), BindError> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(BindError::NotGranted {
        pack_ref: intent.binding.pack_ref.clone(),
        missing: missing.clone(),
    })
}

/// Returns the permissions granted to the pack that this one replaces, and to this reference
/// elsewhere, so that a new version needs consent only for additional permissions; none if
/// the pack is new to the environment.
fn previous_grants(stored: &Stored, intent: &Intent) -> Option<Permissions> {
    let BindingRequest { place, kind, pack_ref, .. } = &intent.binding;
    let replaced = stored.environment.bindings().filter(|binding| binding.place == *place);
    replaced
        .map(|binding| &binding.pack_ref)
        .chain([pack_ref])
        .filter_map(|pack_ref| stored.pins.get(pack_ref))
        .filter(|pin| pin.handlers.iter().any(|handler| handler.descriptor_path == *kind.path()))
        .map(|pin| pin.grants.clone())
        .reduce(|all, more| all.union(&more))
}

fn single_pack_registry(pack: LoadedPack, pack_ref: &PackRef) -> Registry {
    let origin = Origin { pack_ref: Some(pack_ref.clone()), archive: Some(pack.digest) };
    let mut registry = Registry::default();
    for loaded in pack.handlers {
        // of two handlers with one path, the first is registered, as when the environment is
        // loaded
        let _ = registry.register(loaded.handler, origin.clone());
    }
    registry
}
