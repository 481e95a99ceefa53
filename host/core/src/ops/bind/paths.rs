//! Descriptor paths: no pack may take one that a built-in or an unrelated pack provides.

use env_pack_domain::{BindingKey, DescriptorPath, Environment, PackRef, Pin};

use super::error::{PathOwner, UnsuitablePack};
use crate::Host;

/// Fails if a built-in pack, or an unrelated pack that is bound in the environment, provides a
/// descriptor path of a pack. The bindings that the pack replaces do not count, and other
/// versions of the same pack may stay bound.
pub(super) fn ensure_paths_free(
    host: &Host,
    environment: &Environment,
    pack_ref: &PackRef,
    pin: &Pin,
    replaced: &[BindingKey],
) -> Result<(), UnsuitablePack> {
    for path in pin.paths() {
        if let Some(owner) = owner_of(host, environment, pack_ref, pin, replaced, &path) {
            return Err(UnsuitablePack::PathTaken { pack_ref: pack_ref.clone(), path, owner });
        }
    }
    Ok(())
}

/// Returns the unrelated pack that provides a path.
fn owner_of(
    host: &Host,
    environment: &Environment,
    pack_ref: &PackRef,
    pin: &Pin,
    replaced: &[BindingKey],
    path: &DescriptorPath,
) -> Option<PathOwner> {
    let builtin = host.fetcher.builtins().find(|builtin| builtin.path() == path);
    if let Some(builtin) = builtin.filter(|_| !host.fetcher.is_builtin(pack_ref)) {
        return Some(PathOwner::Builtin(builtin));
    }
    let mut others = environment.bindings().filter(|binding| !replaced.contains(&binding.key()));
    let owner = others.find(|binding| {
        binding.pin.as_ref().is_some_and(|other| other.provides(path) && !pin.is_same_pack(other))
    })?;
    Some(PathOwner::Bound { pack_ref: owner.pack_ref.clone(), key: owner.key() })
}
