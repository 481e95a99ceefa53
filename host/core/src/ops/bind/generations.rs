//! Finds earlier generations of a binding.

use env_pack_domain::change::Refusal;
use env_pack_domain::{Binding, BindingKey, Environment};

use super::error::UnbindError;
use crate::Host;

/// Finds the binding that had a generation.
///
/// # Errors
/// [`UnbindError`] when nothing is bound, the binding has this generation now, or it is not kept.
pub(super) fn find(
    host: &Host,
    environment: &Environment,
    key: &BindingKey,
    generation: u64,
) -> Result<Binding, UnbindError> {
    let id = environment.id();
    let Some(bound) = environment.binding(key) else {
        return Err(Refusal::NotBound { environment: id.clone(), key: key.clone() }.into());
    };
    if bound.generation == generation {
        return Err(UnbindError::GenerationBound {
            environment: id.clone(),
            key: key.clone(),
            generation,
        });
    }
    let past = host.store.past(id)?;
    let earlier = past.earlier_bindings(environment, key);
    let Some(at) = earlier.iter().position(|binding| binding.generation == generation) else {
        return Err(UnbindError::GenerationNotKept {
            environment: id.clone(),
            key: key.clone(),
            generation,
        });
    };
    let newer = std::iter::once(bound).chain(earlier[..at].iter().copied());
    Ok(following_no_tag(earlier[at], newer))
}

/// Returns a binding that names its archive by digest if the tag of its reference led to another
/// one later.
fn following_no_tag<'a>(binding: &Binding, newer: impl Iterator<Item = &'a Binding>) -> Binding {
    let mut binding = binding.clone();
    let Some(manifest) = binding.pin.as_ref().and_then(|pin| pin.manifest) else {
        return binding;
    };
    let has_moved = newer
        .filter(|newer| newer.pack_ref == binding.pack_ref)
        .filter_map(|newer| newer.pin.as_ref()?.manifest)
        .any(|theirs| theirs != manifest);
    if has_moved && let Some(exact) = binding.pack_ref.exact(manifest) {
        binding.pack_ref = exact;
    }
    binding
}
