//! The references and pins that change together with bindings.

use std::collections::HashSet;

use env_pack_domain::{Environment, PackRef, PreviousBinding};

use super::check::CheckedPack;
use super::intent::Intent;
use gtc_store::{PackPins, PinnedPack};

/// On a refresh of a moved tag, pins the old archive by its digest too, and returns that
/// reference: a rollback restores the archive, wherever the tag leads by then.
pub(super) fn pin_old_reference(
    pins: &mut PackPins,
    intent: &Intent,
    checked: Option<&CheckedPack>,
) -> Option<PackRef> {
    if !intent.is_refresh() {
        return None;
    }
    let pack_ref = &intent.binding.pack_ref;
    let pin = pins.get(pack_ref).cloned()?;
    if checked?.pin.manifest == pin.manifest {
        return None;
    }
    let pinned = pinned_reference(pack_ref, &pin)?;
    pins.packs.insert(pinned.text(), pin);
    Some(pinned)
}

/// Returns the reference of a pinned pack by its manifest digest.
fn pinned_reference(pack_ref: &PackRef, pin: &PinnedPack) -> Option<PackRef> {
    let PackRef::Oci(reference) = pack_ref else { return None };
    Some(PackRef::Oci(reference.pinned(pin.manifest?)))
}

/// Removes the pins of packs that are neither bound in one of the environments nor would be
/// restored by a rollback. A binding keeps one previous version; if it kept more, their pins
/// would have to be retained here.
pub(in crate::ops) fn retain_used_pins(pins: &mut PackPins, environments: &[&Environment]) {
    let mut used = HashSet::new();
    for binding in environments.iter().flat_map(|environment| environment.bindings()) {
        used.insert(binding.pack_ref.text());
        if let Some(PreviousBinding::Known(previous)) = &binding.previous {
            used.insert(previous.pack_ref.text());
        }
    }
    pins.packs.retain(|pack_ref, _| used.contains(pack_ref));
}
