//! Whether a pack may be bound: it loads, answers for what is asked, takes nobody's path,
//! and asks for nothing ungranted.

use env_pack_domain::change::BindingRequest;
use env_pack_domain::{
    Binding, BindingPlace, DescriptorPath, ForeignText, Origin, PackRef, Permissions, Registry,
};

use super::bind::BindRequest;
use super::error::PathOwner;
use super::load_pack::{self, LoadedPack};
use super::refresh::ensure_same_digest;
use super::trust::{SignatureCheck, TrustPolicy};
use super::{OpError, PackError};
use crate::engine::Engine;
use crate::fetch::FetchedPack;
use crate::host::Host;
use crate::store::{PinnedPack, Stored};

/// A pack that may be bound.
pub(super) struct CheckedPack {
    pub fetched: FetchedPack,
    pub pin: PinnedPack,
    /// Who vouches for it.
    pub signed: SignatureCheck,
    /// What is odd about it, but no reason to refuse it.
    pub warnings: Vec<String>,
    /// What the pack wants to be allowed.
    pub declared: Permissions,
}

/// Loads the pack of a request and holds it against the environment.
pub(super) fn check_pack(
    host: &Host,
    stored: &Stored,
    asked: &BindRequest,
) -> Result<CheckedPack, OpError> {
    let BindingRequest { place, kind, pack_ref, .. } = &asked.request;
    let not_bound = |source| OpError::Pack { pack_ref: pack_ref.clone(), source };
    let fetched = host.fetcher.fetch(pack_ref).map_err(PackError::from).map_err(not_bound)?;
    ensure_same_digest(stored, asked, fetched.manifest())?;
    // before anything of it is read
    let signed = check_signature(host, asked, &fetched)?;
    let pack = load_pack::load_archive(host, &fetched, Engine::load).map_err(not_bound)?;
    if pack.handler_for(kind).is_none() {
        let provided = pack.paths().cloned().collect();
        return Err(OpError::HandlesOtherPaths {
            pack_ref: pack_ref.clone(),
            provided,
            requested: kind.path().clone(),
        });
    }
    let declared = pack.permissions();
    let mut pin = pack.pin(
        Permissions::default(),
        signed.signature.signer(),
        jiff::Timestamp::now().to_string(),
    );
    let warnings = pack.permission_faults();
    ensure_paths_free(host, stored, asked, &pin)?;
    single_pack_registry(pack, pack_ref)
        .resolve_for_slot(kind, place.slot())
        .map_err(|source| OpError::Mismatch { pack_ref: pack_ref.clone(), source })?;
    // last, so that nobody is asked to grant something to a pack that cannot be bound
    pin.grants = ensure_granted(stored, asked, &declared)?;
    Ok(CheckedPack { fetched, pin, signed, warnings, declared })
}

/// Holds a pack that was checked against the environment as it stands under the lock:
/// somebody else may have bound a pack, taken a grant away, or distrusted a key, while
/// this one was loaded.
pub(super) fn recheck(
    host: &Host,
    stored: &Stored,
    asked: &BindRequest,
    checked: &mut CheckedPack,
) -> Result<(), OpError> {
    ensure_same_digest(stored, asked, checked.pin.manifest)?;
    ensure_paths_free(host, stored, asked, &checked.pin)?;
    checked.pin.grants = ensure_granted(stored, asked, &checked.declared)?;
    // without asking a registry: others wait for the lock
    let pack_ref = &asked.request.pack_ref;
    let not_bound = |source| OpError::Pack { pack_ref: pack_ref.clone(), source };
    let trust = TrustPolicy::for_environment(host, &asked.environment)?;
    checked.signed = trust
        .recheck_offline(host, pack_ref, &checked.fetched, &checked.signed)
        .map_err(not_bound)?;
    checked.pin.signer =
        checked.signed.signature.signer().map(|signer| ForeignText::new(signer.to_string()));
    Ok(())
}

/// Who vouches for a pack: somebody whom the environment trusts, if it trusts anybody.
fn check_signature(
    host: &Host,
    asked: &BindRequest,
    fetched: &FetchedPack,
) -> Result<SignatureCheck, OpError> {
    let pack_ref = &asked.request.pack_ref;
    let not_bound = |source| OpError::Pack { pack_ref: pack_ref.clone(), source };
    TrustPolicy::for_environment(host, &asked.environment)?
        .examine(host, pack_ref, fetched)
        .map_err(not_bound)
}

