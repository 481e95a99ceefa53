//! Changes of bindings: pure functions from an environment and a request to the changed
//! environment or a refusal.
//!
//! The same rules apply to packs and extensions; only their keys differ.
//!
//! The functions take the environment and return it changed, so that a request may change
//! thousands of bindings without a copy of all of them for each.

use crate::{
    AnswersRef, Binding, BindingKey, BindingPlace, DuplicateBinding, EnvId, Environment,
    ForeignText, PackDescriptor, PackRef, Pin, PreviousBinding,
};

/// A request to bind a pack.
#[derive(Clone, Debug)]
pub struct BindingRequest {
    /// The slot or extension instance.
    pub place: BindingPlace,
    /// The requested handler.
    pub kind: PackDescriptor,
    /// The reference to the pack.
    pub pack_ref: PackRef,
    /// The file of the operator's answers.
    pub answers_ref: Option<AnswersRef>,
}

/// An environment after a change of one of its bindings.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The environment.
    pub environment: Environment,
    /// The change.
    pub change: BindingChange,
}

/// A change of one binding.
#[derive(Clone, Debug)]
pub struct BindingChange {
    /// The binding before the change; `None` if it is new.
    pub before: Option<Binding>,
    /// The binding after the change; `None` if it was removed.
    pub after: Option<Binding>,
}

impl BindingChange {
    /// Returns true if the binding is the same as before.
    pub fn is_unchanged(&self) -> bool {
        self.before == self.after
    }
}

/// Binds a pack to a free place. There is no pin for a built-in pack, and for a pack that was
/// not fetched.
///
/// # Errors
/// [`Refusal::AlreadyBound`]
pub fn add(
    mut environment: Environment,
    request: BindingRequest,
    pin: Option<Pin>,
) -> Result<Changed, Refusal> {
    let added = request.into_binding(0, pin);
    if let Err(DuplicateBinding { key, .. }) = environment.add(added.clone()) {
        return Err(Refusal::AlreadyBound { environment: environment.id().clone(), key });
    }
    Ok(Changed { environment, change: BindingChange { before: None, after: Some(added) } })
}

/// Replaces a binding, and keeps the old one for a rollback. Exactly one older version is kept:
/// the old binding's own previous one is dropped. If the requested binding is bound already,
/// nothing changes, so a repeated update keeps the binding that a rollback restores.
///
/// # Errors
/// [`Refusal::NothingToUpdate`]
pub fn update(
    environment: Environment,
    request: BindingRequest,
    pin: Option<Pin>,
) -> Result<Changed, Refusal> {
    let key = request.key();
    let Some(before) = environment.binding(&key).cloned() else {
        return Err(Refusal::NothingToUpdate { environment: environment.id().clone(), key });
    };
    let mut after = request.into_binding(before.generation.saturating_add(1), pin);
    if after.has_same_content(&before) {
        let change = BindingChange { before: Some(before.clone()), after: Some(before) };
        return Ok(Changed { environment, change });
    }
    let previous = Binding { previous: None, ..before.clone() };
    after.previous = Some(PreviousBinding::Known(Box::new(previous)));
    Ok(replace_binding(environment, before, Some(after)))
}

/// Replaces the reference of a binding by another one that leads to the same archive. Its
/// generation and the previous binding stay.
///
/// # Errors
/// [`Refusal::NotBound`]
pub fn set_pack_ref(
    environment: Environment,
    key: &BindingKey,
    pack_ref: PackRef,
) -> Result<Changed, Refusal> {
    let before = require_binding(&environment, key)?.clone();
    let after = Binding { pack_ref, ..before.clone() };
    Ok(replace_binding(environment, before, Some(after)))
}

/// Replaces the pin of a binding. Its generation and the previous binding stay: this is for a
/// binding without a pin, and for other permissions for the same archive.
///
/// # Errors
/// [`Refusal::NotBound`]
pub fn set_pin(environment: Environment, key: &BindingKey, pin: Pin) -> Result<Changed, Refusal> {
    let before = require_binding(&environment, key)?.clone();
    let after = Binding { pin: Some(pin), ..before.clone() };
    Ok(replace_binding(environment, before, Some(after)))
}

/// Fails if a binding has another generation than the request expects.
///
/// # Errors
/// [`Refusal::NotBound`], or [`Refusal::OtherGeneration`]
pub fn ensure_generation(
    environment: &Environment,
    key: &BindingKey,
    expected: Option<u64>,
) -> Result<(), Refusal> {
    let Some(expected) = expected else { return Ok(()) };
    let found = require_binding(environment, key)?.generation;
    if found == expected {
        return Ok(());
    }
    Err(Refusal::OtherGeneration {
        environment: environment.id().clone(),
        key: key.clone(),
        expected,
        found,
    })
}

