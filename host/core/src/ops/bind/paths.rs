//! Descriptor paths: no pack may take one that a built-in or an unrelated pack provides.

use std::collections::{HashMap, HashSet};

use env_pack_domain::{Binding, BindingKey, DescriptorPath, Environment, PackRef, Pin};

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
    replaced: &HashSet<BindingKey>,
) -> Result<(), UnsuitablePack> {
    let paths = pin.paths();
    let mut owners = unrelated_owners(environment, pin, &paths, replaced);
    let is_builtin = host.fetcher.is_builtin(pack_ref);
    for path in paths {
        let builtin = host.fetcher.builtins().find(|builtin| *builtin.path() == path);
        let builtin = builtin.filter(|_| !is_builtin).map(PathOwner::Builtin);
        let bound = owners
            .remove(&path)
            .map(|owner| PathOwner::Bound { pack_ref: owner.pack_ref.clone(), key: owner.key() });
        if let Some(owner) = builtin.or(bound) {
            return Err(UnsuitablePack::PathTaken { pack_ref: pack_ref.clone(), path, owner });
        }
    }
    Ok(())
}

/// Returns the first binding of an unrelated pack that provides each of these paths.
fn unrelated_owners<'a>(
    environment: &'a Environment,
    pin: &Pin,
    paths: &[DescriptorPath],
    replaced: &HashSet<BindingKey>,
) -> HashMap<DescriptorPath, &'a Binding> {
    let paths: HashSet<&DescriptorPath> = paths.iter().collect();
    let mut owners = HashMap::new();
    for binding in environment.bindings().filter(|binding| !replaced.contains(&binding.key())) {
        let Some(other) = &binding.pin else { continue };
        for path in other.paths().into_iter().filter(|path| paths.contains(path)) {
            if !pin.is_same_pack(other) {
                owners.entry(path).or_insert(binding);
            }
        }
    }
    owners
}