/// Whether nobody else answers for the paths of a pack: no built-in, and no pack bound
/// elsewhere in the environment.
fn ensure_paths_free(
    host: &Host,
    stored: &Stored,
    asked: &BindRequest,
    pin: &PinnedPack,
) -> Result<(), OpError> {
    pin.handlers.iter().try_for_each(|handler| {
        ensure_path_free(host, stored, asked, pin, &handler.descriptor_path)
    })
}

fn ensure_path_free(
    host: &Host,
    stored: &Stored,
    asked: &BindRequest,
    pin: &PinnedPack,
    path: &DescriptorPath,
) -> Result<(), OpError> {
    let BindingRequest { place, kind, pack_ref, .. } = &asked.request;
    let taken = |owner: PathOwner| {
        Err(OpError::PathTaken { pack_ref: pack_ref.clone(), path: path.clone(), owner })
    };
    let builtin = host.fetcher.builtins().find(|builtin| builtin.path() == path);
    if let Some(builtin) = builtin.filter(|_| !host.fetcher.is_builtin(pack_ref)) {
        return taken(PathOwner::Builtin(builtin));
    }
    let answers_too = |other: &&Binding| {
        let theirs =
            stored.pins.get(&other.pack_ref).filter(|theirs| theirs.archive != pin.archive);
        theirs.is_some_and(|theirs| {
            theirs.handlers.iter().any(|handler| handler.descriptor_path == *path)
        })
    };
    for other in stored.environment.bindings().filter(answers_too) {
        let is_sibling =
            matches!(place, BindingPlace::Extension(_)) && other.kind.path() == kind.path();
        let is_replaced =
            other.place == *place && (is_sibling || matches!(place, BindingPlace::Slot(_)));
        match (is_replaced, is_sibling) {
            (true, _) => {}
            // it moves along
            _ if asked.refresh && other.pack_ref == *pack_ref => {}
            (false, true) if asked.all_instances => {}
            (false, true) => {
                return Err(OpError::InstancesDiffer {
                    pack_ref: pack_ref.clone(),
                    sibling: other.key(),
                });
            }
            (false, false) => {
                return taken(PathOwner::Bound {
                    pack_ref: other.pack_ref.clone(),
                    key: other.key(),
                });
            }
        }
    }
    Ok(())
}

/// What the pack may do: what the operator grants now, what they granted before, and on
/// first sight, asking well-known programs for their versions. All of it only as far as
/// the pack declares it, and everything it declares must be granted.
fn ensure_granted(
    stored: &Stored,
    asked: &BindRequest,
    declared: &Permissions,
) -> Result<Permissions, OpError> {
    let before = match previous_grants(stored, asked) {
        Some(before) => before,
        // later on, one that is not granted was revoked, or is new and asked about like everything
        // else
        None => {
            let harmless =
                declared.tools.iter().filter(|tool| tool.is_version_query()).cloned().collect();
            Permissions { tools: harmless, network: Vec::new() }
        }
    };
    let granted = match asked.grants.declared {
        true => declared.clone(),
        false => before.union(&asked.grants.permissions),
    };
    let missing = declared.without(&granted);
    match missing.is_empty() {
        true => Ok(declared.clone()),
        false => Err(OpError::NotGranted { pack_ref: asked.request.pack_ref.clone(), missing }),
    }
}

/// What the operator granted to the pack that this one takes the place of, if there is
/// one: a new version is asked about only when it wants more.
fn previous_grants(stored: &Stored, asked: &BindRequest) -> Option<Permissions> {
    let BindingRequest { place, kind, pack_ref, .. } = &asked.request;
    let same_path = |pin: &&PinnedPack| {
        pin.handlers.iter().any(|handler| handler.descriptor_path == *kind.path())
    };
    let replaced = stored.environment.bindings().filter(|binding| binding.place == *place);
    let refs = replaced.map(|binding| &binding.pack_ref).chain([pack_ref]);
    let pins = refs.filter_map(|pack_ref| stored.pins.get(pack_ref)).filter(same_path);
    pins.map(|pin| pin.grants.clone()).reduce(|all, more| all.union(&more))
}

fn single_pack_registry(pack: LoadedPack, pack_ref: &PackRef) -> Registry {
    let origin = Origin { pack_ref: Some(pack_ref.clone()), archive: Some(pack.digest) };
    let mut registry = Registry::default();
    for loaded in pack.handlers {
        // a second handler for the same path in one archive stays out, as it does when the
        // environment is loaded
        let _ = registry.register(loaded.handler, origin.clone());
    }
    registry
}