/// Removes a binding. Nothing is kept for a rollback.
///
/// # Errors
/// [`Refusal::NotBound`]
pub fn remove(environment: Environment, key: &BindingKey) -> Result<Changed, Refusal> {
    let before = require_binding(&environment, key)?.clone();
    Ok(replace_binding(environment, before, None))
}

/// Restores the previous binding, with its pin, as a new generation, which cannot be rolled back
/// again.
///
/// # Errors
/// [`Refusal::NotBound`], [`Refusal::NothingToRollBack`] when it was never updated or is
/// already rolled back, [`Refusal::UnreadablePrevious`] when the previous binding is
/// unreadable or has another key.
pub fn rollback(environment: Environment, key: &BindingKey) -> Result<Changed, Refusal> {
    let before = require_binding(&environment, key)?.clone();
    let unreadable = |reason| Refusal::UnreadablePrevious {
        environment: environment.id().clone(),
        key: key.clone(),
        reason,
    };
    let previous = match &before.previous {
        None => {
            let environment = environment.id().clone();
            return Err(Refusal::NothingToRollBack { environment, key: key.clone() });
        }
        Some(PreviousBinding::Known(previous)) => previous,
        Some(PreviousBinding::Opaque(text)) => {
            let reference = ForeignText::excerpt(text.as_exact());
            let reason = format!("its reference `{reference}` is unreadable");
            return Err(unreadable(ForeignText::new(reason)));
        }
    };
    if previous.key() != *key {
        let reason = format!("it belongs to {}", previous.key());
        return Err(unreadable(ForeignText::new(reason)));
    }
    let restored = Binding {
        generation: before.generation.saturating_add(1),
        previous: None,
        ..(**previous).clone()
    };
    Ok(replace_binding(environment, before, Some(restored)))
}

/// Restores an earlier binding, with its pin, as a new generation. The replaced binding is kept
/// for a rollback.
///
/// # Errors
/// [`Refusal::NotBound`]
pub fn restore(environment: Environment, earlier: &Binding) -> Result<Changed, Refusal> {
    let before = require_binding(&environment, &earlier.key())?.clone();
    let replaced = Binding { previous: None, ..before.clone() };
    let restored = Binding {
        generation: before.generation.saturating_add(1),
        previous: Some(PreviousBinding::Known(Box::new(replaced))),
        ..earlier.clone()
    };
    Ok(replace_binding(environment, before, Some(restored)))
}

impl BindingRequest {
    /// Returns the key of the binding.
    pub fn key(&self) -> BindingKey {
        BindingKey::of(&self.place, &self.kind)
    }

    fn into_binding(self, generation: u64, pin: Option<Pin>) -> Binding {
        let Self { place, kind, pack_ref, answers_ref } = self;
        Binding { place, kind, pack_ref, answers_ref, generation, pin, previous: None }
    }
}

fn require_binding<'a>(
    environment: &'a Environment,
    key: &BindingKey,
) -> Result<&'a Binding, Refusal> {
    environment.binding(key).ok_or_else(|| Refusal::NotBound {
        environment: environment.id().clone(),
        key: key.clone(),
    })
}

fn replace_binding(
    mut environment: Environment,
    before: Binding,
    after: Option<Binding>,
) -> Changed {
    environment.replace(&before, after.clone());
    Changed { environment, change: BindingChange { before: Some(before), after } }
}

/// The reason a change was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A pack is already bound there.
    #[error("{key} is already bound in environment `{environment}`; use `update` to replace it")]
    AlreadyBound {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
    },
    /// There is no binding to replace.
    #[error("{key} is not bound in environment `{environment}`; use `add` to bind it")]
    NothingToUpdate {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
    },
    /// There is no binding to remove or roll back.
    #[error("{key} is not bound in environment `{environment}`")]
    NotBound {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
    },
    /// The binding has no previous binding.
    #[error("{key} in environment `{environment}` has no previous binding to roll back to")]
    NothingToRollBack {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
    },
    /// The binding changed since the request was prepared.
    #[error(
        "{key} in environment `{environment}` has generation {found}, not the expected {expected}"
    )]
    OtherGeneration {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
        /// The expected generation.
        expected: u64,
        /// The generation of the binding.
        found: u64,
    },
    /// The previous binding cannot be restored.
    #[error(
        "the previous binding of {key} in environment `{environment}` cannot be restored: {reason}"
    )]
    UnreadablePrevious {
        /// The id of the environment.
        environment: EnvId,
        /// The key of the binding.
        key: BindingKey,
        /// The problem, as a sentence.
        reason: ForeignText,
    },
}

#[cfg(test)]
mod tests;
